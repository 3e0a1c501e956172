"""Methods: what stands between the arrays and a model's kernel.

A method prepares the arrays (values, masks, limits, states), calls the kernel and measures its episodes. It
decides no level: thresholds come after. A model names its method as ``kernel``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from yuanjian.screening.methods.access_entries import (
    door_alarms,
    entries_without_record,
    long_stays,
    single_factor,
)
from yuanjian.screening.methods.constant import constant_hours
from yuanjian.screening.methods.drop import sudden_drop
from yuanjian.screening.methods.exceedance import exceed_days, exceed_hours, rolling_days
from yuanjian.screening.methods.fusion import door_fusion, sampler_visit
from yuanjian.screening.methods.gaps import meter_gaps, missing_hours
from yuanjian.screening.methods.mismatch import treatment_off
from yuanjian.screening.methods.near_limit import near_limit_share
from yuanjian.screening.methods.power_load import low_load, night_load, stop_load
from yuanjian.screening.methods.power_meters import broken_series, flat_load, odd_current, switching
from yuanjian.screening.methods.power_steps import out_of_step
from yuanjian.screening.methods.sampler import sampler_flow
from yuanjian.screening.methods.visits import door_change
from yuanjian.screening.methods.zero import zero_while_running
from yuanjian.screening.task import Hit, Task

Method = Callable[[Task], list[Hit]]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "broken_series": broken_series,
        "constant_run": constant_hours,
        "door_alarms": door_alarms,
        "door_change": door_change,
        "door_fusion": door_fusion,
        "entries_without_record": entries_without_record,
        "exceed_days": exceed_days,
        "exceed_run": exceed_hours,
        "flat_load": flat_load,
        "gap_run": missing_hours,
        "long_stays": long_stays,
        "low_load": low_load,
        "meter_gap": meter_gaps,
        "near_limit_share": near_limit_share,
        "night_load": night_load,
        "odd_current": odd_current,
        "on_off_mismatch": treatment_off,
        "out_of_step": out_of_step,
        "rolling_days": rolling_days,
        "sampler_visit": sampler_visit,
        "single_factor": single_factor,
        "step_change": sudden_drop,
        "stop_load": stop_load,
        "switching": switching,
        "window_compare": sampler_flow,
        "zero_run": zero_while_running,
    }
)
