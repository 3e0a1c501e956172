"""Counts over everything in scope: overview, map, to-do list."""
