"""Near the limit, a sudden drop, and no video of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from yuanjian.screening.in_force import Limits
from yuanjian.screening.methods.records_common import MINUTE, by_subject, gathered, hit, normal, same
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import OXYGEN, Hit, Task
from yuanjian.series import SeriesKey

Floats = npt.NDArray[np.float64]
AROUND = 10 * MINUTE
MONTH = 30 * DAY


@dataclass(frozen=True, slots=True)
class Drop:
    """A fall within ten minutes: when, by what share, from what share of the limit, without video?"""

    time: datetime
    share: float
    near: float
    unseen: bool
    seen: bytes


def unseen_drops(task: Task) -> list[Hit]:
    """Falls by ``drop`` within ten minutes at steady oxygen, after half an hour near the limit, unseen.

    Judged by minute values of hours in which the hour value falls by ``hint``. Unseen: a gap of the video
    covers ten minutes before to ten after. Measures: ``drop``, ``before`` mean of the half hour over the
    limit, ``signs`` how many of fall, nearness (``near``) and missing video, ``events`` falls with all three
    in 30 days.
    """
    limits = task.limits(("hour", "day"))
    told = by_subject(gathered(task, "video_gap"))
    hits = []
    for s in range(len(task.subjects)):
        gaps = [(row["start"], row["end"]) for row in told.get(s, [])]
        drops = list(_drops(task, limits, s, gaps))
        full = [d.time for d in drops if d.unseen and d.near >= task.params["near"]]
        for drop in drops:
            near = drop.near >= task.params["near"]
            measures = {
                "drop": drop.share,
                "before": drop.near,
                "signs": 1.0 + near + drop.unseen,
                "events": float(sum(drop.time - MONTH < time <= drop.time for time in full)),
            }
            video = ("期间视频缺失", "video missing meanwhile") if drop.unseen else ("有视频", "video there")
            span = drop.time - AROUND, drop.time + AROUND
            words = {"video": video, "limit": same(f"{limits.high[s, task.index(drop.time)]:g}")}
            hits.append(hit(task, s, span, measures, drop, **words))
    return hits


def _drops(task: Task, limits: Limits, s: int, gaps: list[tuple[datetime, datetime]]) -> Iterator[Drop]:
    """The first fall of each hour whose value, or the next, is far below the one before."""
    ratio = np.where(task.valid[s] & (limits.ratio[s] > 0), limits.ratio[s], np.nan)
    fell = np.fmin(ratio[1:-1], ratio[2:]) <= (1 - task.params["hint"]) * ratio[:-2]
    # Half an hour near the limit shows in the hour; minutes are loaded only where two signs are possible.
    near = np.fmax(ratio[1:-1], ratio[:-2]) >= 0.5 * task.params["near"]
    for first, last in gaps:
        near[max(task.index(first) - 1, 0) : max(task.index(last), 0)] = True
    for hour in np.flatnonzero(fell & near) + 1:
        found = _fall(task, s, int(hour)) if hour >= task.index(task.since) else None
        if found is not None:
            time, share, usual, seen = found
            unseen = any(gap[0] <= time - AROUND and time + AROUND <= gap[1] for gap in gaps)
            # Minutes are as measured: what the hour before was converted by converts them too.
            near = usual * limits.ratio[s, hour - 1] / task.values[s, hour - 1]
            yield Drop(time, share, float(near), unseen, seen)


def _fall(task: Task, s: int, hour: int) -> tuple[datetime, float, float, bytes] | None:
    """The first minute of the hour that lies ``drop`` below the half hour that ended ten minutes before.

    Its time, the greatest fall of the ten minutes from it on, the mean of the half hour, the values.
    """
    start = task.time(hour) - 4 * AROUND
    keys = [task.subjects[s].key, SeriesKey(task.subjects[s].point, OXYGEN)]
    (values, oxygen), _ = normal(task, keys, "minute", start, task.time(hour) + HOUR + AROUND, MINUTE)
    for at in np.flatnonzero(np.isfinite(values[40:100])) + 40:
        usual = _mean(values[at - 40 : at - 10])
        moved = abs(_mean(oxygen[at : at + 10]) - _mean(oxygen[at - 40 : at - 10]))
        fell = usual > 0 and values[at] <= (1 - task.params["drop"]) * usual
        if fell and not moved > task.params["oxygen"]:
            lowest = float(np.nanmin(values[at : at + 10]))
            return start + int(at) * MINUTE, 1 - lowest / usual, usual, values.tobytes()
    return None


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
