import { Cpu } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/models',
    component: () => import('./ModelsPage.vue'),
    meta: {
      title: 'models.title',
      permission: 'models.view',
      nav: { shells: ['desk'], order: 80, icon: Cpu, label: 'models.title', group: 'common.nav.models' },
    },
  },
  { path: '/models/builder', component: () => import('./builder/BuilderList.vue'), meta: { title: 'builder.title', permission: 'models.edit' } },
  { path: '/models/builder/:id', component: () => import('./builder/BuilderPage.vue'), meta: { title: 'builder.title', permission: 'models.edit' } },
  { path: '/models/:code', component: () => import('./ModelPage.vue'), meta: { title: 'models.detail', permission: 'models.view' } },
] satisfies RouteRecordRaw[]
