export default {
  title: '工单', detail: '工单详情', order: '工单', hint: '超期的排在最前', none: '没有符合条件的工单', nobody: '未指派', mine: '只看我的',
  states: { unfinished: '在办', all: '全部' },
  claim: '为什么派单', clue: '来源线索', inspection: '检查要点与记录', files: '其他现场证据',
  conclusion: { problem: '发现问题', no_problem: '未发现问题' },
  result: { ok: '正常', problem: '有问题', not_checked: '未检查', open: '待填写' },
  rectifications: '整改', report: '企业整改报告', review: '审核', acceptReport: '整改通过', returnReport: '退回重报',
  actions: { dispatch: '派发', reassign: '改派', close: '办结', field: '去办理' },
  closeTitle: '办结工单', closeText: '办结后来源线索一并办结，模型反馈计入准确率。',
}
