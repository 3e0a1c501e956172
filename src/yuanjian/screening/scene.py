"""What a run sees: every cube it needs, loaded once, and what follows from them for all models.

The grids start at a Beijing midnight, so that a row reshapes into days.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from yuanjian.clock import to_beijing
from yuanjian.screening import access, doors, operation, records
from yuanjian.screening.kernels import flags_seen
from yuanjian.screening.learnt.artefact import UNTRAINED, Trained
from yuanjian.screening.peers import Peers
from yuanjian.screening.ports import OutletContext, PowerMeter, Readings, Registry
from yuanjian.screening.shared import Shared, lazy
from yuanjian.series import Cube, MarkPeriod, SeriesKey
from yuanjian.series.cube import Grid

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MARGIN = 8 * DAY
"""Look-back beyond a model's memory, so that a finding of some days is seen from its beginning; no longer
than the window itself, since of a few hours only few findings began long before."""
AT_ONCE = 50
"""Points whose rows are in memory at a time."""
Floats = npt.NDArray[np.float64]


def midnight(instant: datetime) -> datetime:
    """The start of the Beijing day an instant lies in."""
    local = to_beijing(instant)
    return instant - (local - local.replace(hour=0, minute=0, second=0, microsecond=0))


@dataclass(frozen=True, eq=False)
class Scene:
    """The outlets and readings of one run over ``[start, end)``; ``now`` tells which periods are complete."""

    outlets: tuple[OutletContext, ...]
    readings: Readings
    registry: Registry
    start: datetime
    end: datetime
    now: datetime
    focus: datetime
    """From here on findings are reported; what lies before is look-back."""
    trained: Trained = UNTRAINED
    peers: Peers | None = None
    """All outlets, for models that compare them."""
    loaded: Cube | None = None
    """Hour values of these outlets and of others, if somebody has loaded them already."""

    @lazy
    def grid(self) -> Grid:
        """The complete hours."""
        last = min(self.end, self.now)
        whole = self.start + (last - self.start) // HOUR * HOUR
        return Grid.covering(self.start, max(whole, self.start + HOUR), HOUR)

    @lazy
    def shared(self) -> Shared:
        """What models compute of the same subjects."""
        return Shared()

    @lazy
    def subjects(self) -> dict[Hashable, Any]:
        """Lists of subjects by model and by content, so that equal lists are one object."""
        return {}

    @lazy
    def by_id(self) -> dict[int, OutletContext]:
        """The outlets by their id."""
        return {outlet.outlet: outlet for outlet in self.outlets}

    @lazy
    def hours(self) -> Cube:
        """Hour values of every factor and process parameter of every outlet."""
        keys = [SeriesKey(o.point, factor) for o in self.outlets for factor in o.factors]
        keys += [SeriesKey(signal.point, signal.factor) for o in self.outlets for signal in o.signals]
        if self.loaded is not None:
            return self.loaded.of(list(dict.fromkeys(keys)))
        return self._cube(keys, "hour", HOUR)

    @lazy
    def hour_keys(self) -> frozenset[SeriesKey]:
        """The series of the hour cube."""
        return frozenset(self.hours.keys)

    @lazy
    def flags_seen(self) -> npt.NDArray[np.int64]:
        """The device flags of each series of the hour cube as bits (`kernels.flags_seen`)."""
        return flags_seen(self.hours.values, self.hours.flags)

    @lazy
    def extremes(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Least and greatest value of each series of the hour cube, raw; infinite where it has none."""
        low = np.fmin.reduce(self.hours.values, axis=1, initial=np.inf)
        return low, np.fmax.reduce(self.hours.values, axis=1, initial=-np.inf)

    @lazy
    def marks(self) -> tuple[MarkPeriod, ...]:
        """Marks on the outlets' points and their meters."""
        points = {o.point for o in self.outlets} | {meter.point for meter in self.meters}
        return tuple(self.registry.marks(sorted(points), self.start, self.end))

    @lazy
    def meters(self) -> tuple[PowerMeter, ...]:
        """Every electricity meter once."""
        chains = [o.chain for o in self.outlets if o.chain]
        found = {meter: None for chain in chains for meter in chain.meters}
        return tuple(found)

    @lazy
    def _power(self) -> dict[timedelta, operation.Power]:
        return {}

    def power(self, step: timedelta) -> operation.Power:
        """Active power of all meters and whether they run, on a grid of that step."""
        if step not in self._power:
            keys = [SeriesKey(meter.point, meter.factor) for meter in self.meters]
            self._power[step] = operation.Power.of(self.meters, self._cube(keys, "minute", step))
        return self._power[step]

    @lazy
    def _production(self) -> dict[tuple[int, timedelta], operation.Production]:
        return {}

    def production(self, outlet: OutletContext, step: timedelta) -> operation.Production:
        """Hour by hour: does the production behind the outlet run, and at what load?"""
        key = (outlet.outlet, step)
        if key not in self._production:
            self._production[key] = operation.production(outlet, self.power(step), self.grid)
        return self._production[key]

    @lazy
    def openings(self) -> dict[int, tuple[doors.Opening, ...]]:
        """Openings of the station doors by outlet id, in order of time."""
        points = sorted({point for o in self.outlets for point in o.door_points})
        if not points:
            return {}
        events = self.readings.events(points, ["door"], start=self.start, end=self.end)
        return doors.by_outlet(self.outlets, events)

    @lazy
    def access(self) -> dict[int, tuple[access.Access, ...]]:
        """Records of the station doors and their devices by outlet id, in order of time."""
        guarded = [o for o in self.outlets if o.door_points]
        points = sorted({point for o in guarded for point in (*o.door_points, o.point)})
        if not points:
            return {}
        events = self.readings.events(points, access.KINDS, start=self.start, end=self.end)
        return access.by_outlet(self.outlets, events)

    @lazy
    def sampler_starts(self) -> dict[int, tuple[datetime, ...]]:
        """Instants at which the automatic sampler started, by point."""
        points = sorted({o.point for o in self.outlets if o.sampler_starts})
        if not points:
            return {}
        return doors.sampler_starts(self.readings.events(points, ["state"], start=self.start, end=self.end))

    @lazy
    def _records(self) -> dict[tuple[str, timedelta], pl.DataFrame]:
        return {}

    @lazy
    def _records_by_firm(self) -> dict[tuple[str, timedelta], dict[int, pl.DataFrame]]:
        return {}

    def all_records(self, kind: str, back: timedelta = timedelta(0)) -> pl.DataFrame:
        """Records of a kind about the outlets and their enterprises, in order of start.

        ``back`` reaches further back than the scene: records are few, and some are asked about for a year.
        """
        if (kind, back) not in self._records:
            firms = sorted({o.enterprise for o in self.outlets if kind in o.records})
            told = self.registry.records(kind, firms, self.start - back, self.end) if firms else None
            self._records[kind, back] = records.frame(kind, ()) if told is None else told
        return self._records[kind, back]

    def records(self, kind: str, outlet: OutletContext, back: timedelta = timedelta(0)) -> pl.DataFrame:
        """Those of one outlet: about it, or about all of its enterprise."""
        if (kind, back) not in self._records_by_firm:
            parts = self.all_records(kind, back).partition_by("enterprise", as_dict=True)
            self._records_by_firm[kind, back] = {int(key[0]): part for key, part in parts.items()}
        rows = self._records_by_firm[kind, back].get(outlet.enterprise, records.frame(kind, ()))
        return rows.filter(pl.col("outlet").is_null() | (pl.col("outlet") == outlet.outlet))

    @lazy
    def _sent(self) -> dict[tuple[str, frozenset[int] | None], bool]:
        return {}

    def sends(self, cadence: str, points: Iterable[int] | None = None) -> bool:
        """May any of the points have sent values of that cadence? None: may anybody?"""
        if points is not None and not self.sends(cadence):
            return False  # one question for all: many ask about a few points each
        asked = cadence, None if points is None else frozenset(points)
        if asked not in self._sent:
            some = None if asked[1] is None else sorted(asked[1])
            self._sent[asked] = self.readings.holds(some, cadence=cadence, start=self.start, end=self.end)
        return self._sent[asked]

    def fine(self, keys: Sequence[SeriesKey], step: timedelta, start: datetime, end: datetime) -> Cube:
        """Minute values of some series over some time; all missing where none were sent."""
        unique = list(dict.fromkeys(keys))
        if not self.sends("minute", (key.point for key in unique)):
            return Cube.empty(unique, "minute", Grid.covering(start, end, step))
        return self.readings.cube(unique, cadence="minute", start=start, end=end, step=step)

    def daily(self, keys: Sequence[SeriesKey]) -> Cube:
        """Day values as sent, of the days of the grid."""
        return self._cube(keys, "day", DAY)

    def rows(
        self, outlets: Sequence[OutletContext], cadence: str, start: datetime, **more: Any
    ) -> Iterator[pl.DataFrame]:
        """Rows of some outlets as they came, from ``start`` on; a few outlets at a time."""
        points = sorted({outlet.point for outlet in outlets})
        for at in range(0, len(points), AT_ONCE):
            yield self.readings.readings(
                points[at : at + AT_ONCE], cadence=cadence, start=start, end=self.grid.end, **more
            )

    def hour_rows(self, keys: Sequence[SeriesKey]) -> npt.NDArray[np.int64]:
        """Rows of the hour cube."""
        return np.array([self.hours.row(key) for key in keys], np.int64)

    def _cube(self, keys: Sequence[SeriesKey], cadence: str, step: timedelta) -> Cube:
        unique = list(dict.fromkeys(keys))
        if not unique:
            return Cube.empty([], cadence, Grid.covering(self.grid.start, self.grid.end, step))
        return self.readings.cube(
            unique, cadence=cadence, start=self.grid.start, end=self.grid.end, step=step
        )

    def of(self, outlets: tuple[OutletContext, ...]) -> Scene:
        """The same scene of other outlets."""
        return replace(self, outlets=outlets)

    def part(self, outlets: tuple[OutletContext, ...]) -> Scene:
        """The same scene of some of its outlets, whose hours are loaded together."""
        return self if outlets == self.outlets else replace(self, outlets=outlets, loaded=self.hours)

    def deeper(self, outlets: Sequence[OutletContext], start: datetime) -> Scene:
        """The same scene further back for some outlets."""
        first = midnight(start)
        return replace(self, outlets=tuple(outlets), start=first, focus=first, loaded=None)


Progress = Callable[[str, int, int], None]
"""Called with (what, done, of) after each model."""
