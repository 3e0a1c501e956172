export default {
  title: 'Reminders and warnings', detail: 'Notice', hint: 'Answers wait for a review', none: 'No notice matches', kind: 'Kind', sentAt: 'sent', readAt: 'read',
  groups: { review: 'To review', waiting: 'To be answered', overdue: 'Not answered in time', settled: 'Reviewed', all: 'All' },
  kinds: { answer: 'Answer', objection: 'Objection' },
  clue: 'Clue', replies: 'Answers', noReply: 'Not answered yet', text: 'Text of the notice', reviewNote: 'Review',
  accept: 'Accept', reject: 'Not accepted', reviewHint: 'Accepted: the clue is closed. Not accepted: it goes back to judging',
}
