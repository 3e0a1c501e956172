"""Checks: pure functions over records (`yuanjian.screening.records`), frames in, frames out.

Column ``s`` tells apart what rows are about; they know no outlet, no unit and no level. Methods
(`screening/methods/records_*.py`) turn their rows into hits. Each has a finite memory, so that the same rows
come out whatever lies further back.
"""
