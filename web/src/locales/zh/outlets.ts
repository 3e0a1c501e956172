export default {
  title: '排放口',
  latest: '最新监测值',
  noLatest: '还没有收到监测数据',
  factors: '显示的因子',
  curveOf: '{name} 的监测曲线',
  thinned: '数据点较多，已按峰值抽稀显示',
  noCadence: '这段时间没有{cadence}数据，可换一个时间粒度',
  noMarks: '这段时间没有标记',
  preset: { '6h': '6 小时', '24h': '24 小时', '7d': '7 天', '30d': '30 天', '90d': '90 天' },
}
