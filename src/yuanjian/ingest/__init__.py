"""Follows the journal and writes readings and events into the lake exactly once."""
