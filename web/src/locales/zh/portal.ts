export default {
  title: '企业门户', home: '首页', permit: '排污许可证 {no}', duties: '需要办理', late: '{n} 件已超期', calm: '没有需要办理的事项',
  outlets: '我的排放口', noOutlets: '还没有登记排放口', noValues: '还没有收到监测数据', limit: '限值 {value}', share: '占限值比例',
  kind: { reminder: '提醒', warning: '警告', rectification: '整改' },
  notices: '通知', notice: '通知详情', noticesHint: '打开即视为签收', noNotices: '没有收到通知', ourCurve: '相关时段的监测曲线',
  answer: '答复', answerText: '情况说明与已采取的措施', objectionText: '异议理由', filesHint: '附上证明材料（运维记录、照片、检测报告等）',
  sendAnswer: '提交答复', sendObjection: '提交异议', sent: '已提交，等待审核', restored: '已恢复上次未提交的内容',
  rectifications: '整改', noRectifications: '没有整改要求', returned: '退回原因', reportText: '整改情况', sendReport: '提交整改报告',
}
