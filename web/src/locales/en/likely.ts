export default {
  title: 'Likely kind', because: 'Because: {what}',
  hint: 'Inferred from findings, marks, doors and more; for reading only, it changes no level and decides nothing.',
}
