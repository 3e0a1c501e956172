import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/outlets/:id(\\d+)', component: () => import('./OutletPage.vue'), meta: { title: 'outlets.title', permission: 'monitoring.view' } },
] satisfies RouteRecordRaw[]
