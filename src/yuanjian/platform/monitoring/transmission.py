"""Effective transmission rate: how much of what was due has arrived and can be used, and why not the rest.

传输有效率 = 传输率 × 有效率, separately for hour and day data (标记规则, MEE announcement 2022 no. 21, and
the "有效传输率统计算法说明" as quoted by an open platform [B]):

- 传输率 = received ÷ due. Due is every period (hour or day) of every factor the point owes that has ended,
  without those in which the source stood: a mark "stopped", or the device's own mark F [B].
- 有效率 = valid ÷ due. The source says "valid received ÷ valid due"; that valid due means the same due is
  ours [D]: others divide by received, which gives a higher product for the same losses. Calibration,
  maintenance and checks are not taken out of due, as a water point may lose an hour a day to its check and
  still have 95.83 % [B].
- Valid: a number with a usable device mark, in no period marked invalid (`yuanjian.series.validity`).

Late data count as received.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any, Literal

import numpy as np

from yuanjian.clock import to_beijing, utcnow
from yuanjian.platform.accounts.models import User
from yuanjian.platform.common.errors import Invalid
from yuanjian.platform.common.scope import significant_prefix
from yuanjian.platform.monitoring.selectors import marks_in_force
from yuanjian.platform.monitoring.store import store
from yuanjian.platform.registry import routes
from yuanjian.platform.registry.geography import divisions
from yuanjian.platform.registry.models import MonitoringPoint
from yuanjian.series import Cube, SeriesKey
from yuanjian.series.flags import FlagCode
from yuanjian.series.marks import MarkKind, Marks, rasterise
from yuanjian.series.rules.transmission import effective
from yuanjian.series.validity import valid_mask

By = Literal["point", "enterprise", "region"]
Every = Literal["hour", "day", "quarter", "all"]
Data = Literal["hour", "day"]

DEFINITION = "传输有效率 = 传输率 × 有效率；传输率 = 实收 ÷ 应收，有效率 = 有效 ÷ 应收，停运时段不计入应收。"
DEFINITION_EN = (
    "effective = transmission × validity; received ÷ due, valid ÷ due; stopped periods are not due"
)
MOST_CELLS = 20_000_000  # factors × periods; a quarter of hours of 1,000 points with 9 factors
CHUNK = 100  # points read at a time

CAUSES = {
    "silent": ("整站无数据", "nothing of the point arrived"),
    "factor": ("缺少该因子", "only this factor is missing"),
    "comm_loss": ("通讯中断（已标记）", "link lost (marked)"),
    "power_loss": ("断电（已标记）", "power lost (marked)"),
    "flag_d": ("设备故障（D）", "device fault (D)"),
    "flag_m": ("维护（M）", "maintenance (M)"),
    "flag_c": ("校准（C）", "calibration (C)"),
    "flag_t": ("超量程（T）", "over range (T)"),
    "flag_b": ("通讯异常（B）", "communication (B)"),
    "flag_other": ("其他无效标识", "another invalid mark"),
    "marked": ("被标记为无效", "in a period marked invalid"),
    "no_number": ("没有数值", "no number"),
}
"""Why a due value cannot be used; each lost value has exactly one cause, the first that fits."""

_FLAGS = {
    "flag_d": FlagCode.D,
    "flag_m": FlagCode.M,
    "flag_c": FlagCode.C,
    "flag_t": FlagCode.T,
    "flag_b": FlagCode.B,
}


@dataclass(slots=True)
class Tally:
    """Counts of one group in one period."""

    due: int = 0
    received: int = 0
    valid: int = 0
    causes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, cells: dict[str, np.ndarray[Any, Any]], columns: slice) -> None:
        """Count a stretch of periods of one point."""
        self.due += int(cells["due"][:, columns].sum())
        self.received += int(cells["received"][:, columns].sum())
        self.valid += int(cells["valid"][:, columns].sum())
        for cause in CAUSES:
            if lost := int(cells[cause][:, columns].sum()):
                self.causes[cause] += lost

    def row(self) -> dict[str, Any]:
        """The rates; none where nothing was due."""
        sent = self.received / self.due if self.due else None
        good = self.valid / self.due if self.due else None
        causes = [
            {"cause": cause, "text": CAUSES[cause][0], "text_en": CAUSES[cause][1], "lost": lost}
            for cause, lost in sorted(self.causes.items(), key=lambda item: -item[1])
        ]
        rates = {"transmission": sent, "validity": good}
        rate = float(effective(self.due, self.received, self.due, self.valid)) if self.due else None
        counts = {"due": self.due, "received": self.received, "valid": self.valid}
        return {**counts, **rates, "effective": rate, "causes": causes}


def judge(cube: Cube, marks: Marks, ended: datetime) -> dict[str, np.ndarray[Any, Any]]:
    """Masks [S, T] of one point: due, received, valid, and one for every cause of loss."""
    number, flags = np.isfinite(cube.values), cube.flags
    there = flags != FlagCode.MISSING
    past = cube.times() + np.timedelta64(cube.step) <= np.datetime64(ended.replace(tzinfo=None), "us")
    stood = (flags == FlagCode.F) | ((marks & np.uint16(MarkKind.STOPPED)) != 0)
    due = past[None, :] & ~stood
    valid = valid_mask(cube, marks) & due
    cells = {"due": due, "received": there & due, "valid": valid}
    rest = due & ~valid
    missing = rest & ~there
    tests = {
        "comm_loss": missing & ((marks & np.uint16(MarkKind.COMM_LOSS)) != 0),
        "power_loss": missing & ((marks & np.uint16(MarkKind.POWER_LOSS)) != 0),
        "silent": missing & ~there.any(axis=0)[None, :],
        "factor": missing,
        **{cause: flags == code for cause, code in _FLAGS.items()},
        "no_number": ~number & np.isin(flags, (FlagCode.N, FlagCode.S)),
        "marked": valid_mask(cube) & ~valid_mask(cube, marks),
        "flag_other": np.ones_like(there),
    }
    for cause, mask in tests.items():
        cells[cause] = rest & mask
        rest = rest & ~mask
    return cells


def rates(
    user: User,
    *,
    data: Data,
    by: By,
    every: Every,
    start: datetime,
    end: datetime,
    region: str = "",
    enterprise: int | None = None,
    trend: Every = "day",
) -> dict[str, Any]:
    """Rows by group and period, worst first, the whole by period, and the total.

    Raises `Invalid` for a span too wide.
    """
    points = _points(user, region, enterprise)
    keys = _keys(points)
    step = timedelta(hours=1) if data == "hour" else timedelta(days=1)
    if start >= end or sum(map(len, keys.values())) * ((end - start) // step + 1) > MOST_CELLS:
        raise Invalid("transmission.span", "时间范围无效或过大", "the span is empty or too wide")
    tallies: defaultdict[tuple[Any, ...], Tally] = defaultdict(Tally)
    course: defaultdict[str, Tally] = defaultdict(Tally)
    total = Tally()
    ended = utcnow()
    for point, cube, marks in _cubes(points, keys, data, start, end):
        cells = judge(cube, marks, ended)
        total.add(cells, slice(None))
        for period, columns in periods(cube, every):
            tallies[(*_group(point, by), period)].add(cells, columns)
        for period, columns in periods(cube, trend):
            course[period].add(cells, columns)
    rows = [
        {"id": ident, "name": name, "period": period, **tally.row()}
        for (ident, name, period), tally in tallies.items()
    ]
    rows.sort(key=lambda row: (row["effective"] is None, row["effective"] or 0.0, row["period"], row["id"]))
    words = {"definition": DEFINITION, "definition_en": DEFINITION_EN}
    whole = {"overall": total.row(), "trend": [{"period": at, **course[at].row()} for at in sorted(course)]}
    return {"items": rows, "total": len(rows), **whole, "data": data, **words}


def csv_text(found: dict[str, Any]) -> str:
    """The rows of `rates` as CSV, one column for each cause of loss."""
    out = StringIO()
    writer = csv.writer(out)
    heads = ("对象", "时段", "应收", "实收", "有效", "传输率", "有效率", "传输有效率")
    writer.writerow([*heads, *(zh for zh, _ in CAUSES.values())])
    for row in found["items"]:
        lost = {loss["cause"]: loss["lost"] for loss in row["causes"]}
        rates = (row[name] for name in ("transmission", "validity", "effective"))
        shares = ["" if rate is None else f"{rate:.4f}" for rate in rates]
        counts = [row["due"], row["received"], row["valid"]]
        name = _plain(row["name"])
        writer.writerow([name, row["period"], *counts, *shares, *(lost.get(cause, 0) for cause in CAUSES)])
    return out.getvalue()


def _plain(name: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name


def periods(cube: Cube, every: Every) -> Iterator[tuple[str, slice]]:
    """The stretches of a cube that belong to one Beijing hour, day or quarter, under their names."""
    names = [_name(to_beijing(cube.time(at)), every) for at in range(cube.shape[1])]
    first = 0
    for at in range(1, len(names) + 1):
        if at == len(names) or names[at] != names[first]:
            yield names[first], slice(first, at)
            first = at


def _name(wall: datetime, every: Every) -> str:
    if every == "quarter":
        return f"{wall:%Y}-Q{(wall.month + 2) // 3}"
    return {"hour": f"{wall:%Y-%m-%dT%H:00}", "day": f"{wall:%Y-%m-%d}", "all": ""}[every]


def _points(user: User, region: str, enterprise: int | None) -> list[MonitoringPoint]:
    found = MonitoringPoint.objects.visible_to(user).filter(kind__in=("gas", "water"))
    found = found.exclude(outlet__enterprise__status="closed")
    if region:
        found = found.filter(region_code__startswith=significant_prefix(region))
    if enterprise is not None:
        found = found.filter(outlet__enterprise_id=enterprise)
    return list(found.select_related("outlet__enterprise").prefetch_related("outlet__limits").order_by("id"))


def _keys(points: Sequence[MonitoringPoint]) -> dict[int, list[SeriesKey]]:
    """What each point owes: what its register says, else every factor with a limit or ever received."""
    seen = routes.seen_factors([point.pk for point in points])
    found = {}
    for point in points:
        limited = {limit.factor for limit in point.outlet.limits.all()}
        codes = point.factors or sorted(limited | {*seen.get(point.pk, ())})
        found[point.pk] = [SeriesKey(point.pk, code) for code in codes]
    return found


def _cubes(
    points: Sequence[MonitoringPoint],
    keys: dict[int, list[SeriesKey]],
    data: Data,
    start: datetime,
    end: datetime,
) -> Iterator[tuple[MonitoringPoint, Cube, Marks]]:
    for at in range(0, len(points), CHUNK):
        some = points[at : at + CHUNK]
        marks = marks_in_force([point.pk for point in some], start, end)
        wanted = [key for point in some for key in keys[point.pk]]
        if not wanted:
            continue
        cube = store().cube(wanted, cadence=data, start=start, end=end)
        bits, first = rasterise(marks, cube), 0
        for point in some:
            rows = slice(first, first + len(keys[point.pk]))
            first = rows.stop
            if keys[point.pk]:
                yield point, _part(cube, rows), bits[rows]


def _part(cube: Cube, rows: slice) -> Cube:
    """The rows of one point."""
    arrays = {name: getattr(cube, name)[rows] for name in ("values", "reference", "flags", "decimals")}
    return replace(cube, keys=cube.keys[rows], **arrays)


def _group(point: MonitoringPoint, by: By) -> tuple[str, str]:
    outlet = point.outlet
    if by == "point":
        return str(point.pk), f"{outlet.enterprise} {outlet.code} {point.name}"
    if by == "enterprise":
        return str(outlet.enterprise_id), outlet.enterprise.name
    known = divisions().get(outlet.region_code)
    return outlet.region_code, known.name if known else outlet.region_code
