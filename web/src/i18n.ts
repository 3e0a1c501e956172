/** Texts live in src/locales/{zh,en}/<area>.ts; a file named `clues` is read as `t('clues.…')`. */
import { createI18n } from 'vue-i18n'

export type Locale = 'zh' | 'en'
type Messages = { [key: string]: string | Messages }

const files = import.meta.glob<Messages>('./locales/*/*.ts', { eager: true, import: 'default' })

export function collect(found: Record<string, Messages>): Record<Locale, Messages> {
  const out: Record<Locale, Messages> = { zh: {}, en: {} }
  for (const [path, messages] of Object.entries(found)) {
    const match = /locales\/(zh|en)\/([\w-]+)\.ts$/.exec(path)
    if (match) out[match[1] as Locale][match[2]!] = messages
  }
  return out
}

export const messages = collect(files)

export function storedLocale(): Locale {
  return localStorage.getItem('yj.locale') === 'en' ? 'en' : 'zh'
}

export const i18n = createI18n({
  legacy: false,
  locale: storedLocale(),
  fallbackLocale: 'zh',
  messages: messages as Record<Locale, Record<string, never>>,
})

export function setLocale(locale: Locale): void {
  i18n.global.locale.value = locale
  localStorage.setItem('yj.locale', locale)
  document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en'
}

/** Text of a key outside components. */
export function translate(key: string): string {
  return (i18n.global as unknown as { t: (key: string) => string }).t(key)
}
