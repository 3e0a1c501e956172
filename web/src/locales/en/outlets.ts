export default {
  title: 'Outlet',
  latest: 'Latest values',
  noLatest: 'No monitoring data received yet',
  factors: 'Factors shown',
  curveOf: 'Curve of {name}',
  thinned: 'Many points: thinned for display, peaks are kept',
  noCadence: 'No data of this cadence ({cadence}) in this period; try another one',
  noMarks: 'No marks in this period',
  preset: { '6h': '6 h', '24h': '24 h', '7d': '7 d', '30d': '30 d', '90d': '90 d' },
}
