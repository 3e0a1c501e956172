"""Quantities computed from others: what chemistry, fans, fuels and meters make of them.

Molar masses and combustion arithmetic are textbook; which share of the estimate is odd, the models say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from yuanjian.screening.in_force import TOO_MUCH_AIR
from yuanjian.screening.kernels.beside import usual_beside
from yuanjian.screening.kernels.power import ON
from yuanjian.screening.limits import by_origin
from yuanjian.screening.methods.days import whole_days
from yuanjian.screening.methods.proc_series import hour_values, means
from yuanjian.screening.methods.proc_sight import Floats, Sight, Spec
from yuanjian.screening.operation import Power
from yuanjian.screening.ports import OutletContext, PowerMeter
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import OXYGEN
from yuanjian.series import SeriesKey

NOX, COD, NMHC = "a21002", "w01018", "a24088"
AMMONIA_PER_NOX = 17.0 / 46.0
"""kg of NH3 that reduce a kg of NOx, counted as NO2: one mole for one."""
SECONDS = 3600.0
GROUPS = 16
"""Steps in which one quantity is followed beside another [D]."""
LEDGER = 31
"""Days a ledger may name to be spread by production."""
ONLINE = 0.9
"""Share of a day's samples a meter must have sent to count as online [D]."""


def per_oxygen(sight: Sight, role: str) -> Floats:
    """A signal as it would be without excess air: × 21 / (21 - O2). Of CO2 this is the fuel's maximum."""
    return np.asarray(sight.of(["signal", role]) * _air_ratio(sight))


def _air_ratio(sight: Sight) -> Floats:
    oxygen = sight.of(["factor", OXYGEN])
    return np.asarray(21.0 / (21.0 - np.where(oxygen < TOO_MUCH_AIR, oxygen, np.nan)))


def beside(sight: Sight, spec: Spec, other: Spec, days: int, min_hours: int) -> Floats:
    """A quantity over what it usually is beside that value of another, by the ``days`` days before.

    Hours with production running, at least ``min_hours`` of them; NaN where the other is outside what has
    been seen. A fan with a converter, one with a damper and one of fixed speed are followed alike; between
    the steps as a power law, as the flow of fans and filters goes.
    """
    values, others = sight.of(spec), sight.of(other)
    known = (values > 0) & (others > 0) & sight.task.allowed & (sight.of("state") == ON)
    one, two = (np.log(np.where(some > 0, some, np.nan)) for some in (values, others))
    hour = sight.per_hour
    return np.asarray(
        values / np.exp(usual_beside(one, two, known, 24 * hour, days, GROUPS, min_hours * hour))
    )


def fuel_gas(sight: Sight, min_hours: int) -> Floats:
    """Dry flue gas of each complete day over what the fuel burnt makes at the day's oxygen.

    Fuel: ``amount`` over the time its records name, × ``gas_per_unit`` × 21 / (21 - O2). The few hours
    beyond ``min_hours`` that are not known are taken as the others.
    """
    task = sight.task
    known = np.where(task.allowed, sight.of("own"), np.nan)
    measured = means(known, 24, min_hours / 24) * 24 * SECONDS
    air = means(_air_ratio(sight), 24, min_hours / 24)
    burnt = np.stack([_gas_by_day(sight, row, measured.shape[1]) for row in range(len(task.subjects))])
    expected = burnt * air
    return _of_days(sight, measured / np.where(expected > 0, expected, np.nan))


def _gas_by_day(sight: Sight, row: int, days: int) -> Floats:
    """Theoretical dry flue gas of the fuel of each day, m³.

    A ledger of several days is spread by the power of production, evenly where that is not known for all of
    its time or its time is longer than a month.
    """
    task = sight.task
    start, outlet = task.grid.start, task.subjects[row].outlet
    power = means(task.production[row].kw[None, :], 24, 0.5)[0]
    day = np.arange(days)
    result = np.zeros(days)
    rows = task.scene.records("fuel", outlet).select("start", "end", "amount", "gas_per_unit")
    for first, last, amount, per_unit in rows.drop_nulls().iter_rows():
        begin, end = (first - start) / DAY, (max(last, first + DAY) - start) / DAY
        share = np.clip(np.minimum(day + 1, end) - np.maximum(day, begin), 0.0, None)
        weight = share * power
        inside = begin >= 0 and end <= days and end - begin <= LEDGER
        if inside and np.isfinite(weight[share > 0]).all() and weight[share > 0].sum() > 0:
            result += amount * per_unit * np.where(share > 0, weight, 0.0) / weight[share > 0].sum()
        else:
            result += amount * per_unit * share / (end - begin)
    return result


def ammonia(sight: Sight) -> Floats:
    """Ammonia fed over what the NOx that comes in needs, mole for mole."""
    need = _kg_per_hour(sight, sight.of(["inlet", NOX])) * AMMONIA_PER_NOX
    return np.asarray(sight.of(["signal", "ammonia_flow"]) / np.where(need > 0, need, np.nan))


def unpaid(sight: Sight) -> Floats:
    """NOx taken out beyond what the ammonia fed can reduce, as a share of that; infinite without ammonia.

    SO2 rows and rows without the signals are NaN.
    """
    taken = _kg_per_hour(sight, sight.of(["inlet", NOX]) - sight.of(["factor", NOX])) * AMMONIA_PER_NOX
    fed = sight.of(["signal", "ammonia_flow"])
    is_nox = np.array([[subject.factor == NOX] for subject in sight.task.subjects])
    none = np.where((taken > 0) & (fed <= 0), np.inf, np.nan)
    share = np.where(fed > 0, taken / np.where(fed > 0, fed, 1.0) - 1.0, none)
    return np.where(is_nox, share, np.nan)


