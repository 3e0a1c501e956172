"""Counts over trailing windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel


@kernel
def trailing_count(hit: npt.NDArray[np.bool_], window: int) -> npt.NDArray[np.int32]:
    """Number of hits among the last ``window`` samples, the present one included; ``[S, T]``."""
    count = np.empty(hit.shape, np.int32)
    for s in range(hit.shape[0]):
        inside = 0
        for t in range(hit.shape[1]):
            inside += hit[s, t]
            if t >= window:
                inside -= hit[s, t - window]
            count[s, t] = inside
    return count
