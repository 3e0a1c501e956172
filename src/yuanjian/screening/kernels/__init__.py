"""Kernels: pure functions over arrays ``[series, time]``, compiled by Numba.

A kernel never sees a database, never guesses units and never decides a level. Masks are applied before
(``valid``), thresholds after. Every kernel has a finite memory, so that a run over the last hours with enough
look-back gives what a run over everything gives.
"""

from yuanjian.screening.kernels.baselines import day_quantile, trailing_median
from yuanjian.screening.kernels.flags import as_double, flags_seen, in_steps, usable
from yuanjian.screening.kernels.power import power_state
from yuanjian.screening.kernels.ranks import rank_test
from yuanjian.screening.kernels.runs import constant_run, exceed_run, gaps_up_to, runs_of
from yuanjian.screening.kernels.steps import low_after_drop, lower_than_before
from yuanjian.screening.kernels.windows import trailing_count

__all__ = [
    "as_double",
    "constant_run",
    "day_quantile",
    "exceed_run",
    "flags_seen",
    "gaps_up_to",
    "in_steps",
    "low_after_drop",
    "lower_than_before",
    "power_state",
    "rank_test",
    "runs_of",
    "trailing_count",
    "trailing_median",
    "usable",
]
