"""Which outlets, factors and meters a model can judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from yuanjian.screening.model import Model
from yuanjian.screening.ports import OutletContext
from yuanjian.screening.scene import Scene
from yuanjian.screening.task import Subject

INCINERATOR = frozenset({"a21024", "a34013"})
"""Limits of both hydrogen chloride and dust tell the stack of an incinerator: no register field does [D]."""
_NEEDS: dict[str, Callable[[OutletContext], bool]] = {
    "production_state": lambda outlet: bool(outlet.chain and outlet.chain.production),
    "treatment": lambda outlet: bool(outlet.chain and outlet.chain.treatment),
    "incinerator": lambda outlet: {limit.factor for limit in outlet.limits} >= INCINERATOR,
    "doors": lambda outlet: bool(outlet.door_points),
    "sampler": lambda outlet: outlet.sampler_starts or bool(outlet.sampler_hours),
}


def of_model(model: Model, scene: Scene) -> tuple[Subject, ...]:
    """What the model looks at, one subject per row: factors, outlets or meters (``inputs.subject``)."""
    outlets = [o for o in scene.outlets if o.medium in model.media and _fits(model, o)]
    listing = _SUBJECTS[model.inputs["subject"]]
    return tuple(subject for outlet in outlets for subject in listing(model, outlet))


def share_covered(model: Model, scene: Scene, subjects: tuple[Subject, ...]) -> float:
    """Share of the outlets of the model's media that have what the model needs; 0 without outlets."""
    outlets = [o.outlet for o in scene.outlets if o.medium in model.media]
    return len({s.outlet.outlet for s in subjects}) / len(outlets) if outlets else 0.0


def _fits(model: Model, outlet: OutletContext) -> bool:
    return all(_NEEDS[need](outlet) for need in model.inputs["needs"] if need in _NEEDS)


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


def _treatment(model: Model, outlet: OutletContext) -> Iterator[Subject]:
    for meter in outlet.chain.treatment if outlet.chain else ():
        yield Subject(outlet, meter.point, meter.factor, meter.name)


_SUBJECTS = {"factor": _factors, "outlet": _outlet, "meter": _meters, "treatment": _treatment}
SUBJECTS = frozenset(_SUBJECTS)
NEEDS = frozenset(_NEEDS) | {"limit", "peers"}
