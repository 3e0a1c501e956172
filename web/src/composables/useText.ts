/** Pick the language of texts that the server sends in both, and of errors. */
import { useI18n } from 'vue-i18n'
import { asApiError } from '@/api/errors'
import { personName, SYSTEM } from '@/lib/people'

export function useText() {
  const { locale, t } = useI18n()
  const zh = (): boolean => locale.value === 'zh'
  return {
    t,
    locale,
    /** `pick(row.title, row.title_en)` */
    pick: (chinese: string, english: string | null | undefined): string => (zh() || !english ? chinese : english),
    colon: (): string => (zh() ? '：' : ': '),
    /** several words in a row */
    words: (list: readonly string[]): string => list.join(zh() ? '、' : ', '),
    /** why something is refused, in one line */
    because: (row: { unmet: readonly string[]; unmet_en?: readonly string[] }): string => (zh() ? row.unmet.join('；') : (row.unmet_en ?? row.unmet).join('; ')),
    /** a person; the platform itself goes by a word of the language */
    who: (person: Parameters<typeof personName>[0]): string => {
      const name = personName(person)
      return !name || name === SYSTEM ? t('common.system') : name
    },
    errorText: (thrown: unknown): string => asApiError(thrown).text(locale.value),
  }
}
