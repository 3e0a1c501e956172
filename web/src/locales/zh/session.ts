export default {
  title: '登录',
  username: '用户名',
  password: '密码',
  submit: '登录',
  demo: '演示账号',
  demoHint: '点一下即填好',
  lead: '从数采仪的一帧数据，到一件办结的工单',
  points: {
    see: '接入在线监测、用电、门禁数据，三个阈值筛出线索',
    act: '三级提醒、二级警告、一级派单，企业自证，现场核查',
    trust: '守法企业不打扰，每一条证据都可复核',
  },
  roles: { admin: '系统管理员', analyst: '值守分析员', dispatcher: '调度员', officer: '执法人员', oversight: '稽查人员', author: '模型作者', integrator: '系统集成员', enterprise: '企业环保负责人' },
}
