import { Connection } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/links',
    component: () => import('./LinksPage.vue'),
    meta: {
      title: 'links.title',
      permission: 'links.view',
      nav: { shells: ['desk'], order: 60, icon: Connection, label: 'links.title', group: 'common.nav.monitor' },
    },
  },
] satisfies RouteRecordRaw[]
