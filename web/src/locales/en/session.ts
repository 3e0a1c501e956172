export default {
  title: 'Sign in',
  username: 'User name',
  password: 'Password',
  submit: 'Sign in',
  demo: 'Demo accounts',
  demoHint: 'one click fills the form',
  lead: 'From one frame of a data logger to a closed work order',
  points: {
    see: 'Monitoring, electricity and door data, screened at three thresholds',
    act: 'Reminder, warning or work order; the enterprise answers, the officer checks',
    trust: 'Law-abiding enterprises are left alone; all evidence can be verified again',
  },
  roles: { admin: 'Administrator', analyst: 'Duty analyst', dispatcher: 'Dispatcher', officer: 'Enforcement officer', oversight: 'Oversight', author: 'Model author', integrator: 'Integrator', enterprise: 'Enterprise' },
}
