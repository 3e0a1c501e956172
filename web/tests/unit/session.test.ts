import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { RouteRecordRaw } from 'vue-router'
import type { Me, Role, Session } from '@/api/types'
import { messages } from '@/i18n'
import { around as regionAround, districtLevels } from '@/map/districts'
import { around, cadenceFor, presetRange } from '@/pages/outlets/range'
import { allowed, navOf, routes } from '@/router'
import { shellOf, useSession } from '@/stores/session'

const person = (role: Role, permissions: string[] = []): Me => ({
  id: 1, username: role, name: role, role, role_text: role, region_code: '640000', region_name: '宁夏', enterprise_id: null, enterprise_name: null, permissions,
})
function serve(...answers: Partial<Session>[]): void {
  const fetch = vi.fn()
  for (const answer of answers) {
    const body = JSON.stringify({ user: null, version: '1', demo: true, ...answer })
    fetch.mockResolvedValueOnce(new Response(body, { headers: { 'content-type': 'application/json' } }))
  }
  vi.stubGlobal('fetch', fetch)
}
beforeEach(() => {
  setActivePinia(createPinia())
  vi.unstubAllGlobals()
})

describe('session', () => {
  it.each([['officer', 'field'], ['enterprise', 'portal'], ['analyst', 'desk'], ['admin', 'desk']] as const)('puts %s into the %s shell', (role, shell) => {
    expect(shellOf(role)).toBe(shell)
  })
  it('signs in, knows what may be done, expires and signs out', async () => {
    serve({}, { user: person('officer', ['orders.work']) }, { user: null })
    const session = useSession()
    await session.load()
    expect([session.me, session.home, session.can('orders.work')]).toEqual([null, '/overview', false])
    await session.signIn('officer', 'x')
    expect([session.me?.role, session.home, session.can('orders.work'), session.can('clues.decide')]).toEqual(['officer', '/field', true, false])
    session.expire()
    expect([session.me, session.session?.demo]).toEqual([null, true])
    await session.signOut()
    expect(session.me).toBeNull()
  })
})

describe('routes', () => {
  it('lets people in by role and permission, the public pages by nothing', () => {
    expect(allowed({ public: true }, null)).toBe(true)
    expect(allowed({}, null)).toBe(false)
    expect(allowed({ permission: 'x' }, person('analyst'))).toBe(false)
    expect(allowed({ permission: 'x' }, person('analyst', ['x']))).toBe(true)
    expect(allowed({ roles: ['officer'] }, person('analyst'))).toBe(false)
  })
  it('lists only what a shell shows and a person may open, in order', () => {
    const icon = { render: () => null }
    const component = { render: () => null }
    const from: RouteRecordRaw[] = [
      { path: '/b', component, meta: { nav: { shells: ['desk'], order: 2, icon, label: 'b' } } },
      { path: '/a', component, meta: { nav: { shells: ['desk', 'field'], order: 1, icon, label: 'a' } } },
      { path: '/c', component, meta: { permission: 'x', nav: { shells: ['desk'], order: 0, icon, label: 'c' } } },
      { path: '/d', component },
    ]
    expect(navOf('desk', person('analyst'), from).map((n) => n.path)).toEqual(['/a', '/b'])
    expect(navOf('field', person('officer'), from).map((n) => n.path)).toEqual(['/a'])
  })
  it('collects every area and gives every page a title that exists', () => {
    const paths = routes.map((route) => route.path)
    expect(paths).toEqual(expect.arrayContaining(['/sign-in', '/overview', '/devices', '/devices/:mn', '/transmission', '/enterprises', '/outlets/:id(\\d+)', '/models', '/marks']))
    expect(new Set(paths).size).toBe(paths.length)
    for (const route of routes) {
      const [area, key] = String(route.meta?.title).split('.') as [string, string]
      expect(messages.zh[area], route.path).toHaveProperty(key)
    }
  })
})

describe('locales', () => {
  function keysOf(value: unknown, prefix = ''): string[] {
    return typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([k, v]) => keysOf(v, `${prefix}${k}.`)) : [prefix]
  }
  it('have the same keys in both languages', () => {
    expect(keysOf(messages.en).sort()).toEqual(keysOf(messages.zh).sort())
  })
})

describe('map and ranges', () => {
  it('colours a county by its own row, else by its city', () => {
    const counts = { '1': 0, '2': 0, '3': 0 }
    const level = districtLevels([
      { code: '640105', name: 'a', enterprises: 1, worst_level: 1, clues: counts },
      { code: '640200', name: 'b', enterprises: 1, worst_level: 2, clues: counts },
    ])
    expect(['640105', '640202', '640300'].map(level)).toEqual([1, 2, 0])
  })
  it('shows somebody without a region the smallest one around all enterprises', () => {
    const cases: [string[], string][] = [[['640121', '640205'], '640000'], [['640121', '640122'], '640100'], [['640121'], '640121'], [['640121', '110105'], '000000'], [[], '000000']]
    for (const [codes, region] of cases) expect(regionAround(codes)).toBe(region)
  })
  it('chooses a cadence that gives some hundred points', () => {
    const now = Date.UTC(2026, 10, 21)
    expect((['6h', '24h', '30d', '90d'] as const).map((p) => cadenceFor(presetRange(p, now)))).toEqual(['realtime', 'hour', 'hour', 'day'])
  })
  it('shows a day on either side of a period, but not the future', () => {
    const span = { start: '2026-11-20T08:00:00+08:00', end: '2026-11-20T12:00:00+08:00' }
    expect(around(span, Date.UTC(2026, 10, 20, 10))).toEqual({ start: '2026-11-19T08:00:00+08:00', end: '2026-11-20T18:00:00+08:00' })
  })
})
