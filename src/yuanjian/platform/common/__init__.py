"""What every app shares: row scope, activity log, error envelope, lists, notifications."""
