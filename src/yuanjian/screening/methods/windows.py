"""Counting episodes over a trailing window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels import runs_of
from yuanjian.screening.kernels.runs import Runs

Indices = npt.NDArray[np.int64]


def episodes(hit: npt.NDArray[np.bool_]) -> Runs:
    """Runs of hits: ``(series, start, end)``."""
    return runs_of(hit)


def recent(series: Indices, starts: Indices, window: int, weights: Indices | None = None) -> list[int]:
    """For each episode: the sum of ``weights`` (default 1 each) of those that began in the ``window`` up to
    it.

    Episodes are ordered by series and start, as kernels return them; the episode itself counts.
    """
    amounts = np.ones(len(series), np.int64) if weights is None else weights
    totals = []
    first = 0
    for at in range(len(series)):
        while series[first] != series[at] or starts[first] <= starts[at] - window:
            first += 1
        totals.append(int(amounts[first : at + 1].sum()))
    return totals
