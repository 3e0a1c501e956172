import { Bell, Finished, House } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

const permission = 'portal.view'

export default [
  {
    path: '/portal',
    component: () => import('./PortalHome.vue'),
    meta: { title: 'portal.title', permission, nav: { shells: ['portal'], order: 10, icon: House, label: 'portal.home' } },
  },
  {
    path: '/portal/notices',
    component: () => import('./PortalNotices.vue'),
    meta: { title: 'portal.notices', permission, nav: { shells: ['portal'], order: 20, icon: Bell, label: 'portal.notices' } },
  },
  { path: '/portal/notices/:id(\\d+)', component: () => import('./PortalNotice.vue'), meta: { title: 'portal.notice', permission } },
  {
    path: '/portal/rectifications',
    component: () => import('./PortalRectifications.vue'),
    meta: { title: 'portal.rectifications', permission, nav: { shells: ['portal'], order: 30, icon: Finished, label: 'portal.rectifications' } },
  },
] satisfies RouteRecordRaw[]
