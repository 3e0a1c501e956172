/** Routes are collected from src/pages/<area>/routes.ts; the shell around a page is chosen by the person's role. */
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'
import type { Me } from '@/api/types'
import { useSession, type Shell } from '@/stores/session'
import { translate } from '@/i18n'
import type { NavItem } from './meta'
import './meta'

const modules = import.meta.glob<RouteRecordRaw[]>('../pages/*/routes.ts', { eager: true, import: 'default' })
export const routes: RouteRecordRaw[] = Object.values(modules).flat()

type Guarded = Pick<RouteLocationNormalized['meta'], 'public' | 'roles' | 'permission'>

export function allowed(meta: Guarded, me: Me | null): boolean {
  if (meta.public) return true
  if (!me || (meta.roles && !meta.roles.includes(me.role))) return false
  return !meta.permission || me.permissions.includes(meta.permission)
}

export interface NavEntry extends NavItem { path: string }

/** Entries of one shell's navigation that this person may open, in order. */
export function navOf(shell: Shell, me: Me | null, from: RouteRecordRaw[] = routes): NavEntry[] {
  return from
    .flatMap((route) => (route.meta?.nav && allowed(route.meta, me) ? [{ ...route.meta.nav, path: route.path }] : []))
    .filter((item) => item.shells.includes(shell))
    .sort((a, b) => a.order - b.order)
}

/** The entry a page belongs to: the longest one its path lies below. */
export function entryOf(items: readonly NavEntry[], path: string): string {
  const above = items.filter((item) => path === item.path || path.startsWith(`${item.path}/`))
  return above.reduce((longest, item) => (item.path.length > longest.length ? item.path : longest), '')
}

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/', redirect: () => useSession().home },
    ...routes,
    { path: '/:rest(.*)*', component: () => import('@/pages/NotFound.vue'), meta: { title: 'common.notFound' } },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (!session.loaded) {
    try {
      await session.load()
    } catch {
      return to.meta.public ? true : { path: '/sign-in', query: { next: to.fullPath } } // the page there shows what failed
    }
  }
  if (allowed(to.meta, session.me)) return true
  if (!session.me) return { path: '/sign-in', query: { next: to.fullPath } }
  return to.path === session.home ? true : session.home
})

router.afterEach((to) => {
  const name = translate('common.product')
  document.title = to.meta.title ? `${translate(to.meta.title)} · ${name}` : name
})
