import type { Component } from 'vue'
import type { Role } from '@/api/types'
import type { Shell } from '@/stores/session'

/** Where a page shows in the navigation of a shell. */
export interface NavItem {
  shells: Shell[]
  order: number
  icon: Component
  /** i18n key */
  label: string
  /** i18n key of the group heading in the desk's left rail */
  group?: string
}

declare module 'vue-router' {
  interface RouteMeta {
    /** Open to people who are not signed in; shown without a shell. */
    public?: boolean
    /** i18n key of the page's name in the browser's title. */
    title?: string
    roles?: Role[]
    permission?: string
    nav?: NavItem
  }
}
