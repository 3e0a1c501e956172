/** Invented answers of the API, for looking at the pages without a server. Nothing of this reaches the product. */
const HOUR = 3_600_000
const iso = (t) => `${new Date(t + 8 * HOUR).toISOString().slice(0, 19)}+08:00`
const now = Date.now()
const hour0 = now - (now % HOUR)

export const accounts = [
  ['analyst', '值守研判员'], ['dispatcher', '调度员'], ['officer', '执法人员'], ['enterprise', '企业环保负责人'], ['admin', '管理员'],
].map(([role, name]) => ({ username: role, password: 'demo', role, name }))

const PERMISSIONS = ['enterprises.view', 'monitoring.view', 'marks.view', 'files.view', 'regions.view', 'overview.view', 'links.view', 'clues.view', 'orders.view', 'models.view', 'notices.view', 'clues.decide', 'registry.adopt', 'marks.write', 'files.write']
export function me(role) {
  const enterprise = role === 'enterprise'
  return {
    id: 1, username: role, name: accounts.find((a) => a.role === role).name, role, role_text: role, region_code: '640100', region_name: '银川市',
    enterprise_id: enterprise ? 1 : null, enterprise_name: enterprise ? '贺兰热电一厂（虚拟）' : null,
    permissions: enterprise ? ['enterprises.view', 'monitoring.view', 'marks.view', 'marks.write', 'portal.view', 'notices.view', 'regions.view'] : PERMISSIONS,
  }
}

const COUNTIES = [['640104', '兴庆区'], ['640105', '西夏区'], ['640106', '金凤区'], ['640121', '永宁县'], ['640122', '贺兰县'], ['640181', '灵武市']]
const regions = COUNTIES.map(([code, name], i) => ({ code, name, enterprises: 4 + i, worst_level: [2, 1, null, 3, 2, 1][i], clues: { 1: [0, 2, 0, 0, 0, 1][i], 2: [3, 1, 0, 0, 2, 4][i], 3: [2, 5, 0, 4, 1, 3][i] } }))
const BOX = { 640104: [106.3, 38.45], 640105: [106.08, 38.55], 640106: [106.24, 38.5], 640121: [106.1, 38.28], 640122: [106.25, 38.68], 640181: [106.45, 38.0] }
const NAMES = ['热电一厂', '水泥有限公司', '焦化股份', '污水处理厂', '化工园区', '造纸厂', '钢铁公司', '电解铝厂']
const enterprises = COUNTIES.flatMap(([code, name], i) => [0, 1, 2, 3].map((k) => ({
  id: i * 4 + k + 1, name: `${name.slice(0, 2)}${NAMES[(i + k * 3) % 8]}（虚拟）`, short_name: NAMES[(i + k * 3) % 8], credit_code: `91640100MA7${String(1000000 + i * 77 + k).slice(0, 6)}X`,
  industry: ['火力发电', '水泥制造', '炼焦', '污水处理'][k], region_code: code, region_name: name, management_class: k ? '简化管理' : '重点管理', is_key: k === 0, status: 'active', outlets: 2,
  worst_level: [1, 2, 3, null][(i + k) % 4], online: (i + k) % 5 ? true : k ? false : null, lon: BOX[code][0] + (k - 1.5) * 0.05, lat: BOX[code][1] + ((k * 7) % 5 - 2) * 0.03,
})))

export const overview = {
  counts: { enterprises: 61, outlets: 122, loggers: 183, online: 174, clues_open: { 1: 3, 2: 10, 3: 15 }, orders_open: 7, orders_overdue: 2, notices_open: 9 },
  funnel: { findings: 1286, clues: 148, orders: 31, closed: 22 }, period_days: 30, known_until: null, regions,
  trend: Array.from({ length: 30 }, (_, i) => ({ day: iso(now - (29 - i) * 24 * HOUR).slice(0, 10), 1: i % 7 === 3 ? 2 : i % 5 === 0 ? 1 : 0, 2: (i * 3) % 5, 3: (i * 7) % 8 })),
}
export const overviewMap = { enterprises: enterprises.map(({ id, name, lon, lat, region_code, worst_level, online, outlets }) => ({ id, name, lon, lat, region_code, worst_level, online, outlets })) }

