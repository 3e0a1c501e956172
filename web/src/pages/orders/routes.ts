import { Tickets } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/orders',
    component: () => import('./OrderBoard.vue'),
    meta: {
      title: 'orders.title',
      permission: 'orders.view',
      nav: { shells: ['desk'], order: 30, icon: Tickets, label: 'orders.title', group: 'common.nav.work' },
    },
  },
  { path: '/orders/:id(\\d+)', component: () => import('./OrderDetail.vue'), meta: { title: 'orders.detail', permission: 'orders.view' } },
] satisfies RouteRecordRaw[]
