import ElementPlus from 'element-plus'
import { createPinia } from 'pinia'
import { createApp, h, type Component } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'

/** Mount a component (generic ones fit no other type than unknown) as the product does; returns its element and the way out. */
export function mount(component: unknown, props: Record<string, unknown> = {}, slots: Record<string, unknown> = {}): { el: HTMLElement; unmount: () => void } {
  const el = document.createElement('div')
  document.body.append(el)
  const page = { render: () => null }
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: page }] })
  const app = createApp({ render: () => h(component as Component, props, slots) })
  app.use(createPinia()).use(i18n).use(router).use(ElementPlus).mount(el)
  return { el, unmount: () => { app.unmount(); el.remove() } }
}
