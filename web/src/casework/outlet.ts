/** "DA001 窑尾排放口"; many names already begin with the code of the outlet. */
export function outletLabel(outlet: { code: string; name: string }): string {
  return outlet.name.startsWith(outlet.code) ? outlet.name : `${outlet.code} ${outlet.name}`
}
