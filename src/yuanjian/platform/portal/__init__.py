"""The enterprise's side: notices, answers, its own data."""
