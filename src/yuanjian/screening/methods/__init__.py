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
from yuanjian.screening.methods.compare import compare_run
from yuanjian.screening.methods.constant import constant_hours
from yuanjian.screening.methods.dq_delivery import capture, clock, rewritten, transmission
from yuanjian.screening.methods.dq_levels import incinerator_days, metal_multiples, ph_range
from yuanjian.screening.methods.dq_marks import (
    dust_in_exempt_hours,
    exempt_ledger,
    frequent_upkeep,
    mark_contradicted,
    weekly_upkeep,
)
from yuanjian.screening.methods.dq_partial import residual_control
from yuanjian.screening.methods.dq_recompute import aggregation, flow_recompute, nox_as_no, oxygen_conversion
from yuanjian.screening.methods.dq_trend import level_shift, monthly_features, peer_outlier
from yuanjian.screening.methods.drop import sudden_drop
from yuanjian.screening.methods.exceedance import exceed_days, exceed_hours, rolling_days
from yuanjian.screening.methods.fusion import door_fusion, sampler_visit
from yuanjian.screening.methods.gaps import meter_gaps, missing_hours, silent_outlets
from yuanjian.screening.methods.learnt_balance import three_way
from yuanjian.screening.methods.learnt_isolation import isolated_days
from yuanjian.screening.methods.learnt_residual import low_residual
from yuanjian.screening.methods.learnt_windows import odd_windows
from yuanjian.screening.methods.mismatch import treatment_off
from yuanjian.screening.methods.near_limit import near_limit_share
from yuanjian.screening.methods.power_load import low_load, night_load, stop_load
from yuanjian.screening.methods.power_meters import broken_series, flat_load, odd_current, switching
from yuanjian.screening.methods.power_steps import out_of_step
from yuanjian.screening.methods.proc_conditions import condition_days, condition_run
from yuanjian.screening.methods.proc_energy import monthly_units, over_capacity, unit_energy
from yuanjian.screening.methods.proc_period import periodic
from yuanjian.screening.methods.records_joint import joint_use
from yuanjian.screening.methods.records_orders import over_order, running_despite_order
from yuanjian.screening.methods.records_pairs import exported_values, manual_pairs
from yuanjian.screening.methods.records_parameters import settings_differ, settings_moved
from yuanjian.screening.methods.records_plant import carbon_spent, sludge_balance, unlisted_machines
from yuanjian.screening.methods.records_qc import (
    failed_checks,
    manual_gap,
    open_faults,
    overdue_checks,
    too_perfect_checks,
)
from yuanjian.screening.methods.records_video import unseen_drops
from yuanjian.screening.methods.records_visits import shared_cards, visit_contrast
from yuanjian.screening.methods.rules_amounts import permit_pace, special_days
from yuanjian.screening.methods.rules_declared import substitution_check, tax_check
from yuanjian.screening.methods.rules_furnace import cold_furnace
from yuanjian.screening.methods.rules_hours import price_hours, removal_rate
from yuanjian.screening.methods.sampler import sampler_flow
from yuanjian.screening.methods.signal_station import outside_range, sample_line
from yuanjian.screening.methods.tv_drift import low_among_peers, monthly_means, shewhart
from yuanjian.screening.methods.tv_gaps import (
    drop_after_gap,
    night_gaps,
    selective_gaps,
    single_factor_gaps,
)
from yuanjian.screening.methods.tv_joint import simultaneous_drop
from yuanjian.screening.methods.tv_levels import (
    impossible_values,
    jump_after_visit,
    plateau,
    sudden_rise,
)
from yuanjian.screening.methods.tv_oxygen import diluted, odd_temperature
from yuanjian.screening.methods.tv_repeats import copied_days, copied_pieces, odd_digits, twin_outlets
from yuanjian.screening.methods.tv_shape import truncated, unlikely_pairs
from yuanjian.screening.methods.tv_steady import fixed_ratio, frozen_auxiliaries, low_variation
from yuanjian.screening.methods.tv_water import hierarchy, stuck_water
from yuanjian.screening.methods.visits import door_change
from yuanjian.screening.methods.zero import zero_while_running
from yuanjian.screening.peers import Gathered
from yuanjian.screening.task import Hit, Task

