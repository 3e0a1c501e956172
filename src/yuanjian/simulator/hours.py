"""Hours and days out of slots, as a data logger makes them (HJ 212-2017 Annex D)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from yuanjian.simulator.noise import Floats
from yuanjian.simulator.physics import Day
from yuanjian.simulator.slots import PER_HOUR

if TYPE_CHECKING:
    from yuanjian.simulator.fleet import Fleet


@dataclass(frozen=True)
class Periods:
    """H periods of a day. Pollutants [N,P,H]: ``average`` (as measured), ``low``, ``high``, ``amount`` kg,
    and the same at reference O2; ``oxygen``, ``flow`` (average, low, high), ``volume`` m³, ``state``
    averages [N,H]; ``flag`` number of the mark [N,H]; ``due`` whether enough minutes were there [N,H]."""

    average: Floats
    low: Floats
    high: Floats
    amount: Floats
    conversion: Floats
    oxygen: Floats
    flow: Floats
    flow_low: Floats
    flow_high: Floats
    volume: Floats
    temperature: Floats
    pressure: Floats
    humidity: Floats
    ph: Floats
    flag: npt.NDArray[np.uint8]
    due: npt.NDArray[np.bool_]

    @property
    def reference(self) -> Floats:
        """Averages at reference O2, from the average oxygen."""
        return self.average * self.conversion[:, None, :]


def summarise(fleet: Fleet, day: Day, slots: int = PER_HOUR) -> Periods:
    """Averages over every ``slots`` slots: 6 for hours, 1 for ten-minute data.

    A period is due when at least 75 % of it arrived; its mark is the worst one of its slots.
    """
    names = ("reported", "flow", "oxygen", "temperature", "pressure", "humidity", "ph")
    shaped = {name: _fold(getattr(day, name), slots) for name in names}
    seconds = 600.0 * slots
    oxygen = shaped["oxygen"].mean(-1)
    burning = fleet.gas[:, None] & (oxygen < 19.5)
    bottom = 21 - np.where(burning, oxygen, 0.0)
    conversion = np.where(burning, (21 - fleet.o2_reference[:, None]) / bottom, 1.0)
    values, flow = shaped["reported"], shaped["flow"]
    mass = (values * flow[:, None]).mean(-1) * seconds * 1e-6
    volume = flow.mean(-1) * seconds * np.where(fleet.gas[:, None], 1.0, 1e-3)
    temperature, pressure, humidity, ph = (shaped[name].mean(-1) for name in names[3:])
    return Periods(
        values.mean(-1), values.min(-1), values.max(-1), mass, conversion, oxygen,
        flow.mean(-1), flow.min(-1), flow.max(-1), volume, temperature, pressure, humidity, ph,
        _fold(day.plan.flag, slots).max(-1), _fold(day.plan.lost, slots).mean(-1) <= 0.25,
    )  # fmt: skip


def _fold(array: npt.NDArray[Any], slots: int) -> npt.NDArray[Any]:
    return array.reshape(*array.shape[:-1], -1, slots)


@dataclass(frozen=True)
class Daily:
    """Day values [N,P] and [N]: mean of valid hours (gas) or flow-weighted (water), mass kg, volume m³,
    valid hours.
    """

    average: Floats
    reference: Floats
    amount: Floats
    flow: Floats
    volume: Floats
    ph: Floats
    valid: npt.NDArray[np.int64]
    stopped: npt.NDArray[np.bool_]


def daily(fleet: Fleet, hours: Periods) -> Daily:
    """Day values from hours (HJ 212-2017 Annex D; water Σc·Q/ΣQ)."""
    valid = hours.due & (hours.flag == 0)
    count = valid.sum(-1)
    plain = valid / np.maximum(count, 1)[:, None]
    water = valid * hours.flow
    total = water.sum(-1, keepdims=True)
    weighted = np.where(total > 0, water / np.where(total > 0, total, 1.0), plain)
    weight = np.where(fleet.gas[:, None], plain, weighted)[:, None, :]
    return Daily(
        (hours.average * weight).sum(-1), (hours.reference * weight).sum(-1),
        (hours.amount * valid[:, None]).sum(-1), (hours.flow * plain).sum(-1), (hours.volume * valid).sum(-1),
        np.median(hours.ph, axis=-1), count, (hours.flag == 1).sum(-1) > 12,
    )  # fmt: skip
