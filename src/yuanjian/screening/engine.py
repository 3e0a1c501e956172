"""Runs models over outlets: masks → kernel → thresholds → debounce and merge → findings.

Deterministic: a run over the last hours gives the findings a run over everything gives, because every model
has a finite memory (``lookback``), more than that is loaded, and a finding that began further back is
followed to its beginning with scenes of doubled depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from threading import Lock
from time import perf_counter
from typing import TypeVar

from yuanjian.clock import beijing_day
from yuanjian.screening import durations, subjects, thresholds
from yuanjian.screening.compose import compose
from yuanjian.screening.findings import Finding, ModelRun, RunReport
from yuanjian.screening.grouping import Group, Judged, grouped
from yuanjian.screening.learnt.artefact import UNTRAINED, Trained
from yuanjian.screening.methods import GATHER, METHODS
from yuanjian.screening.model import Model
from yuanjian.screening.peers import Gathered, Peers
from yuanjian.screening.ports import OutletContext, Policy, Readings, Registry, ResolvedLevels
from yuanjian.screening.scene import MARGIN, Progress, Scene, midnight
from yuanjian.screening.sieves import sift
from yuanjian.screening.task import Hit, Task

FARTHEST = timedelta(days=400)
"""A finding that began farther back than this before the window is not followed any deeper."""
Outlets = tuple[OutletContext, ...]
Job = tuple[Outlets, list[Outlets]]
T = TypeVar("T")
J = TypeVar("J")
CLOSE = 100
"""Outlets a method looks at together: their arrays fit into memory several times."""


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
    batch: int | None = None,
    workers: int = 1,
    trained: Trained = UNTRAINED,
) -> RunReport:
    """Screen all outlets; findings that touch ``[start, end)`` are reported, with their whole history.

    Aware instants; ``now`` (usually ``end`` or a little later) tells which hours are due. The hours of about
    ``batch`` outlets are loaded at a time for each of the ``workers`` (threads; kernels and NumPy let each
    other run), None: all; an enterprise is never apart; the findings are the same.
    ``trained``: the artefacts in force of models that learn; without one such a model covers nothing.
    Raises whatever the ports raise; `ValueError` if the window is empty.
    """
    if start >= end:
        raise ValueError("the window is empty")
    start, end, now = (instant.astimezone(UTC) for instant in (start, end, now))
    chosen = list(models)
    memory = max((model.lookback + model.clear_after for model in chosen), default=timedelta(0))
    first = midnight(start - memory - min(MARGIN, end - start))
    jobs = [(part, list(_parts(part, CLOSE))) for part in _parts(tuple(registry.outlets()), batch)]
    peers = Peers(jobs, gathered)
    base = Scene((), readings.snapshot(), registry, first, end, now, start, trained, peers)
    peers.prepare(
        [model for model in chosen if model.kernel in GATHER],
        base,
        lambda gather, of_parts: _map(gather, of_parts, workers),
    )
    count = _Count(sum(len(some) for _, some in jobs) * len(chosen), progress)

    def work(job: Job) -> list[Screened]:
        loaded = base.of(job[0])
        return [
            count.done(_screen(model, scene, policy, start))
            for scene in (loaded.part(some) for some in job[1])
            for model in _by_subjects(chosen, scene)
        ]

    report = RunReport([])
    records: dict[str, list[tuple[ModelRun, int]]] = {model.code: [] for model in chosen}
    for screened in chain.from_iterable(_map(work, jobs, workers)):
        report.findings.extend(screened.kept)
        report.suppressed.extend(screened.quiet)
        records[screened.record.code].append((screened.record, screened.concerned))
    report.runs.extend(_added_up(parts) for parts in records.values())
    for found in (report.findings, report.suppressed):
        found.sort(key=lambda f: (f.model, f.outlet, f.point, f.factor or "", f.start))
    return report


@dataclass(frozen=True, slots=True)
class Screened:
    """One model over one scene: findings to hear, suppressed ones, the record, the outlets it is about."""

    kept: list[Finding]
    quiet: list[Finding]
    record: ModelRun
    concerned: int


class _Count:
    """Tells how much is done, from whatever thread."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done, self._turn = total, progress, 0, Lock()

    def done(self, screened: Screened) -> Screened:
        with self._turn:
            self._done += 1
            if self._progress is not None:
                self._progress(screened.record.code, self._done, self._total)
        return screened


def _map(work: Callable[[J], T], jobs: Sequence[J], workers: int) -> Iterator[T]:
    """The results in the order of the jobs; the first error ends it."""
    if workers == 1 or len(jobs) == 1:
        yield from map(work, jobs)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="screening") as pool:
        yield from pool.map(work, jobs)


def _by_subjects(models: Sequence[Model], scene: Scene) -> Iterator[Model]:
    """Models with the same subjects one after the other: they share what is made of them."""
    groups: dict[int, list[Model]] = {}
    for model in models:
        groups.setdefault(id(subjects.of_model(model, scene)), []).append(model)
    for group in groups.values():
        yield from group


