import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/sign-in', component: () => import('./SignIn.vue'), meta: { public: true, title: 'session.title' } },
] satisfies RouteRecordRaw[]
