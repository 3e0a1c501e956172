"""Arrays of a day as rows of plain numbers, in the column order of `layout`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from yuanjian.simulator.noise import Floats

if TYPE_CHECKING:
    from yuanjian.simulator.fleet import Fleet
    from yuanjian.simulator.hours import Daily, Periods
    from yuanjian.simulator.physics import Day
    from yuanjian.simulator.world import Outlet

Rows = list[list[list[float]]]
"""[outlet][period][column]."""


def period_rows(outlets: Sequence[Outlet], fleet: Fleet, periods: Periods) -> Rows:
    """Minute or hour data."""
    factor = periods.conversion[:, None, :]
    mass = (periods.amount, periods.low, periods.average, periods.high)
    converted = (periods.low * factor, periods.reference, periods.high * factor)
    flow = np.stack([periods.volume, periods.flow_low, periods.flow, periods.flow_high], axis=1)
    gas_state = np.stack([periods.oxygen, periods.temperature, periods.pressure, periods.humidity], axis=1)
    water_state = np.stack([periods.ph, periods.temperature], axis=1)
    gas = np.stack([*mass, *converted], axis=2)
    rows: Rows = []
    for outlet in outlets:
        n, count = outlet.index, len(outlet.kind.pollutants)
        burns = outlet.kind.medium == "gas"
        own = gas[n, :count, : 7 if burns else 4].reshape(-1, gas.shape[-1])
        state = gas_state[n] if burns else water_state[n]
        rows.append(np.concatenate([own, flow[n], state]).T.tolist())
    return rows


def day_rows(outlets: Sequence[Outlet], values: Daily) -> Rows:
    """Day data, one period."""
    rows: Rows = []
    for outlet in outlets:
        n, count = outlet.index, len(outlet.kind.pollutants)
        columns = [values.amount[n], values.average[n]]
        tail = [values.volume[n], values.flow[n]]
        if outlet.kind.medium == "gas":
            columns.append(values.reference[n])
        else:
            tail.append(values.ph[n])
        own = np.stack(columns, axis=1)[:count].ravel().tolist()
        rows.append([[*own, *map(float, tail)]])
    return rows


def meter_rows(outlets: Sequence[Outlet], day: Day) -> tuple[Rows, list[list[list[bool]]]]:
    """(Active power and current of each meter per slot, whether each meter is silent)."""
    rows: Rows = []
    lost: list[list[list[bool]]] = []
    for outlet in outlets:
        mine = outlet.places
        kw = day.power[outlet.index, mine]
        rows.append(_interleave(outlet, kw).T.tolist())
        lost.append(day.plan.meter_lost[outlet.index, mine].T.tolist())
    return rows, lost


def _interleave(outlet: Outlet, kw: Floats) -> Floats:
    """kW, A, kW, A … along the first axis."""
    pair = np.stack([kw, kw * outlet.amperes.reshape(-1, *[1] * (kw.ndim - 1))], axis=1)
    flat: Floats = pair.reshape(-1, *kw.shape[1:])
    return flat


def realtime_rows(
    outlets: Sequence[Outlet], day: Day, slot: int, white: Floats
) -> tuple[list[list[float]], list[list[float]]]:
    """(Instant values per outlet, power and current per outlet): the slot's values with a little noise.

    A concentration that stood still since the slot before keeps standing still.
    """
    noise = 1 + 0.01 * np.clip(white, -3, 3)
    still = day.reported[:, :, slot] == day.reported[:, :, max(slot - 1, 0)]
    values = day.reported[:, :, slot] * np.where(still, 1.0, noise[:, :4])
    converted = values * day.conversion[:, slot, None]
    flow = day.flow[:, slot] * noise[:, 4]
    gas = np.stack([day.oxygen[:, slot], day.temperature[:, slot] * noise[:, 5] ** 0.3,
                    day.pressure[:, slot], day.humidity[:, slot] * noise[:, 6] ** 0.5], axis=1)  # fmt: skip
    water = np.stack([day.ph[:, slot] + 0.02 * white[:, 5], day.temperature[:, slot]], axis=1)
    emission: list[list[float]] = []
    meters: list[list[float]] = []
    for outlet in outlets:
        n, count = outlet.index, len(outlet.kind.pollutants)
        burns = outlet.kind.medium == "gas"
        own = (
            np.stack([values[n, :count], converted[n, :count]], axis=1).ravel()
            if burns
            else values[n, :count]
        )
        emission.append([*own.tolist(), float(flow[n]), *(gas[n] if burns else water[n]).tolist()])
        kw = day.power[n, outlet.places, slot] * noise[n, 7 : 7 + len(outlet.machines)]
        meters.append(_interleave(outlet, kw).tolist())
    return emission, meters
