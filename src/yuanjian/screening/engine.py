"""Runs models over outlets: masks → kernel → thresholds → debounce and merge → findings.

Deterministic: a run over the last hours gives the findings a run over everything gives, because every model
has a finite memory (``lookback``), more than that is loaded, and a finding that began further back is
followed to its beginning with scenes of doubled depth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter

from yuanjian.clock import beijing_day
from yuanjian.screening import durations, subjects, thresholds
from yuanjian.screening.compose import compose
from yuanjian.screening.findings import Finding, ModelRun, RunReport
from yuanjian.screening.grouping import Group, Judged, grouped
from yuanjian.screening.methods import METHODS
from yuanjian.screening.model import Model
from yuanjian.screening.ports import OutletContext, Policy, Readings, Registry, ResolvedLevels
from yuanjian.screening.scene import MARGIN, Progress, Scene, midnight
from yuanjian.screening.task import Hit, Task

FARTHEST = timedelta(days=400)
"""A finding that began farther back than this before the window is not followed any deeper."""


def run(
    models: Iterable[Model],
    readings: Readings,
    registry: Registry,
    policy: Policy,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    progress: Progress | None = None,
) -> RunReport:
    """Screen all outlets; findings that touch ``[start, end)`` are reported, with their whole history.

    Aware instants; ``now`` (usually ``end`` or a little later) tells which hours are due. Raises whatever the
    ports raise; `ValueError` if the window is empty.
    """
    if start >= end:
        raise ValueError("the window is empty")
    start, end, now = (instant.astimezone(UTC) for instant in (start, end, now))
    chosen = list(models)
    memory = max((model.lookback + model.clear_after for model in chosen), default=timedelta(0))
    first = midnight(start - memory - MARGIN)
    scene = Scene(tuple(registry.outlets()), readings, registry, first, end, now, start)
    report = RunReport([])
    for done, model in enumerate(chosen):
        findings, record = _screen(model, scene, policy, start)
        report.findings.extend(findings)
        report.runs.append(record)
        if progress is not None:
            progress(model.code, done + 1, len(chosen))
    report.findings.sort(key=lambda f: (f.model, f.outlet, f.point, f.factor or "", f.start))
    return report


def _screen(model: Model, scene: Scene, policy: Policy, start: datetime) -> tuple[list[Finding], ModelRun]:
    """One model over the scene, and over deeper scenes where a finding began too far back."""
    began = perf_counter()
    seen = subjects.of_model(model, scene)
    findings, early = _pass(model, scene, policy, start)
    back = scene
    while early and back.start > start - FARTHEST:
        back = scene.deeper(_concerned(scene, early), back.start - (back.end - back.start))
        again, early = _pass(model, back, policy, start)
        touched = {outlet.outlet for outlet in back.outlets}
        findings = [f for f in findings if f.outlet not in touched] + again
    kept = [f for f in findings if not _suppressed(model, scene, policy, f)]
    record = ModelRun(
        code=model.code,
        version=model.version,
        seconds=round(perf_counter() - began, 4),
        series=len(seen),
        covered=round(subjects.share_covered(model, scene, seen), 4),
        findings=len(kept),
        suppressed=len(findings) - len(kept),
    )
    return kept, record


def _concerned(scene: Scene, early: Sequence[Group]) -> list[OutletContext]:
    """Outlets that need a deeper scene: those of the groups, with all of their enterprise."""
    enterprises = {group.subject.outlet.enterprise for group in early}
    return [outlet for outlet in scene.outlets if outlet.enterprise in enterprises]


def _pass(model: Model, scene: Scene, policy: Policy, start: datetime) -> tuple[list[Finding], list[Group]]:
    """Findings that touch the window, and the groups whose beginning lies too near the scene's edge."""
    found = subjects.of_model(model, scene)
    if not found:
        return [], []
    grid = scene.grid
    if model.inputs["cadence"] == "power":
        grid = scene.power(durations.parse(model.inputs["power_step"])).cube.grid
    task = Task(model, scene, found, grid)
    judged = _judge(model, policy, METHODS[model.kernel](task))
    groups = [group for group in grouped(judged, model.clear_after) if group.end > start]
    edge = scene.start + model.lookback + model.clear_after
    early = [group for group in groups if group.start < edge]
    return [compose(task, group) for group in groups], early


def _judge(model: Model, policy: Policy, hits: Iterable[Hit]) -> list[Judged]:
    """Hits with the level they reach under the thresholds of their day; those that reach none are dropped."""
    known: dict[tuple[int, object], ResolvedLevels] = {}
    judged = []
    for hit in hits:
        on = beijing_day(hit.start)
        outlet = hit.subject.outlet
        key = (outlet.outlet, on)
        if key not in known:
            known[key] = policy.levels(model.code, outlet, on)
        levels = _capped(model, known[key])
        reached = thresholds.reached(levels.values, hit.measures)
        if reached is not None:
            degree = thresholds.degree(levels.values[reached[0]][reached[1]], hit.measures)
            score = thresholds.score(levels.values, hit.measures)
            judged.append(Judged(hit, levels, reached, degree, score))
    return judged


def _capped(model: Model, levels: ResolvedLevels) -> ResolvedLevels:
    """Level 1 of unconfirmed numbers stays off unless a person, not the default, switched it on."""
    if model.level1_confirmed_by is None and levels.source == "default" and 1 in levels.values:
        values = {level: condition for level, condition in levels.values.items() if level != 1}
        return ResolvedLevels(values, levels.source, levels.author, levels.reason)
    return levels


def _suppressed(model: Model, scene: Scene, policy: Policy, finding: Finding) -> bool:
    return policy.suppressed(model.code, scene.by_id[finding.outlet], scene.now) is not None