Method = Callable[[Task], list[Hit]]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "aggregation": aggregation,
        "broken_series": broken_series,
        "capture": capture,
        "carbon_spent": carbon_spent,
        "clock": clock,
        "cold_furnace": cold_furnace,
        "compare_run": compare_run,
        "condition_days": condition_days,
        "condition_run": condition_run,
        "constant_run": constant_hours,
        "copied_days": copied_days,
        "copied_pieces": copied_pieces,
        "diluted": diluted,
        "door_alarms": door_alarms,
        "door_change": door_change,
        "door_fusion": door_fusion,
        "drop_after_gap": drop_after_gap,
        "dust_in_exempt_hours": dust_in_exempt_hours,
        "entries_without_record": entries_without_record,
        "exceed_days": exceed_days,
        "exceed_run": exceed_hours,
        "exempt_ledger": exempt_ledger,
        "exported_values": exported_values,
        "failed_checks": failed_checks,
        "fixed_ratio": fixed_ratio,
        "flat_load": flat_load,
        "flow_recompute": flow_recompute,
        "frequent_upkeep": frequent_upkeep,
        "frozen_auxiliaries": frozen_auxiliaries,
        "gap_run": missing_hours,
        "hierarchy": hierarchy,
        "impossible_values": impossible_values,
        "incinerator_days": incinerator_days,
        "jump_after_visit": jump_after_visit,
        "three_way": three_way,
        "isolated_days": isolated_days,
        "joint_use": joint_use,
        "level_shift": level_shift,
        "long_stays": long_stays,
        "low_among_peers": low_among_peers,
        "low_load": low_load,
        "low_variation": low_variation,
        "manual_gap": manual_gap,
        "manual_pairs": manual_pairs,
        "mark_contradicted": mark_contradicted,
        "low_residual": low_residual,
        "metal_multiples": metal_multiples,
        "meter_gap": meter_gaps,
        "near_limit_share": near_limit_share,
        "night_gaps": night_gaps,
        "night_load": night_load,
        "nox_as_no": nox_as_no,
        "odd_current": odd_current,
        "odd_digits": odd_digits,
        "odd_windows": odd_windows,
        "odd_temperature": odd_temperature,
        "on_off_mismatch": treatment_off,
        "open_faults": open_faults,
        "out_of_step": out_of_step,
        "outside_range": outside_range,
        "over_capacity": over_capacity,
        "over_order": over_order,
        "overdue_checks": overdue_checks,
        "oxygen_conversion": oxygen_conversion,
        "peer_outlier": peer_outlier,
        "periodic": periodic,
        "permit_pace": permit_pace,
        "ph_range": ph_range,
        "plateau": plateau,
        "price_hours": price_hours,
        "removal_rate": removal_rate,
        "residual_control": residual_control,
        "rewritten": rewritten,
        "rolling_days": rolling_days,
        "running_despite_order": running_despite_order,
        "sample_line": sample_line,
        "sampler_visit": sampler_visit,
        "selective_gaps": selective_gaps,
        "settings_differ": settings_differ,
        "settings_moved": settings_moved,
        "shared_cards": shared_cards,
        "shewhart": shewhart,
        "simultaneous_drop": simultaneous_drop,
        "single_factor": single_factor,
        "single_factor_gaps": single_factor_gaps,
        "sludge_balance": sludge_balance,
        "special_days": special_days,
        "step_change": sudden_drop,
        "stop_load": stop_load,
        "stuck_water": stuck_water,
        "substitution_check": substitution_check,
        "sudden_rise": sudden_rise,
        "switching": switching,
        "tax_check": tax_check,
        "too_perfect_checks": too_perfect_checks,
        "transmission": transmission,
        "truncated": truncated,
        "twin_outlets": twin_outlets,
        "unit_energy": unit_energy,
        "unlikely_pairs": unlikely_pairs,
        "unlisted_machines": unlisted_machines,
        "unseen_drops": unseen_drops,
        "visit_contrast": visit_contrast,
        "window_compare": sampler_flow,
        "zero_run": zero_while_running,
    }
)

GATHER: Mapping[str, Callable[[Task], Gathered]] = MappingProxyType(
    {
        "frequent_upkeep": weekly_upkeep,
        "gap_run": silent_outlets,
        "low_among_peers": monthly_means,
        "peer_outlier": monthly_features,
        "unit_energy": monthly_units,
    }
)
"""What methods that compare outlets make of each first (`screening.peers`)."""
