"""Where a pattern acts: one outlet, some hours, a factor, sizes drawn by seed; and what it can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from yuanjian.series import FlagCode
from yuanjian.simulator.patterns import papers as clerks
from yuanjian.simulator.patterns.plants import OXYGEN, SLOTS, Meter, Plant, Series

Doubles = npt.NDArray[np.float64]
DAY = 24


@dataclass
class Stage:
    """A pattern acts on ``plant`` over hours [first, last), on ``factor``; ``size`` what was drawn for it.

    ``others`` are further outlets of the same enterprise.
    """

    plant: Plant
    first: int
    last: int
    factor: str
    size: Mapping[str, float]
    rng: np.random.Generator
    others: list[Plant] = field(default_factory=list)

    @property
    def part(self) -> slice:
        """The hours of the violation."""
        return slice(self.first, self.last)

    @property
    def own(self) -> Series:
        """The series of the factor."""
        return self.plant.series[self.factor]

    @property
    def judged(self) -> Doubles:
        """What is compared with the limit, [T]."""
        own = self.own
        return (own.values if own.reference is None else own.reference).astype(np.float64)

    @property
    def limit(self) -> float:
        """The limit of the factor."""
        return self.plant.limits[self.factor]

    def days(self) -> range:
        """First hours of the whole days within the violation."""
        return range(-(-self.first // DAY) * DAY, self.last - DAY + 1, DAY)

    def nights(self) -> Iterator[slice]:
        """22:00 to 06:00 of each night within the violation."""
        for midnight in range(-(-self.first // DAY) * DAY, self.last + 1, DAY):
            if midnight - 2 >= self.first and midnight + 6 <= self.last:
                yield slice(midnight - 2, midnight + 6)

    def change(self, hours: slice, share: float | Doubles, codes: Sequence[str] | None = None) -> None:
        """Values times something, and what is computed from them."""
        for code in codes or (self.factor,):
            own = self.plant.series[code]
            own.put(hours, own.values[hours] * share)
        refer(self.plant, hours)

    def show(self, hours: slice, values: npt.ArrayLike) -> None:
        """Other values of the factor where there are valid ones, and what is computed from them."""
        own = self.own
        new = np.broadcast_to(np.asarray(values, np.float64), own.values[hours].shape)
        own.put(hours, np.where(own.valid(hours), new, own.values[hours]))
        refer(self.plant, hours)

    def show_judged(self, hours: slice, judged: Doubles) -> None:
        """Other values such that at reference oxygen they are ``judged``."""
        now = self.judged[hours]
        self.show(hours, self.own.values[hours] * judged / np.where(now > 0, now, np.nan))

    def lose(self, hours: slice, codes: Sequence[str] | None = None) -> None:
        """Nothing comes of some factors (all)."""
        for code in codes or self.plant.series:
            self.plant.series[code].lose(hours)

    def meters(self, role: str) -> list[Meter]:
        """The machines of a role."""
        return [meter for meter in self.plant.meters.values() if meter.role == role]

    def gauge(self, role: str) -> Series:
        """The first process parameter of a role."""
        return next(gauge.own for gauge in self.plant.gauges.values() if gauge.role == role)

    def machines(self, name: str) -> list[Meter]:
        """The meters of the machines of a name."""
        return [meter for meter in self.plant.meters.values() if meter.machine == name]

    def load(self) -> Doubles:
        """Mean power of production by hour, in shares of its rated power; 1 without a meter. [T]"""
        own = self.meters("production")
        if not own:
            return np.ones(self.plant.hours)
        kw = np.sum([meter.kw for meter in own], axis=0).reshape(-1, SLOTS).mean(axis=1)
        return np.asarray(kw / sum(meter.rated for meter in own), np.float64)

    def steady_hours(self, length: int, apart: int) -> list[int]:
        """Hours from which on the load stays as it was in the six hours before, with valid values.

        ``length`` hours each is to last, ``apart`` hours at least between them.
        """
        load, found = self.load(), []
        at = self.first
        while at + length <= self.last:
            if steady(load, at, length) and self.own.valid(slice(at - 6, at + length)).all():
                found.append(at)
                at += apart
            else:
                at += 1
        return found


def slots(hours: slice) -> slice:
    """The samples of meters within some hours."""
    return slice(hours.start * SLOTS, hours.stop * SLOTS)


def steady(load: Doubles, at: int, length: int = 2) -> bool:
    """Does the load stay within 7 % of the mean of the six hours before?"""
    before = load[at - 6 : at].mean()
    around = load[at - 1 : at + length]
    return bool(before > 0.2 and (np.abs(around / before - 1.0) < 0.07).all())


def refer(plant: Plant, hours: slice) -> None:
    """Values at reference oxygen anew, as the logger computes them."""
    if plant.base is None or OXYGEN not in plant.series:
        return
    oxygen = np.minimum(plant.series[OXYGEN].values[hours].astype(np.float64), 19.0)
    for code in plant.pollutants:
        own = plant.series[code]
        if own.reference is not None:
            computed = own.values[hours] * (21.0 - plant.base) / (21.0 - oxygen)
            own.reference[hours] = np.round(computed, own.decimals + 1)


def tighten(stage: Stage, quantile: float = 0.8) -> None:
    """A limit that the outlet's own values reach often: this quantile of the normal hours before."""
    before = slice(stage.first - 60 * DAY, stage.last)
    values = stage.judged[before][stage.own.valid(before)]
    stage.plant.limits[stage.factor] = float(np.round(np.quantile(values, quantile), 1 + (values.max() < 10)))


def papers(stage: Stage) -> None:
    """The outlet files its papers."""
    clerks.file([stage.plant, *stage.others], stage.rng)


def detail(stage: Stage) -> None:
    """Minutes are sent around the violation."""
    stage.plant.detail.append((stage.first - DAY, stage.last + DAY))


def gauge_detail(stage: Stage) -> None:
    """Minutes of the process parameters are sent around the violation."""
    for gauge in stage.plant.gauges.values():
        gauge.detail.append((stage.first - DAY, stage.last + DAY))


def live(stage: Stage) -> None:
    """Real-time data are sent around the violation."""
    stage.plant.live.append((stage.first - DAY, stage.last + DAY))


def flag(stage: Stage, hours: slice, code: FlagCode) -> None:
    """A device flag on all pollutants that came."""
    for name in stage.plant.pollutants:
        flags = stage.plant.series[name].flags
        flags[hours] = np.where(flags[hours] == FlagCode.MISSING, flags[hours], code)