const FACTORS = [['a21026', '二氧化硫', 'SO₂', 'mg/m³', 35, 22, 1], ['a21002', '氮氧化物', 'NOx', 'mg/m³', 50, 41, 1], ['a34013', '颗粒物', 'PM', 'mg/m³', 10, 4, 2], ['a19001', '氧气含量', 'O₂', '%', null, 7, 2], ['a00000', '废气流量', 'Flow', 'm³/s', null, 120, 1]]
const noise = (i, k) => Math.sin(i * 0.7 + k) * 0.5 + Math.sin(i * 0.13 + k * 2) + Math.sin(i * 2.3 + k * 5) * 0.3
function valueAt(i, n, k, base) {
  if (i > n * 0.3 && i < n * 0.33) return null
  if (k < 3 && i > n * 0.6 && i < n * 0.68) return base * 1.9 + noise(i, k) * base * 0.05
  return Math.max(0, base * (1 + noise(i, k) * 0.12))
}
export function curve(query) {
  const start = query.get('start') ? new Date(query.get('start')).getTime() : hour0 - 7 * 24 * HOUR
  const end = query.get('end') ? new Date(query.get('end')).getTime() : hour0
  const cadence = query.get('cadence') ?? 'hour'
  const step = { realtime: 60_000, minute: 60_000, hour: HOUR, day: 24 * HOUR }[cadence]
  const n = Math.floor((end - start) / step)
  const t = (f) => iso(start + (end - start) * f)
  return {
    outlet: { id: 1, code: 'DA001', name: '1#锅炉烟气排放口', medium: 'gas', enterprise: { id: 1, name: '兴庆热电一厂（虚拟）' } },
    start: iso(start), end: iso(end), cadence, step_s: step / 1000, thinned: false,
    series: FACTORS.map(([factor, name, name_en, unit, limit, base, decimals], k) => ({
      factor, name, name_en, unit, decimals,
      points: Array.from({ length: n }, (_, i) => { const v = valueAt(i, n, k, base); return [iso(start + i * step), v, k < 3 && v !== null ? v * 1.14 : null, 'N', 'live'] }),
      limits: limit ? [{ from: null, to: null, low: null, high: limit, averaging: 'hour', basis: 'GB 13223-2011' }] : [],
    })),
    marks: [{ id: 1, kind: 'calibration', kind_text: '校准', start: t(0.3), end: t(0.33), factor: null, author: '李工', note: '季度校准，附记录', state: 'accepted' }],
    power: [['锅炉引风机', 'production', 380], ['脱硫循环泵', 'treatment', 160]].map(([name, kind, kw], k) => ({
      facility_id: k + 1, name, kind, unit: 'kW', rated_kw: kw, points: Array.from({ length: n }, (_, i) => [iso(start + i * step), k && i > n * 0.6 && i < n * 0.68 ? 3 : kw * (0.8 + noise(i, k) * 0.04)]),
      running: k ? [[t(0), t(0.6)], [t(0.68), t(1)]] : [[t(0), t(1)]],
    })),
    doors: [0.31, 0.58, 0.69].map((f) => ({ time: t(f), person: '运维 王某', method: '刷卡', type: '进', state: '开', text: '运维 王某 刷卡进入站房' })),
  }
}

export const latest = { items: enterprises.slice(0, 8).flatMap((e, j) => FACTORS.slice(0, 3).map(([factor, factor_name, , unit, limit, base], k) => ({
  point_id: e.id * 10, outlet_id: e.id, outlet_name: 'DA001 锅炉烟气', enterprise_id: e.id, enterprise_name: e.name, factor, factor_name, unit, time: iso(now - 60_000 * j), value: base * (0.5 + j * 0.1), reference: null, flag: 'N', limit, limit_low: null, ratio: (base * (0.5 + j * 0.1)) / limit, state: 'normal', k,
}))) }

const STATES = ['online', 'online', 'online', 'silent', 'offline', 'never', 'unregistered']
export const links = {
  items: Array.from({ length: 30 }, (_, i) => { const state = STATES[i % 7]; const known = state !== 'unregistered'; return {
    mn: `6401${String(10000000 + i * 7919).padStart(8, '0')}VIRT${String(i).padStart(4, '0')}`, known, enterprise: known ? { id: (i % 24) + 1, name: enterprises[i % 24].name } : null, standard: ['2017', '2005', '2025'][i % 3], state,
    last_frame_at: state === 'never' ? null : iso(now - i * 47_000), last_valid_at: state === 'never' ? null : iso(now - i * 61_000), frames: 12000 + i * 311, faults: i % 4 ? 0 : i * 3, duplicates: i, peer: `10.0.0.${i}:4${i}001`, clock_skew_s: i % 9 ? i % 5 : 184,
  } }), total: 30, summary: { online: 160, silent: 6, offline: 9, never: 5, unregistered: 3 },
}
const RAW = '##0136ST=31;CN=2011;PW=******;MN=640100000000VIRT0001;CP=&&DataTime=20261121200000;a21026-Rtd=22.1,a21026-Flag=N&&A1C0\r\n'
export const faults = { items: Array.from({ length: 12 }, (_, i) => ({ shard: 0, seq: 1000 + i, received_at: iso(now - i * 95_000), peer: '10.0.0.7:41001', mn: i % 3 ? links.items[i].mn : null, fault: i % 2 ? 'crc' : 'length', fault_text: i % 2 ? 'CRC 校验不符' : '长度与报头不符', raw: RAW, size: RAW.length })), total: 12, counts: { crc: { n: 6, text: 'CRC 校验不符' }, length: { n: 6, text: '长度与报头不符' } } }
export const frame = { raw: RAW, received_at: iso(now), peer: '10.0.0.7:41001', parsed: { ST: '31', CN: '2011', MN: '640100000000VIRT0001', CP: { DataTime: '20261121200000', a21026: { Rtd: 22.1, Flag: 'N' } } }, fault: 'crc' }

