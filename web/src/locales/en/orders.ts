export default {
  title: 'Work orders', detail: 'Work order', order: 'Order', hint: 'Overdue first', none: 'No order matches', nobody: 'not assigned', mine: 'Mine only',
  states: { unfinished: 'In work', all: 'All' },
  claim: 'Why it was ordered', clue: 'From clue', inspection: 'Checklist and record', files: 'Other evidence',
  conclusion: { problem: 'Problem found', no_problem: 'No problem' },
  result: { ok: 'OK', problem: 'Problem', not_checked: 'Not checked', open: 'Open' },
  rectifications: 'Rectification', report: 'Report of the enterprise', review: 'Review', acceptReport: 'Accept', returnReport: 'Return',
  actions: { dispatch: 'Dispatch', reassign: 'Reassign', close: 'Close', field: 'Work on it' },
  closeTitle: 'Close the order', closeText: 'The clue is closed with it; verdicts count towards precision.',
}
