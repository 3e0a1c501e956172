"""Does a machine run? Judged from its active power."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.series.jit import kernel

ON, OFF, UNKNOWN = 1, 0, -1


@kernel
def power_state(
    power: npt.NDArray[np.float64],
    valid: npt.NDArray[np.bool_],
    bound: npt.NDArray[np.float64],
    debounce: int,
) -> npt.NDArray[np.int8]:
    """1 running, 0 not running, -1 unknown, ``[S, T]``; running means power above ``bound`` (``[S, T]``, kW).

    The state changes only after ``debounce`` samples agree, and then counts from the first of them. A missing
    sample, or one without a bound, makes the state unknown until ``debounce`` samples agree again.
    """
    state = np.full(power.shape, UNKNOWN, np.int8)
    for s in range(power.shape[0]):
        stable = UNKNOWN
        raw = UNKNOWN
        agree = 0
        for t in range(power.shape[1]):
            if not valid[s, t] or np.isnan(bound[s, t]):
                stable = raw = UNKNOWN
                agree = 0
                continue
            now = ON if power[s, t] > bound[s, t] else OFF
            agree = agree + 1 if now == raw else 1
            raw = now
            if agree >= debounce and stable != now:
                stable = now
                state[s, t - debounce + 1 : t] = now
            state[s, t] = stable
    return state
