export default {
  title: '可能的性质', because: '理由：{what}',
  hint: '由发现、标记、门禁等推断，供研判参考，不影响定级与处置。',
}
