"""Production runs, treatment does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yuanjian.screening.kernels.power import OFF, ON, UNKNOWN
from yuanjian.screening.methods.windows import episodes, recent
from yuanjian.screening.ports import Chain, PowerMeter
from yuanjian.screening.task import Hit, Task

Bools = npt.NDArray[np.bool_]
_NUMBERING = "0123456789０１２３４５６７８９一二三四五六七八九十#＃号ABCDabcd甲乙丙丁 -_（）()备用主"
PAUSING = frozenset({"dosing_pump", "sludge_press", "station"})
"""Machines that stand for hours in good order: models of their own judge them (M321, M322)."""


@dataclass(frozen=True, eq=False)
class ChainState:
    """A chain over time: groups stopped while production runs [G, T], standby covering, unknown [T]."""

    groups: list[tuple[PowerMeter, ...]]
    stopped: Bools
    covered: Bools
    unknown: Bools


def treatment_off(task: Task) -> list[Hit]:
    """Times in which production runs and a treatment facility of its chain does not.

    Machines that differ only in their number are duty and standby: one of them is enough. Times with unknown
    states are not judged. Measures: ``minutes``, ``events`` in 7 days, ``hours7`` hours in 7 days.
    """
    minutes = task.step.total_seconds() / 60
    chains = [chain_state(task, s) for s in range(len(task.subjects))]
    hit = np.stack([chain.stopped.any(axis=0) for chain in chains]) & task.allowed
    task.tested["meter_gap"] = np.stack([chain.unknown for chain in chains])
    task.tested["standby_pair"] = np.stack([chain.covered for chain in chains])
    series, starts, ends = episodes(hit)
    week = round(7 * 24 * 60 / minutes)
    events, total = recent(series, starts, week), recent(series, starts, week, ends - starts)
    hits = []
    for s, first, last, count, steps in zip(series, starts, ends, events, total, strict=True):
        measures = {
            "minutes": float((last - first) * minutes),
            "events": float(count),
            "hours7": steps * minutes / 60,
        }
        stopped = chains[s].stopped[:, first:last].any(axis=1)
        names = [group[0].name for group, is_off in zip(chains[s].groups, stopped, strict=True) if is_off]
        words = {"facility": ("、".join(names), ", ".join(names))}
        span = task.time(first), task.time(last)
        hits.append(Hit(task.subjects[s], (int(s),), *span, measures, words))
    return hits


def duty_groups(chain: Chain) -> list[tuple[PowerMeter, ...]]:
    """Treatment facilities, duty and standby machines together; without those that pause by design."""
    found: dict[str, list[PowerMeter]] = {}
    for meter in [m for m in chain.treatment if m.machine not in PAUSING] or chain.treatment:
        found.setdefault(meter.name.strip(_NUMBERING) or meter.name, []).append(meter)
    return [tuple(meters) for meters in found.values()]


def chain_state(task: Task, s: int) -> ChainState:
    """The states of the chain behind a subject, on the power grid."""
    chain = task.subjects[s].outlet.chain or Chain((), ())
    power = task.scene.power(task.step)
    groups = duty_groups(chain)
    production = power.any_on(chain.production)
    treatment = np.stack([power.any_on(group) for group in groups])
    parts = [(power.state[power.rows(group)] == OFF).any(axis=0) for group in groups if len(group) > 1]
    running = production == ON
    covered = np.any(parts, axis=0) if parts else np.zeros(running.shape, np.bool_)
    return ChainState(
        groups=groups,
        stopped=running & (treatment == OFF),
        covered=running & covered & (treatment == ON).all(axis=0),
        unknown=(production == UNKNOWN) | (treatment == UNKNOWN).any(axis=0),
    )