const clue = (i) => ({ id: i, number: `XS20261121-000${i}`, level: (i % 3) + 1, state: ['open', 'claimed', 'noticed'][i % 3], state_text: ['待研判', '研判中', '已提醒'][i % 3], class: 'exceedance', class_text: '超标排放', title: ['二氧化硫小时均值连续 8 小时超标', '氮氧化物恒值 13 小时', '生产设施运行而治理设施停运'][i % 3], enterprise: { id: 1, name: enterprises[0].name }, outlet: { id: 1, code: 'DA001', name: '1#锅炉烟气排放口', medium: 'gas' }, region_name: '兴庆区', factors: [{ code: 'a21026', name: '二氧化硫' }], models: [{ code: 'M101', title: '小时超标', title_en: 'Hourly exceedance' }], first_at: iso(now - 9 * HOUR), last_at: iso(now - HOUR), findings: 2, open: true, claimed_by: null, suggested: 'order' })
export const enterpriseList = (query) => { const level = Number(query.get('level')) || null; const items = enterprises.filter((e) => !level || e.worst_level === level); return { items, total: items.length } }
export const enterprise = (id) => ({
  ...enterprises[(id - 1) % 24], address: '宁夏银川市兴庆区工业大道 1 号（虚拟）', contact: '李工', phone: '', permit_no: '91640100MA7XXXXXX001P', visits_this_year: 1,
  outlets: [1, 2].map((k) => ({ id: k, code: `DA00${k}`, name: `${k}#锅炉烟气排放口`, medium: 'gas', kind: 'main', points: [{ id: 10, st: '31', kind: 'gas', name: '烟气在线监测' }], limits: FACTORS.slice(0, 3).map(([factor, factor_name, , unit, high]) => ({ id: k, factor, factor_name, averaging: 'hour', low: null, high, unit, o2_reference: 6, basis: 'GB 13223-2011 表2', valid_from: '2020-01-01', valid_to: null })), facilities: [{ id: 1, kind: 'production', code: 'MF01', name: '1#锅炉', meter_no: '01', rated_kw: 380 }, { id: 2, kind: 'treatment', code: 'TA01', name: '脱硫塔', meter_no: '02', rated_kw: 160 }] })),
  loggers: links.items.slice(0, 3), clues: [1, 2, 3].map(clue), orders: [{ ...clue(3), number: 'GD20261121-0001', title: '核查二氧化硫超标', state: 'dispatched', state_text: '已派发', assignee: { id: 3, name: '张执法' }, due_at: iso(now + 30 * HOUR), overdue: false, created_at: iso(now - 3 * HOUR), clue_id: 3 }], notices: [],
  timeline: [['派发工单', '模型 M101 命中，形成线索', '登记数采仪']].flat().map((text, i) => ({ at: iso(now - i * 5 * HOUR), actor: i === 1 ? null : '值守研判员', action: 'x', text, text_en: text, data: {} })),
})
export const regionList = [{ code: '640100', name: '银川市', level: 'city', parent: '640000' }, ...COUNTIES.map(([code, name]) => ({ code, name, level: 'county', parent: '640100' }))]
const MODELS = [['M101', '小时均值超标', 'exceedance', '超标排放'], ['M103', '三十日四色预警', 'exceedance', '超标排放'], ['M205', '恒值', 'data-falsification', '数据造假'], ['M301', '产治电量不匹配', 'power', '用电异常'], ['M415', '开门期间数据突变', 'site-access', '站房管理']]
export const models = { total: 5, items: MODELS.map(([code, title, cls, class_text], i) => ({ code, title, title_en: title, class: cls, class_text, status: i === 3 ? 'trial' : 'live', status_text: i === 3 ? '试运行' : '已启用', kernel: 'above_limit', version: '1.2', hash: 'a91f3c77d0e2b45a91f3c77d0e2b45', certainty: 'ABAC'[i % 4], inputs: ['废气', '小时数据', 'SO₂、NOx、颗粒物'], levels: { 3: '≥ 2 小时', 2: '≥ 4 小时', 1: i === 2 ? null : '≥ 8 小时' }, precision: i % 2 ? { right: 0, wrong: 0, unsure: 0, value: null } : { right: 17, wrong: 3, unsure: 2, value: 0.85 }, last_run_at: iso(now - 400_000), last_count: 12 - i, coverage: 0.96, runtime_ms: 830 + i * 412 })) }
export const model = (code) => ({ ...(models.items.find((m) => m.code === code) ?? models.items[0]), description: '折算浓度的小时均值连续高于排放限值。停产、启停炉、校准与维护时段不计。', params: { ratio: 1.0, min_hours: 2, debounce: { clear_after: '3 h' } }, basis: ['GB 13223-2011 4.1', { text: 'HJ 75-2017 12.2', from: '2018-03-01' }], excludes: ['marked_stop', 'calibration'], false_positives: '启炉阶段含氧量高，折算值会被放大；先看氧量曲线。', check_on_site: ['核对脱硫剂添加记录', '查看旁路挡板铅封', '比对手工监测'], evidence: ['raw_frames'], clues: [1, 2].map(clue), runs: Array.from({ length: 8 }, (_, i) => ({ started_at: iso(now - i * HOUR), series: 366, findings: 12 - i, seconds: 0.8 })) })
const exempt = (id, kind, day, hours, counted, reason, state, more = {}) => ({
  id, kind, kind_text: kind, start: `${day}T06:00:00+08:00`, end: iso(Date.parse(`${day}T06:00:00+08:00`) + hours * HOUR), author: '陈工', by_enterprise: true, note: '', state, state_text: state, hours, counted, reason, ...more,
})
export function exemptions(year) {
  const quarters = ['01-01', '04-01', '07-01', '10-01'].map((day) => `${year}-${day}T00:00:00+08:00`)
  const ends = [...quarters.slice(1), `${year + 1}-01-01T00:00:00+08:00`]
  const rule = { factors: [], event_hours: null, side: 'first', certainty: 'C' }
  return {
    outlet: { id: 1, code: 'DA001', name: '焚烧炉烟气排放口' }, year, until: iso(hour0),
    windows: [
      { ...rule, kinds: ['starting', 'stopping', 'fault'], every: 'year', allowed: 60, source: '部令10号；GB 18485', periods: [{ start: quarters[0], end: ends[3], used: 47, left: 13 }] },
      { ...rule, kinds: ['maintenance'], every: 'quarter', allowed: 30, source: '部令10号（CEMS 维护）', periods: quarters.map((start, i) => ({ start, end: ends[i], used: [8, 34, 12, 3][i], left: [22, 0, 18, 27][i] })) },
    ],
    entries: [
      exempt(5, 'starting', `${year}-09-12`, 14, 14, '', 'accepted', { note: '年度检修后冷态启炉' }), exempt(4, 'fault', `${year}-08-02`, 9, 0, 'returned', 'returned', { note: '给料系统故障' }),
      exempt(3, 'maintenance', `${year}-06-20`, 10, 6, 'used_up', 'accepted', { by_enterprise: false, author: '值守研判员' }), exempt(2, 'stopping', `${year}-05-03`, 33, 33, '', 'accepted'),
    ],
  }
}
export const marks = { items: curve(new URLSearchParams()).marks.map((m) => ({ ...m, outlet: { id: 1, name: 'DA001 1#锅炉烟气排放口' } })), total: 1 }
export const todo = { items: [{ kind: 'clue', id: 1, title: '二氧化硫小时均值连续 8 小时超标 · 兴庆热电一厂（虚拟）', due_at: null, level: 1 }, { kind: 'order', id: 2, title: '核查焦化股份（虚拟）治理设施停运', due_at: iso(now - 3 * HOUR), level: 1 }, { kind: 'notice', id: 3, title: '审核企业答复：氮氧化物恒值', due_at: iso(now + 20 * HOUR), level: 2 }] }
export function tick() {
  return { items: latest.items.slice(0, 9).map((r) => ({ point_id: r.point_id, outlet_id: r.outlet_id, factor: r.factor, cadence: 'realtime', time: iso(Date.now()), value: r.value * (0.9 + Math.random() * 0.4), reference: null, flag: 'N' })) }
}
