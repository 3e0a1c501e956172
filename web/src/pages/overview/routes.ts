import { Odometer } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/overview',
    component: () => import('./OverviewPage.vue'),
    meta: {
      title: 'overview.title',
      permission: 'overview.view',
      nav: { shells: ['desk'], order: 10, icon: Odometer, label: 'overview.title' },
    },
  },
] satisfies RouteRecordRaw[]
