/** The classes of permit management in the language shown; the server's word for one we do not know. */
import { i18n } from '@/i18n'

const ENGLISH: Record<string, string> = { 重点管理: 'key management', 简化管理: 'simplified management', 登记管理: 'registration only' }

export function managementText(said: string): string {
  return i18n.global.locale.value === 'zh' ? said : ENGLISH[said] ?? said
}
