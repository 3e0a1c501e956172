"""Screening: models over series. Knows no Django and no socket; see `engine.run`."""
