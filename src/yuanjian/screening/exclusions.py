"""What takes a period out of a model's sight, and what is said about it in a finding.

Masks are applied before the kernel. Sources: 污染物排放自动监测设备标记规则 (MEE announcement 2022 no. 21),
HJ 75-2017 §12.1 [C], HJ 356-2019 [C].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.flags import OTHERS
from yuanjian.screening.kernels.power import OFF
from yuanjian.series import FlagCode, MarkKind, MarkPeriod, SeriesKey
from yuanjian.series.cube import Cube, Grid
from yuanjian.series.marks import rasterise
from yuanjian.series.validity import VALID_FLAGS

if TYPE_CHECKING:
    from yuanjian.screening.task import Task

Bools = npt.NDArray[np.bool_]
Untested = Literal["unknown", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Rule:
    """An exclusion: periods with one of these marks or one of these device flags."""

    text: str
    text_en: str
    marks: MarkKind = MarkKind(0)
    flags: tuple[FlagCode, ...] = ()


KNOWN_FLAGS = (FlagCode.F, FlagCode.M, FlagCode.D, FlagCode.C, FlagCode.B, FlagCode.P)
RULES: dict[str, Rule] = {
    "marked_stop": Rule("停运标记", "marked as stopped", MarkKind.STOPPED, (FlagCode.F,)),
    "start_stop": Rule("启停炉时段", "start-up or shut-down", MarkKind.STARTING | MarkKind.STOPPING),
    "calibration": Rule("校准", "calibration", MarkKind.CALIBRATION, (FlagCode.C,)),
    "standard_check": Rule(
        "标样核查或反吹", "standard check or blow-back", MarkKind.STANDARD_CHECK | MarkKind.BLOWBACK
    ),
    "maintenance": Rule(
        "维护或更换设备",
        "maintenance or replacement",
        MarkKind.MAINTENANCE | MarkKind.REPLACED,
        (FlagCode.M,),
    ),
    "fault": Rule("设备故障", "equipment fault", MarkKind.FAULT, (FlagCode.D,)),
    "comm_loss": Rule("通讯中断", "communication loss", MarkKind.COMM_LOSS, (FlagCode.B,)),
    "power_loss": Rule("断电", "power failure", MarkKind.POWER_LOSS, (FlagCode.P,)),
    "invalid_hour": Rule("无效小时", "hours without a valid value"),
    "not_producing": Rule("生产设施未运行", "production not running"),
    "zero_flow": Rule("零流量时段", "no flow"),
    "load_change": Rule("生产负荷变化超过 10 %", "production load changed by more than 10 %"),
    "network_outage": Rule("区域网络中断", "network outage of the region"),
    "meter_gap": Rule("电表数据缺失", "meter data missing"),
    "new_meter": Rule("新装电表无基线", "new meter without baseline"),
    "standby_pair": Rule("备用设备切换", "duty and standby machine switched"),
}


COVERT = "data-falsification"
"""Class of models whose suspect is who sets the marks."""
AUTOMATIC = MarkKind.CALIBRATION | MarkKind.STANDARD_CHECK | MarkKind.BLOWBACK
"""Quality control a device runs by itself."""
BRIEF = timedelta(hours=2)
"""Automatic quality control that lasts longer is no longer plausible [D]."""


def stands_alone(mark: MarkPeriod) -> bool:
    """Does a mark count against suspicion before anybody has accepted it? Short automatic ones do.

    Marking falsely is falsification itself (监测条例 art. 25): what the suspect says does not clear him.
    """
    return mark.accepted or bool(mark.bit & AUTOMATIC and mark.end - mark.start <= BRIEF)


def marks_on(marks: Sequence[MarkPeriod], keys: Sequence[SeriesKey], grid: Grid) -> npt.NDArray[np.uint16]:
    """Mark bits per key and period; a key may come more than once."""
    marked = {mark.point for mark in marks}
    unique = list(dict.fromkeys(key for key in keys if key.point in marked))
    result = np.zeros((len(keys), grid.size), np.uint16)
    bits = rasterise(marks, Cube.empty(unique, "hour", grid))
    row = {key: at for at, key in enumerate(unique)}
    for at, key in enumerate(keys):
        if key in row:
            result[at] = bits[row[key]]
    return result


def among(flags: npt.NDArray[np.uint8], codes: Sequence[FlagCode]) -> Bools:
    """Where a flag is one of these codes; a few comparisons of bytes are faster than any look-up."""
    found = np.zeros(flags.shape, np.bool_)
    for code in codes:
        found |= flags == np.uint8(code)
    return found


def nowhere(shape: tuple[int, ...]) -> Bools:
    """An exclusion that applies nowhere, without memory."""
    return np.broadcast_to(np.False_, shape)


def is_nowhere(excluded: Bools) -> bool:
    """Is it one made by `nowhere`?"""
    return not any(excluded.strides)


def mask(code: str, task: Task) -> Bools | Untested:
    """Where the exclusion applies, [S, T]; or that it cannot be tested or does not apply here.

    What is known by the hour holds for all periods of that hour.

    Rules a kernel's method tests itself (load_change, network_outage, …) start as ``unknown``.
    """
    special = _SPECIAL.get(code)
    if special:
        result = special(task)
        if isinstance(result, str) or result.shape == task.shape:
            return result
        return np.repeat(result, task.grid.size // result.shape[1], axis=1)
    rule = RULES[code]
    if not rule.marks:
        return "unknown"
    marked = np.flatnonzero(task.marked & int(rule.marks))
    flagged = np.flatnonzero(task.seen & bits_of(rule.flags))
    if not marked.size and not flagged.size:
        return nowhere(task.shape)  # as nearly always: most of a run would be spent on masks of nothing
    excluded = np.zeros(task.shape, np.bool_)
    excluded[marked] = (task.excusing[marked] & np.uint16(rule.marks)) != 0
    excluded[flagged] |= among(task.flags[flagged], rule.flags)
    return excluded


def bits_of(flags: Sequence[FlagCode]) -> int:
    """A set of flags as bits, those from 15 on as one; see `kernels.flags_seen`."""
    return sum(1 << code for code in {min(int(flag), OTHERS) for flag in flags})


def _invalid_hour(task: Task) -> Bools | Untested:
    """Values that are not numbers or carry a device flag no other rule names; absent ones are gaps."""
    if not task.has_values:
        return "not_applicable"
    told = (*VALID_FLAGS, *KNOWN_FLAGS, FlagCode.MISSING)
    rows = np.flatnonzero(task.seen & ~np.int64(bits_of(told)))
    if not rows.size:
        return nowhere(task.shape)
    excluded = np.zeros(task.shape, np.bool_)
    flags = task.flags[rows]
    excluded[rows] = ~among(flags, told) | ((flags != FlagCode.MISSING) & ~np.isfinite(task.values[rows]))
    return excluded


def _not_producing(task: Task) -> Bools | Untested:
    if not any(item.known for item in task.production):
        return "unknown"
    return np.stack([item.state == OFF for item in task.production])


def _zero_flow(task: Task) -> Bools | Untested:
    if not any(subject.outlet.medium == "water" for subject in task.subjects):
        return "not_applicable"
    flow = task.flow
    return np.asarray((flow <= 0) & np.isfinite(flow)) if np.isfinite(flow).any() else "unknown"


def untested(code: str, task: Task, row: int) -> Untested | None:
    """Why an exclusion says nothing about one subject although it does about others of the task."""
    if code in {"not_producing", "load_change"} and not task.production[row].known:
        return "unknown"
    if code == "zero_flow" and task.subjects[row].outlet.medium != "water":
        return "not_applicable"
    if code == "zero_flow" and not np.isfinite(task.flow[row]).any():
        return "unknown"
    return None


_SPECIAL = {"invalid_hour": _invalid_hour, "not_producing": _not_producing, "zero_flow": _zero_flow}
