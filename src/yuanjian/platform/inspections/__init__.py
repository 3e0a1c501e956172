"""Inspections: what an officer found on site."""
