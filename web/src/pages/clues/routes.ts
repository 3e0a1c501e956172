import { Search } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/clues',
    component: () => import('./CluePool.vue'),
    meta: {
      title: 'clues.title',
      permission: 'clues.view',
      nav: { shells: ['desk'], order: 20, icon: Search, label: 'clues.title', group: 'common.nav.work' },
    },
  },
  { path: '/clues/:id(\\d+)', component: () => import('./ClueDetail.vue'), meta: { title: 'clues.detail', permission: 'clues.view' } },
] satisfies RouteRecordRaw[]
