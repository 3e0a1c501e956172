export default {
  title: 'Enterprise portal', home: 'Home', permit: 'Permit {no}', duties: 'To do', late: '{n} overdue', calm: 'Nothing to do',
  outlets: 'Our outlets', noOutlets: 'No outlet is registered yet', noValues: 'No data received yet', limit: 'limit {value}', share: 'share of the limit',
  kind: { reminder: 'Reminder', warning: 'Warning', rectification: 'Rectification' },
  notices: 'Notices', notice: 'Notice', noticesHint: 'Opening one is its receipt', noNotices: 'No notices', ourCurve: 'Curve of the period',
  answer: 'Answer', answerText: 'What happened and what was done', objectionText: 'Reasons of the objection', filesHint: 'Add proof (maintenance records, photos, reports …)',
  sendAnswer: 'Send the answer', sendObjection: 'Send the objection', sent: 'Sent, to be reviewed', restored: 'What was not sent last time is back',
  rectifications: 'Rectification', noRectifications: 'Nothing has to be put right', returned: 'Returned because', reportText: 'What was put right', sendReport: 'Send the report',
}
