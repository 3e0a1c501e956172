export type Role =
  | 'admin' | 'analyst' | 'dispatcher' | 'officer' | 'oversight' | 'author' | 'integrator' | 'enterprise'

export interface Me {
  id: number
  username: string
  name: string
  role: Role
  role_text: string
  region_code: string
  region_name: string
  enterprise_id: number | null
  enterprise_name: string | null
  permissions: string[]
}
export interface DemoAccount { username: string; password: string; role: Role; name: string }
export interface Session {
  user: Me | null
  version: string
  demo: boolean
  push_url?: string | null
  max_upload_mb?: number
  accounts?: DemoAccount[]
}
