/** Language and theme of this browser. */
import { defineStore } from 'pinia'
import { setLocale, storedLocale, type Locale } from '@/i18n'

function prefersDark(): boolean {
  const stored = localStorage.getItem('yj.theme')
  return stored ? stored === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
}

export const usePrefs = defineStore('prefs', {
  state: () => ({ locale: storedLocale(), dark: prefersDark() }),
  actions: {
    apply(): void {
      setLocale(this.locale)
      document.documentElement.classList.toggle('dark', this.dark)
    },
    setLocale(locale: Locale): void {
      this.locale = locale
      this.apply()
    },
    toggleTheme(): void {
      this.dark = !this.dark
      localStorage.setItem('yj.theme', this.dark ? 'dark' : 'light')
      this.apply()
    },
  },
})