def gathered(model: Model, scene: Scene) -> Gathered:
    """What a model that compares peers makes of a scene first."""
    task = Task(model, scene, subjects.of_model(model, scene), scene.grid)
    return GATHER[model.kernel](task)


def _parts(outlets: Outlets, batch: int | None) -> Iterator[Outlets]:
    """Whole enterprises, at least ``batch`` outlets at a time; None: all."""
    if batch is None or len(outlets) <= batch:
        yield outlets
        return
    firms: dict[int, list[OutletContext]] = {}
    for outlet in outlets:
        firms.setdefault(outlet.enterprise, []).append(outlet)
    part: list[OutletContext] = []
    for firm in firms.values():
        part += firm
        if len(part) >= batch:
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)


def _added_up(parts: Sequence[tuple[ModelRun, int]]) -> ModelRun:
    """One record of a model out of those of the batches, each with its number of outlets."""
    outlets = sum(count for _, count in parts)
    runs = [run for run, _ in parts]
    return replace(
        runs[0],
        seconds=round(sum(run.seconds for run in runs), 4),
        series=sum(run.series for run in runs),
        covered=round(sum(run.covered * count for run, count in parts) / outlets, 4) if outlets else 0.0,
        findings=sum(run.findings for run in runs),
        suppressed=sum(run.suppressed for run in runs),
    )


def _screen(model: Model, scene: Scene, policy: Policy, start: datetime) -> Screened:
    """One model over the scene, and over deeper scenes where a finding began too far back."""
    began = perf_counter()
    seen = subjects.of_model(model, scene)
    findings, early = _pass(model, scene, policy, start)
    back = scene
    while early and back.start > start - FARTHEST:
        back = scene.deeper(_concerned(model, scene, early), back.start - (back.end - back.start))
        again, early = _pass(model, back, policy, start)
        touched = {outlet.outlet for outlet in back.outlets}
        findings = [f for f in findings if f.outlet not in touched] + again
    kept: list[Finding] = []
    quiet: list[Finding] = []
    for finding in findings:
        (quiet if _suppressed(model, scene, policy, finding) else kept).append(finding)
    record = ModelRun(
        code=model.code,
        version=model.version,
        seconds=round(perf_counter() - began, 4),
        series=len(seen),
        covered=round(subjects.share_covered(model, scene, seen), 4),
        findings=len(kept),
        suppressed=len(quiet),
    )
    return Screened(kept, quiet, record, len(subjects.concerned(model, scene.outlets)))


def _concerned(model: Model, scene: Scene, early: Sequence[Group]) -> Sequence[OutletContext]:
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
    task = sift(Task(model, scene, found, grid))
    if task is None:
        return [], []
    judged = _judge(task, policy, METHODS[model.kernel](task))
    groups = [group for group in grouped(judged, model.clear_after) if group.end > start]
    edge = task.horizon + model.lookback + model.clear_after
    early = [group for group in groups if group.start < edge]
    return [compose(task, group) for group in groups], early


def _judge(task: Task, policy: Policy, hits: Iterable[Hit]) -> list[Judged]:
    """Hits with the level they reach under the thresholds of their day; those that reach none are dropped."""
    model = task.model
    known: dict[tuple[int, object], ResolvedLevels] = {}
    judged = []
    for hit in hits:
        on = beijing_day(hit.start)
        outlet = hit.subject.outlet
        key = (outlet.outlet, on)
        if key not in known:
            known[key] = policy.levels(model.code, outlet, on)
        levels = _capped(task, known[key], hit)
        reached = thresholds.reached(levels.values, hit.measures)
        if reached is not None:
            degree = thresholds.degree(levels.values[reached[0]][reached[1]], hit.measures)
            score = thresholds.score(levels.values, hit.measures)
            judged.append(Judged(hit, levels, reached, degree, score))
    return judged


def _capped(task: Task, levels: ResolvedLevels, hit: Hit) -> ResolvedLevels:
    """Level 1 stays off for numbers nobody has confirmed: those of the model, or those of a limit.

    A person, not the default, switches the model's on; a limit's number is compared with the standard's text.
    """
    if 1 not in levels.values:
        return levels
    by_default = task.model.level1_confirmed_by is None and levels.source == "default"
    if not by_default and not _unsure(task, hit):
        return levels
    values = {level: condition for level, condition in levels.values.items() if level != 1}
    return ResolvedLevels(values, levels.source, levels.author, levels.reason)


def _unsure(task: Task, hit: Hit) -> bool:
    """Does the hit rest on a limit whose number nobody has confirmed?"""
    if not any(limit.unconfirmed for limit in hit.subject.outlet.limits):
        return False
    return any(limit.unconfirmed for limit in task.limits_behind(hit))


def _suppressed(model: Model, scene: Scene, policy: Policy, finding: Finding) -> bool:
    return policy.suppressed(model.code, scene.by_id[finding.outlet], scene.now) is not None
