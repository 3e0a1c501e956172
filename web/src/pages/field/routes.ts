import { List } from '@element-plus/icons-vue'
import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/field',
    component: () => import('./FieldTasks.vue'),
    meta: { title: 'field.title', permission: 'orders.work', nav: { shells: ['field'], order: 10, icon: List, label: 'field.title' } },
  },
  { path: '/field/:id(\\d+)', component: () => import('./FieldOrder.vue'), meta: { title: 'field.task', permission: 'orders.work' } },
] satisfies RouteRecordRaw[]
