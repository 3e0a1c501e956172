import { Tickets } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/records',
    component: () => import('./RecordsPage.vue'),
    meta: {
      title: 'records.title',
      permission: 'records.view',
      nav: { shells: ['desk', 'portal'], order: 72, icon: Tickets, label: 'records.title', group: 'common.nav.monitor' },
    },
  },
] satisfies RouteRecordRaw[]