def _kg_per_hour(sight: Sight, concentration: Floats) -> Floats:
    """mg/m³ × m³/s."""
    return np.asarray(concentration * sight.of("flow") * SECONDS / 1e6)


def species_sum(sight: Sight) -> Floats:
    """All species measured at the outlet, as carbon, mg/m³; NaN where one of them is missing."""
    total = np.full((len(sight.task.subjects), sight.task.scene.grid.size), np.nan)
    for row, subject in enumerate(sight.task.subjects):
        keys = [SeriesKey(s.point, s.factor) for s in subject.outlet.signals_of("species")]
        if keys:
            total[row] = hour_values(sight.task, keys).sum(axis=0)
    return total


def species_share(sight: Sight) -> Floats:
    """Sum of species over the subject's value."""
    value = sight.of("own")
    return np.asarray(sight.of("species_sum") / np.where(value > 0, value, np.nan))


def species_ratio(sight: Sight) -> Floats:
    """Sum of species over the subject's limit."""
    ratio = sight.of("ratio")
    return np.asarray(sight.of("species_share") * ratio)


def day_removal(sight: Sight, min_hours: int) -> Floats:
    """Removal of the subject's factor on each complete day, weighted by the flow where one is measured."""
    before, after, flow = sight.of("inlet"), sight.of("own"), sight.of("flow")
    weight = np.where(np.isfinite(flow).any(axis=1, keepdims=True), flow, 1.0)
    known = np.isfinite(before) & np.isfinite(after) & (weight > 0) & sight.task.allowed
    loads = [
        whole_days(np.where(known, value * weight, 0.0)).reshape(len(known), -1, 24).sum(axis=2)
        for value in (before, after)
    ]
    hours = whole_days(known).reshape(len(known), -1, 24).sum(axis=2)
    enough = (hours >= min_hours) & (loads[0] > 0)
    return _of_days(sight, np.where(enough, 1.0 - loads[1] / np.where(enough, loads[0], 1.0), np.nan))


def day_rest(sight: Sight, min_hours: int) -> Floats:
    """What is left of the subject's factor on each complete day: 1 - `day_removal`."""
    return np.asarray(1.0 - sight.of(["day_removal", min_hours]))


def design_removal(sight: Sight) -> Floats:
    """Removal the design promises: from the design value of the inlet to the day's (else hour's) limit."""
    sight.task.asked.add(("day", "hour"))
    result = np.full((len(sight.task.subjects), 1), np.nan)
    for row, subject in enumerate(sight.task.subjects):
        designs = [s.design for s in subject.outlet.signals_of("inlet") if s.factor == subject.factor]
        limits = reversed(by_origin(subject.outlet.limits))
        highs = [limit.high for limit in limits if limit.factor == subject.factor]
        if designs and designs[0] and highs and highs[0] is not None:
            result[row] = 1.0 - highs[0] / designs[0]
    return np.broadcast_to(result, sight.task.shape)


def meter_balance(sight: Sight, min_load: float, min_hours: int) -> Floats:
    """Energy of all sub-meters over that of the main meters on each complete day with all of them online.

    Days on which the main meters show more than ``min_load`` of what the machines are rated (else their P95)
    for ``min_hours``: on others offices and lights decide. Told once for each enterprise.
    """
    task = sight.task
    power = task.scene.power(task.step)
    per_day = round(DAY / task.step)
    result = np.full((len(task.subjects), task.grid.size // 24), np.nan)
    firms: dict[int, int] = {}
    for row, subject in enumerate(task.subjects):
        firms.setdefault(subject.outlet.enterprise, row)
    for firm, row in firms.items():
        sides = main_meters(task.scene.outlets, firm), _sub_meters(task.scene.outlets, firm)
        total, parts = (means(power.kw[power.rows(some)], per_day, ONLINE).sum(axis=0) for some in sides)
        hours = means(power.kw[power.rows(sides[0])], round(HOUR / task.step), 0.5).sum(axis=0)
        works = whole_days((hours > min_load * _rated(power, sides[1]))[None, :]).reshape(-1, 24)
        if sides[1]:
            result[row] = parts / np.where((total > 0) & (works.sum(axis=1) >= min_hours), total, np.nan)
    return _of_days(sight, result)


def _rated(power: Power, meters: Sequence[PowerMeter]) -> Floats:
    """What machines are rated together, kW by the hour; of those without a rating their P95."""
    rows = power.rows(meters)
    rated = np.array([meter.rated_kw or np.nan for meter in meters], np.float64).reshape(-1, 1)
    per_hour = round(HOUR / power.cube.step)
    return np.asarray(np.where(np.isfinite(rated), rated, power.p95[rows]).sum(axis=0)[::per_hour])


def main_meters(every: Iterable[OutletContext], enterprise: int) -> list[PowerMeter]:
    """Main meters of an enterprise."""
    chains = [outlet.chain for outlet in every if outlet.enterprise == enterprise and outlet.chain]
    return list(dict.fromkeys(meter for chain in chains for meter in chain.total))


def _sub_meters(every: Iterable[OutletContext], enterprise: int) -> list[PowerMeter]:
    chains = [outlet.chain for outlet in every if outlet.enterprise == enterprise and outlet.chain]
    return list(dict.fromkeys(m for chain in chains for m in (*chain.production, *chain.treatment)))


def _of_days(sight: Sight, days: Floats) -> Floats:
    """Values of complete days said of all their hours, NaN in the unfinished day."""
    result = np.full(sight.task.shape, np.nan)
    hours = np.repeat(days, 24, axis=1)
    result[:, : hours.shape[1]] = hours
    return result
