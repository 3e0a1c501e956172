"""What an outlet emitted: measured and substituted amounts by day, month or year.

The rules are those of `yuanjian.series.rules`; here they meet the store, the register and the marks in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from yuanjian.clock import from_beijing, to_beijing, utcnow
from yuanjian.platform.common.errors import Invalid
from yuanjian.platform.monitoring.selectors import marks_in_force
from yuanjian.platform.monitoring.store import store
from yuanjian.platform.registry import codes
from yuanjian.platform.registry.models import Outlet
from yuanjian.platform.registry.selectors import outlet_contexts
from yuanjian.screening.ports import OutletContext
from yuanjian.series import SeriesKey
from yuanjian.series.marks import rasterise
from yuanjian.series.rules import tax
from yuanjian.series.rules.amounts import in_milligrams
from yuanjian.series.rules.emissions import REACH, Emissions, of_outlet

Every = Literal["day", "month", "year", "all"]

FLOW: Final = {"gas": "a00000", "water": "w00000"}
LONGEST: Final = timedelta(days=732)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_UNIT: Final = {"day": "D", "month": "M", "year": "Y"}
_BEIJING: Final = np.timedelta64(8, "h")

DEFINITION = (
    "排放量 = 实测浓度 × 标干流量（废水：流量加权日均浓度 × 日水量）；"
    "无效时段按 HJ 75 表 5、表 6 以前 180/720/2160 个有效小时最大值替代"
    "（废水：HJ/T 356-2007，缺失前同样天数有效日的平均值），"
    "停运时段为零，捕集率低于 75% 的季度不替代。"
)
DEFINITION_EN = (
    "amount = measured concentration × dry standard flow (water: flow-weighted daily mean × volume); "
    "invalid periods take the greatest of the 180, 720 or 2160 valid hours before "
    "(water: the mean of as many valid days before), "
    "stopped ones are zero; nothing is substituted in quarters with less than 75 % captured."
)


def amounts(outlet: Outlet, start: datetime, end: datetime, every: Every) -> dict[str, Any]:
    """Amounts of whole Beijing days that touch ``[start, end)`` and are over, by factor and period.

    Raises `Invalid` for an empty or too long window. Without a flow meter there are none.
    """
    first = _midnight(start)
    last = min(_midnight(end + DAY - timedelta(microseconds=1)), _midnight(utcnow()))
    if not first < last <= first + LONGEST:
        days = LONGEST.days
        raise Invalid(
            "emissions.span",
            f"时间范围应为 1 至 {days} 个完整的日子",
            f"The window may have 1 to {days} whole days",
        )
    context = next(iter(outlet_contexts(Outlet.objects.filter(pk=outlet.pk))), None)
    emitted = _emitted(context, first, last) if context else ()
    items = [_item(code, found.between(first, last), every) for code, found in emitted]
    head = {"id": outlet.pk, "code": outlet.code, "name": outlet.name}
    words = {"definition": DEFINITION, "definition_en": DEFINITION_EN}
    cell = "day" if outlet.medium == "water" else "hour"
    return {
        "outlet": head,
        "start": first,
        "end": last,
        "every": every,
        "cell": cell,
        "items": items,
        **words,
    }


def _midnight(instant: datetime) -> datetime:
    wall = to_beijing(instant)
    return from_beijing(datetime(wall.year, wall.month, wall.day))  # noqa: DTZ001 — a Beijing wall time


def _quarter(instant: datetime) -> datetime:
    wall = to_beijing(instant)
    return from_beijing(datetime(wall.year, (wall.month - 1) // 3 * 3 + 1, 1))  # noqa: DTZ001 — a Beijing wall time


def _emitted(context: OutletContext, start: datetime, end: datetime) -> Iterator[tuple[str, Emissions]]:
    """Each factor that is a mass per volume, with its emissions from before the window to its end."""
    scales = {code: scale for code in context.factors if (scale := _scale(code))}
    flow = SeriesKey(context.point, FLOW[context.medium])
    if not scales or flow.factor not in context.factors:
        return
    keys = [SeriesKey(context.point, code) for code in scales]
    begin = _quarter(start) - REACH
    cube = store().cube([*keys, flow], cadence="hour", start=begin, end=end)
    marks = rasterise(marks_in_force([context.point], begin, end), cube)
    for key in keys:
        at, moved = [cube.row(key)], [cube.row(flow)]
        flags = cube.flags[at], cube.flags[moved]
        c = cube.values[at] * scales[key.factor]
        yield key.factor, of_outlet(context.medium, cube.grid, c, cube.values[moved], flags, marks[at])


def _scale(code: str) -> float | None:
    """Milligrams of one unit of a factor; None if it is no mass per volume."""
    known = codes.factor(code)
    try:
        return in_milligrams(known.unit) if known else None
    except ValueError:
        return None


def _item(code: str, found: Emissions, every: Every) -> dict[str, Any]:
    """The totals of one factor and its periods."""
    known = codes.factor(code)
    words = {"name": known.name_zh if known else code, "name_en": known.name_en if known else code}
    names, number = _numbered(found, every)
    (total,) = _rows(code, found, np.zeros_like(number))
    periods = [
        {"period": str(name), **row} for name, row in zip(names, _rows(code, found, number), strict=True)
    ]
    return {"factor": code, **words, **total, "periods": periods}


def _numbered(found: Emissions, every: Every) -> tuple[Sequence[Any], npt.NDArray[np.int64]]:
    """Names of the Beijing periods and the number of each cell's; one without a name for all."""
    if every == "all":
        return [""], np.zeros(found.grid.size, np.int64)
    wall = (found.grid.times() + _BEIJING).astype(f"datetime64[{_UNIT[every]}]")
    names, number = np.unique(wall, return_inverse=True)
    return list(names), number


def _rows(code: str, found: Emissions, number: npt.NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """kg, counts of cells, capture rate at the end and tax equivalents of each period."""
    total = found.totals(number)
    last = np.append(np.flatnonzero(np.diff(number)), number.size - 1)
    for at, end in enumerate(last):
        kg = float(total.kg[0, at])
        yield {
            "kg": kg,
            "measured_kg": float(total.measured_kg[0, at]),
            "substituted_kg": float(total.substituted_kg[0, at]),
            "measured": int(total.measured[0, at]),
            "substituted": int(total.substituted[0, at]),
            "unknown": int(total.unknown[0, at]),
            "capture": float(found.capture[0, end]),
            "equivalents": tax.units(code, kg) if code in tax.equivalents() else None,
        }
