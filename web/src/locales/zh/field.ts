export default {
  title: '我的任务', task: '现场检查', none: '目前没有派给您的工单', unsent: '有未提交内容',
  groups: { now: '正在办理', new: '待接收', waiting: '整改与审核中', closed: '已办结' },
  accept: '接收工单', accepted: '已接收', acceptHint: '接收后即可到场', start: '到场开始检查', startHint: '到达现场后开始', startNow: '开始检查',
  startText: '记录到场时间，检查记录随填随存，没有网络时先存在本机。', locate: '附上当前位置（定位不到也可开始）',
  address: '地址', contact: '联系人', showCurve: '看曲线', hideCurve: '收起曲线',
  checklist: '按顺序检查', progress: '{done} / {total}', why: '为什么查这一项', note: '情况说明', skipNote: '说明未检查的原因',
  photo: '拍照', photoWaits: '待联网', photoFailed: '未上传', photosWaiting: '{n} 张照片待上传',
  summary: '检查情况', summaryHint: '现场看到的事实、与企业核对的情况',
  sync: { saved: '已保存到服务器', typing: '已存本机，正在提交', sending: '正在提交', local: '已存本机，联网后自动提交', error: '已存本机，提交被拒绝' },
  finish: '提交检查结果', submit: '提交', conclusion: '检查结论', next: '下一步', nextClose: '转办结审核', nextRectify: '要求整改', requirement: '整改要求',
  missing: { answers: '还有检查要点没有填写', skipNote: '未检查的要点须说明原因', summary: '须填写检查情况', conclusion: '须选择检查结论', verdicts: '须逐个反馈模型是否正确，不正确的写明原因', requirement: '须填写整改要求' },
}
