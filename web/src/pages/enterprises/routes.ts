import { OfficeBuilding } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/enterprises',
    component: () => import('./EnterprisesPage.vue'),
    meta: {
      title: 'enterprises.title',
      permission: 'clues.view', // the enterprise itself has its portal instead
      nav: { shells: ['desk', 'field'], order: 50, icon: OfficeBuilding, label: 'enterprises.title', group: 'common.nav.monitor' },
    },
  },
  { path: '/enterprises/:id(\\d+)', component: () => import('./DossierPage.vue'), meta: { title: 'enterprises.dossier', permission: 'enterprises.view' } },
] satisfies RouteRecordRaw[]
