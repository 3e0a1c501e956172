"""Checks: pure functions over records (`yuanjian.screening.records`), frames in, frames out.

They know no outlet, no unit and no level; methods (`screening/methods/records_*.py`) turn their rows into
hits. Each has a finite memory, so that the same rows come out whatever lies further back.
"""
