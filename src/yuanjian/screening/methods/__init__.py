"""Methods: what stands between the arrays and a model's kernel.

A method prepares the arrays (values, masks, limits, states), calls the kernel and measures its episodes. It
decides no level: thresholds come after. A model names its method as ``kernel``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from yuanjian.screening.methods.constant import constant_hours
from yuanjian.screening.methods.drop import sudden_drop
from yuanjian.screening.methods.exceedance import exceed_days, exceed_hours, rolling_days
from yuanjian.screening.methods.gaps import meter_gaps, missing_hours
from yuanjian.screening.methods.mismatch import treatment_off
from yuanjian.screening.methods.near_limit import near_limit_share
from yuanjian.screening.methods.sampler import sampler_flow
from yuanjian.screening.methods.visits import door_change
from yuanjian.screening.methods.zero import zero_while_running
from yuanjian.screening.task import Hit, Task

Method = Callable[[Task], list[Hit]]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "constant_run": constant_hours,
        "door_change": door_change,
        "exceed_days": exceed_days,
        "exceed_run": exceed_hours,
        "gap_run": missing_hours,
        "meter_gap": meter_gaps,
        "near_limit_share": near_limit_share,
        "on_off_mismatch": treatment_off,
        "rolling_days": rolling_days,
        "step_change": sudden_drop,
        "window_compare": sampler_flow,
        "zero_run": zero_while_running,
    }
)
