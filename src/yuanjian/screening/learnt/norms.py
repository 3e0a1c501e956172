"""What is usual for each outlet: medians and spreads of its own features, in an artefact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FARTHEST = 8.0
"""A single number counts no farther than this many spreads."""


def usual(samples: Floats) -> tuple[Floats, Floats]:
    """Median and spread (1.4826 · MAD, at least a tenth of the standard deviation) of each column [n, F].

    0 and 1 for what is never known; where nothing ever varies, a thousandth of the median.
    """
    columns = [column[np.isfinite(column)] for column in samples.T]
    centre = np.array([np.median(known) if known.size else 0.0 for known in columns])
    spread = np.ones(len(columns))
    for at, known in enumerate(columns):
        if known.size:
            robust = 1.4826 * float(np.median(np.abs(known - centre[at])))
            spread[at] = max(robust, 0.1 * float(known.std()), 1e-3 * abs(centre[at]), 1e-6)
    return centre, spread


def scaled(samples: Floats, centre: Floats, spread: Floats, highest: Floats | float = FARTHEST) -> Floats:
    """Spreads from the median, from −`FARTHEST` to ``highest``; what is unknown is as usual."""
    z = np.clip((samples - centre) / spread, -FARTHEST, highest)
    return np.asarray(np.where(np.isfinite(z), z, 0.0))


def rows_of(facts: Mapping[str, Any]) -> dict[int, int]:
    """Row of each outlet in the arrays of an artefact."""
    return {outlet: row for row, outlet in enumerate(facts["outlets"])}


def rank(scores: Floats, usual_scores: Sequence[float] | Floats) -> Floats:
    """Share of days kept aside that scored less: 1 − p of a conformal test, so never quite 1.

    p = (1 + number not below) / (n + 1): with n days nothing rarer than one in n + 1 can be claimed.
    Source: Laxhammar & Falkman (2010), conformal anomaly detection.
    """
    ordered = np.sort(np.asarray(usual_scores, np.float64))
    below = np.searchsorted(ordered, scores, side="left")
    return np.asarray(below / (ordered.size + 1.0))
