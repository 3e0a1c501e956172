"""Several sources together: a door, the data and the power; the sampler, the flow and who was there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from yuanjian.screening.kernels.power import UNKNOWN
from yuanjian.screening.methods.sampler import sampler_flow
from yuanjian.screening.methods.visits import door_change
from yuanjian.screening.scene import DAY, HOUR
from yuanjian.screening.task import Hit, Task, Words


def door_fusion(task: Task) -> list[Hit]:
    """How likely it is that a value fell because of the person who opened the door.

    ``p = σ(a + door + power·steady + drop + before·r)``: the weights of M725 with the power in the place of
    the camera; only falls of more than half. Measures: ``p``, and of `door_change` ``fall``, ``before`` and
    ``steady``.
    """
    weights = task.params["weights"]
    hits = []
    for hit in door_change(task):
        if hit.measures["fall"] <= task.params["drop"]:
            continue
        logit = weights["bias"] + weights["door"] + weights["drop"]
        logit += weights["power"] * hit.measures["steady"] + weights["before"] * hit.measures["before"]
        kept = {name: hit.measures[name] for name in ("fall", "before", "steady")}
        hits.append(replace(hit, measures={"p": 1.0 / (1.0 + math.exp(-logit)), **kept}))
    return hits


def sampler_visit(task: Task) -> list[Hit]:
    """Days on which the flow was smaller while sampling, and whether somebody acted in those minutes.

    Measures: those of `sampler_flow`, and ``acted`` 1 if the station door was opened, or a machine of the
    chain switched, within ``around_minutes`` of a start of the sampler.
    """
    around = timedelta(minutes=task.params["around_minutes"])
    hits = []
    for hit in sampler_flow(task):
        outlet = hit.subject.outlet
        starts = sampler_times(task, hit)
        openings = [opening.time for opening in task.scene.openings.get(outlet.outlet, ())]
        acts = sorted({*openings, *_switchings(task, hit)})
        near = [act for act in acts if any(abs(act - start) <= around for start in starts)]
        measures = {**hit.measures, "acted": float(bool(near))}
        words = {**hit.words, "acts": _acts(near, openings)}
        seen = hit.inputs + repr(near).encode()
        hits.append(replace(hit, measures=measures, words=words, inputs=seen))
    return hits


def _acts(near: Sequence[datetime], openings: Sequence[datetime]) -> Words:
    """What was done around the sampler's starts, for the claim."""
    if not near:
        return "没有开门或设备启停记录", "no door or machine acted"
    doors = sum(act in openings for act in near)
    return (
        f"站房开门 {doors} 次、设备启停 {len(near) - doors} 次",
        f"the door was opened {doors} times and machines switched {len(near) - doors} times",
    )


def sampler_times(task: Task, hit: Hit) -> list[datetime]:
    """Starts of the sampler on the day of a hit: as reported, else by the schedule of its outlet."""
    outlet = hit.subject.outlet
    reported = task.scene.sampler_starts.get(outlet.point, ())
    today = [time for time in reported if hit.start <= time < hit.end]
    return today or [hit.start + hour * HOUR for hour in outlet.sampler_hours]


def _switchings(task: Task, hit: Hit) -> list[datetime]:
    """When a machine of the chain was switched on or off, from the day's beginning to its end."""
    chain = hit.subject.outlet.chain
    if chain is None:
        return []
    power = task.scene.power(task.step)
    grid = power.cube.grid
    first = max((hit.start - grid.start) // task.step, 1)
    last = min((hit.start + DAY - grid.start) // task.step, grid.size)
    state = power.state[power.rows((*chain.production, *chain.treatment)), first - 1 : last]
    changed = (state[:, 1:] != state[:, :-1]) & (state[:, 1:] != UNKNOWN) & (state[:, :-1] != UNKNOWN)
    return [grid.start + int(first + at) * task.step for at in np.flatnonzero(changed.any(axis=0))]
