"""A year of real hours, carried from public data sets; see README.md."""
