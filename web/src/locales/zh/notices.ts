export default {
  title: '提醒与警告', detail: '通知详情', hint: '企业答复后须及时审核', none: '没有符合条件的通知', kind: '类型', sentAt: '发出', readAt: '签收',
  groups: { review: '待审核', waiting: '待答复', overdue: '逾期未答复', settled: '已审核', all: '全部' },
  kinds: { answer: '答复', objection: '异议' },
  clue: '来源线索', replies: '企业答复', noReply: '企业还没有答复', text: '通知内容', reviewNote: '审核意见',
  accept: '认可', reject: '不认可', reviewHint: '认可则线索办结，不认可则退回研判',
}
