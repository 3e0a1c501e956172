"""Effective transmission rate.

有效传输率 = 传输率 × 有效率, 传输率 = received / due, 有效率 = valid / valid due (有效传输率统计算法说明 as
quoted by an open platform [B]). Periods in which the source stands are not due [B].
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def share(part: npt.ArrayLike, due: npt.ArrayLike) -> Floats:
    """``part / due``; 1 where nothing was due, as nothing was lost."""
    whole = np.asarray(due, np.float64)
    return np.asarray(np.where(whole > 0, np.asarray(part, np.float64) / np.maximum(whole, 1.0), 1.0))


def effective(
    due: npt.ArrayLike, received: npt.ArrayLike, valid_due: npt.ArrayLike, valid: npt.ArrayLike
) -> Floats:
    """Transmission · validity of counts of periods, 0…1; NaN where nothing was due.

    ``valid_due``: those that had to be valid. Platforms differ in whether hours of calibration count to it
    [D]; the caller decides.
    """
    rate = share(received, due) * share(valid, valid_due)
    return np.asarray(np.where(np.asarray(due) > 0, rate, np.nan))
