"""Which outlets, factors, meters and signals a model can judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

from yuanjian.screening.model import Model
from yuanjian.screening.ports import OutletContext, PowerMeter
from yuanjian.screening.records import KINDS
from yuanjian.screening.scene import Scene
from yuanjian.screening.signals import MACHINES, ROLES
from yuanjian.screening.task import Subject

INCINERATOR = frozenset({"a21024", "a34013"})
"""Limits of both hydrogen chloride and dust tell the stack of an incinerator: no register field does [D]."""
_NEEDS: dict[str, Callable[[OutletContext], bool]] = {
    "production_state": lambda outlet: bool(outlet.chain and outlet.chain.production),
    "treatment": lambda outlet: bool(outlet.chain and outlet.chain.treatment),
    "incinerator": lambda outlet: {limit.factor for limit in outlet.limits} >= INCINERATOR,
    "doors": lambda outlet: bool(outlet.door_points),
    "sampler": lambda outlet: outlet.sampler_starts or bool(outlet.sampler_hours),
    "total": lambda outlet: bool(outlet.chain and outlet.chain.total),
}
_NAMED: dict[str, Callable[[OutletContext, str], bool]] = {
    "signal": lambda outlet, role: bool(outlet.signals_of(role)),
    "record": lambda outlet, kind: kind in outlet.records,
    "machine": lambda outlet, name: any(meter.machine == name for meter in _all_meters(outlet)),
}
"""Needs with a name: ``signal:furnace_temperature``, ``record:qc``, ``machine:fan``."""


def of_model(model: Model, scene: Scene) -> tuple[Subject, ...]:
    """What the model looks at, one subject per row: factors, outlets or meters (``inputs.subject``)."""
    known = scene.subjects
    # What was trained differs from model to model; else those that see the same have the same subjects.
    name = model.code if "trained" in model.inputs["needs"] else model.sight
    if name not in known:
        outlets = [o for o in concerned(model, scene.outlets) if _fits(model, o) and _learnt(model, scene, o)]
        listing = _SUBJECTS[model.inputs["subject"]]
        found = tuple(subject for outlet in outlets for subject in listing(model, outlet))
        content = tuple((s.outlet.outlet, s.point, s.factor, s.name) for s in found)
        known[name] = known.setdefault(content, found)
    return cast("tuple[Subject, ...]", known[name])


def share_covered(model: Model, scene: Scene, subjects: tuple[Subject, ...]) -> float:
    """Share of the outlets the model is about that have what it needs; 0 without outlets."""
    outlets = concerned(model, scene.outlets)
    return len({s.outlet.outlet for s in subjects}) / len(outlets) if outlets else 0.0


def concerned(model: Model, outlets: Sequence[OutletContext]) -> list[OutletContext]:
    """The outlets a model is about: of its media, and in the region and industry of ``inputs.where``."""
    where = model.inputs.get("where", {})
    region, industry = where.get("region", ""), where.get("industry", "")
    return [
        outlet
        for outlet in outlets
        if outlet.medium in model.media
        and outlet.region.startswith(region)
        and outlet.industry.startswith(industry)
    ]


def _fits(model: Model, outlet: OutletContext) -> bool:
    return all(_has(outlet, need) for need in model.inputs["needs"])


def _has(outlet: OutletContext, need: str) -> bool:
    what, _, name = need.partition(":")
    if name:
        return _NAMED[what](outlet, name)
    return need not in _NEEDS or _NEEDS[need](outlet)


def _learnt(model: Model, scene: Scene, outlet: OutletContext) -> bool:
    """Has a model that is trained been trained on the outlet?"""
    return "trained" not in model.inputs["needs"] or scene.trained.of(model, outlet) is not None


def _all_meters(outlet: OutletContext) -> tuple[PowerMeter, ...]:
    return outlet.chain.meters if outlet.chain else ()


def _factors(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    wanted = model.inputs["factors"]
    needs_limit = "limit" in model.inputs["needs"]
    limited = {limit.factor for limit in outlet.limits if limit.high is not None}
    for factor in outlet.factors:
        if (wanted == "*" or factor in wanted) and (not needs_limit or factor in limited):
            yield Subject(outlet, outlet.point, factor)


def _outlet(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    yield Subject(outlet, outlet.point)


def _meters(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    chain = outlet.chain
    for meter in (*chain.production, *chain.treatment) if chain else ():
        yield Subject(outlet, meter.point, meter.factor, meter.name)


def _production(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    for meter in outlet.chain.production if outlet.chain else ():
        yield Subject(outlet, meter.point, meter.factor, meter.name)


def _treatment(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    for meter in outlet.chain.treatment if outlet.chain else ():
        yield Subject(outlet, meter.point, meter.factor, meter.name)


def _signals(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    for role in model.inputs["signals"]:
        for signal in outlet.signals_of(role):
            yield Subject(outlet, signal.point, signal.factor, signal.name or ROLES[role].zh)


def _machines(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    for meter in _all_meters(outlet):
        if meter.machine in model.inputs["machines"]:
            yield Subject(outlet, meter.point, meter.factor, meter.name)


_SUBJECTS = {
    "factor": _factors,
    "outlet": _outlet,
    "meter": _meters,
    "production": _production,
    "treatment": _treatment,
    "signal": _signals,
    "machine": _machines,
}
SUBJECTS = frozenset(_SUBJECTS)
NEEDS = (
    frozenset(_NEEDS)
    | {"limit", "peers", "trained"}
    | {f"signal:{role}" for role in ROLES}
    | {f"record:{kind}" for kind in KINDS}
    | {f"machine:{name}" for name in MACHINES}
)
