import { Connection, DataLine } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/devices',
    component: () => import('./DevicesPage.vue'),
    meta: {
      title: 'devices.title',
      permission: 'links.view',
      nav: { shells: ['desk'], order: 60, icon: Connection, label: 'devices.title', group: 'common.nav.monitor' },
    },
  },
  { path: '/devices/:mn', component: () => import('./DevicePage.vue'), meta: { title: 'devices.device', permission: 'links.view' } },
  {
    path: '/transmission',
    component: () => import('./rates/TransmissionPage.vue'),
    meta: {
      title: 'rates.title',
      permission: 'monitoring.view',
      nav: { shells: ['desk'], order: 61, icon: DataLine, label: 'rates.title', group: 'common.nav.monitor' },
    },
  },
  { path: '/links', redirect: '/devices', meta: { title: 'devices.title' } },
] satisfies RouteRecordRaw[]
