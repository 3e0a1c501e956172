import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { whenUnauthorised } from '@/api/client'
import { useElement } from '@/element'
import '@/design/tokens.css'
import '@/design/element.css'
import '@/design/base.css'
import { i18n } from '@/i18n'
import { router } from '@/router'
import { usePrefs } from '@/stores/prefs'
import { useSession } from '@/stores/session'
import App from './App.vue'

const app = createApp(App)
app.use(createPinia()).use(i18n).use(router)
useElement(app)
usePrefs().apply()
whenUnauthorised(() => {
  const session = useSession()
  if (!session.me) return
  session.expire()
  void router.push({ path: '/sign-in', query: { next: router.currentRoute.value.fullPath } })
})
app.mount('#app')
