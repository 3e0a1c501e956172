export default {
  title: 'My tasks', task: 'On-site check', none: 'No order is assigned to you', unsent: 'Not sent yet',
  groups: { now: 'Working on', new: 'To accept', waiting: 'In rectification or review', closed: 'Closed' },
  accept: 'Accept', accepted: 'Accepted', acceptHint: 'Accept, then go on site', start: 'Start on site', startHint: 'Start when you have arrived', startNow: 'Start',
  startText: 'The time of arrival is recorded. The record is saved as you type, on this device while there is no network.', locate: 'Add my position (starts without it too)',
  address: 'Address', contact: 'Contact', showCurve: 'Show curve', hideCurve: 'Hide curve',
  checklist: 'Check in this order', progress: '{done} / {total}', why: 'Why this', note: 'Note', skipNote: 'Why it was not checked',
  photo: 'Photo', photoWaits: 'waits', photoFailed: 'not sent', photosWaiting: '{n} photos to send',
  summary: 'What was found', summaryHint: 'Facts seen on site, what the enterprise said',
  sync: { saved: 'Saved on the server', typing: 'Kept here, sending soon', sending: 'Sending', local: 'Kept here until there is a network', error: 'Kept here, the server refused it' },
  finish: 'Submit the result', submit: 'Submit', conclusion: 'Conclusion', next: 'Next', nextClose: 'To be closed', nextRectify: 'Rectification', requirement: 'To be put right',
  missing: { answers: 'Some checks are not answered', skipNote: 'Say why a check was left out', summary: 'Write what was found', conclusion: 'Choose the conclusion', verdicts: 'Say of each model whether it was right, and why if not', requirement: 'Write what has to be put right' },
}
