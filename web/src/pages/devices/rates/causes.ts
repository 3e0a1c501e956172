/** One colour for each cause of loss, the same in bars and charts. */
const TOKENS: Record<string, string> = {
  silent: 'chart-limit', factor: 'chart-3', comm_loss: 'chart-1', power_loss: 'chart-production', flag_d: 'chart-2', flag_m: 'level-3',
  flag_c: 'chart-treatment', flag_t: 'level-2', flag_b: 'chart-4', flag_other: 'chart-mark', marked: 'level-0', no_number: 'line-strong',
}
export const CAUSES = Object.keys(TOKENS)
export const tokenOf = (cause: string): string => TOKENS[cause] ?? 'chart-mark'
