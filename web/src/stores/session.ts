/** Who is signed in, what they may do, and which of the three shells they live in. */
import { defineStore } from 'pinia'
import { api } from '@/api/client'
import type { Me, Role, Session } from '@/api/types'

export type Shell = 'desk' | 'field' | 'portal'

const SHELL: Partial<Record<Role, Shell>> = { officer: 'field', enterprise: 'portal' }
const HOME: Record<Shell, string> = { desk: '/overview', field: '/field', portal: '/portal' }

export function shellOf(role: Role): Shell {
  return SHELL[role] ?? 'desk'
}

interface State { loaded: boolean; session: Session | null }

export const useSession = defineStore('session', {
  state: (): State => ({ loaded: false, session: null }),
  getters: {
    me: (state): Me | null => state.session?.user ?? null,
    shell(): Shell { return this.me ? shellOf(this.me.role) : 'desk' },
    home(): string { return HOME[this.shell] },
    pushUrl: (state): string => state.session?.push_url ?? '',
  },
  actions: {
    async load(): Promise<void> {
      this.session = await api.get<Session>('/session')
      this.loaded = true
    },
    async signIn(username: string, password: string): Promise<void> {
      this.session = await api.post<Session>('/session', { username, password })
    },
    async signOut(): Promise<void> {
      this.session = await api.delete<Session>('/session')
    },
    /** The server said that the session is over: forget the person, keep version and accounts. */
    expire(): void {
      if (this.session) this.session = { ...this.session, user: null }
    },
    can(permission: string): boolean {
      return this.me?.permissions.includes(permission) ?? false
    },
  },
})
