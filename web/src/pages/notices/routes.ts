import { ChatLineSquare } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

// `notices.view` is the enterprise's too; it reads its notices in the portal
const permission = 'clues.view'

export default [
  {
    path: '/notices',
    component: () => import('./NoticeList.vue'),
    meta: { title: 'notices.title', permission, nav: { shells: ['desk'], order: 40, icon: ChatLineSquare, label: 'notices.title', group: 'common.nav.work' } },
  },
  { path: '/notices/:id(\\d+)', component: () => import('./NoticeDetail.vue'), meta: { title: 'notices.detail', permission } },
] satisfies RouteRecordRaw[]
