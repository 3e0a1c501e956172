import { CollectionTag } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/marks',
    component: () => import('./MarksPage.vue'),
    meta: {
      title: 'marks.title',
      permission: 'marks.view',
      nav: { shells: ['desk', 'portal'], order: 70, icon: CollectionTag, label: 'marks.title', group: 'common.nav.monitor' },
    },
  },
] satisfies RouteRecordRaw[]
