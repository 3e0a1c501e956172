/** Pick the language of texts that the server sends in both, and of errors. */
import { useI18n } from 'vue-i18n'
import { asApiError } from '@/api/errors'

export function useText() {
  const { locale, t } = useI18n()
  const zh = (): boolean => locale.value === 'zh'
  return {
    t,
    locale,
    /** `pick(row.title, row.title_en)` */
    pick: (chinese: string, english: string | null | undefined): string => (zh() || !english ? chinese : english),
    errorText: (thrown: unknown): string => asApiError(thrown).text(locale.value),
  }
}
