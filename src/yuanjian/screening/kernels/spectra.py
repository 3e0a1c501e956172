"""Periods in a series."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
SIDE = 1
"""Bins beside a peak into which a Hann window spreads it."""


def spectral_peak(values: Floats, shortest: float, longest: float, unwanted: Floats) -> tuple[float, float]:
    """(share, period) of the strongest period of a regular series without NaN, the period in samples.

    The share is the power of the peak, a bin to each side included, of all power between the two periods;
    the period is refined by a parabola through the logarithms. Periods within 5 % of an ``unwanted`` one do
    not count. (0, NaN) without power there. Hann window; Harris (1978), Proc. IEEE 66(1).
    """
    n = values.size
    steady = values - values.mean()
    power = np.abs(np.fft.rfft(steady * np.hanning(n))) ** 2
    with_period = n / np.maximum(np.arange(power.size), 1e-9)
    band = (with_period >= shortest) & (with_period <= longest)
    total = float(power[band].sum())
    if total <= 1e-9 * n * float((steady**2).sum()) or total <= 0.0:
        return 0.0, math.nan
    odd = (np.abs(with_period[:, None] / unwanted - 1.0) < 0.05).any(axis=1)
    candidates = np.where(band & ~odd, power, 0.0)
    candidates[[0, -1]] = 0.0
    peak = int(np.argmax(candidates))
    around = power[peak - SIDE : peak + SIDE + 1]
    low, top, high = np.log(np.maximum(around, 1e-300))
    bend = low - 2.0 * top + high
    shift = 0.5 * (low - high) / bend if bend < 0 else 0.0
    return min(float(around.sum()) / total, 1.0), n / (peak + float(np.clip(shift, -0.5, 0.5)))
