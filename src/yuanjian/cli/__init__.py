"""The `yuanjian` command: every process and job starts here."""
