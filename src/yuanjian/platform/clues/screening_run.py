"""A screening run: the engine over the catalogue, its findings into the tables, the findings into clues.

Running the same window again changes nothing: a finding is known by its key or by overlap, an open one is
extended, and a clue changes only if its findings did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from yuanjian.clock import BEIJING, beijing_day, utcnow
from yuanjian.platform.clues import actions as _actions  # noqa: F401 — registers the texts
from yuanjian.platform.clues import artefacts, freezing, grading, kinds, life
from yuanjian.platform.clues.catalogue import catalogue, forget
from yuanjian.platform.clues.models import ACTIVE, Clue, ClueState, Finding, Model, ModelRun
from yuanjian.platform.clues.screening_ports import People, Register
from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.notify import publish
from yuanjian.platform.exchange import selectors as exchange
from yuanjian.platform.monitoring import taken_in
from yuanjian.platform.monitoring.store import store as open_store
from yuanjian.screening.findings import Finding as Found
from yuanjian.screening.findings import ModelRun as Ran
from yuanjian.screening.findings import RunReport
from yuanjian.series import SeriesStore

ONE_DAY = timedelta(days=1)
RECENT = 2 * ONE_DAY
LONGEST = timedelta(days=31)
KEEP_RUNS = timedelta(days=7)
UNSEEN = timedelta(minutes=1)
"""How long a day may be noted as touched before others see it: ingest's transaction ends after the note."""
BATCH = 500  # outlets in memory at a time


@dataclass
class Screened:
    """What a run changed: numbers of findings and clues, and the engine's own report."""

    report: RunReport
    findings_new: int = 0
    findings_extended: int = 0
    clues_new: int = 0
    clues_changed: int = 0
    frozen: int = 0


def screen(
    start: datetime,
    end: datetime,
    now: datetime | None = None,
    *,
    lanes: Collection[str] = life.LANES,
    progress: Callable[..., None] | None = None,
    store: SeriesStore | None = None,
    outlets: Collection[int] | None = None,
) -> Screened:
    """Screen ``[start, end)`` with every live and trial model of the lanes, as if it were `now`.

    `outlets`: only these, and without models that compare peers; such a run is not noted as one of its lane.
    What ingest has yet to read is not screened: its hours would count as missing, and our own delay would be
    laid at the enterprises' door.
    """
    from yuanjian.screening import engine  # compiles kernels: not in every process that serves pages

    forget()
    now = now or utcnow()
    known = taken_in.known_until(now)
    end = min(end, known)
    if end <= start:
        return Screened(RunReport([]))
    source, people = store or open_store(), People(start, end)
    models = [model for model in life.running(lanes) if outlets is None or not model.compares_peers]
    report = engine.run(
        models, source, Register(outlets), people, start=start, end=end, now=known, progress=progress,
        batch=BATCH, trained=artefacts.InForce(),
    )  # fmt: skip
    result = take(report, start, end, now, outlets)
    result.frozen = freezing.freeze_due(source)
    if outlets is None:  # the fast lane leaves it to the next regular run
        kinds.judge_due(source)
    return result


def screen_recent(now: datetime | None = None, lanes: Collection[str] = life.LANES) -> Screened:
    """Screen what is new to the lanes: two days, or more if nobody did for longer or older data came in.

    More also where a model of the lanes waits longer before it judges. Records count that one reads. A month
    at most.
    """
    now = now or utcnow()
    runs, models = _runs(lanes).aggregate(last=Max("end"), at=Max("at")), life.running(lanes)
    grace = max((model.grace for model in models), default=timedelta(0))
    start = min(now, runs["last"] or now) - max(RECENT, grace + ONE_DAY)
    read = {kind for model in models for kind in model.records}
    late = (_touched(runs["at"], now - LONGEST), exchange.touched(read, runs["at"], now - LONGEST))
    start = min([start, *(moment for moment in late if moment)])
    return screen(max(start, now - LONGEST), now, now, lanes=lanes)


def _touched(since: datetime | None, earliest: datetime) -> datetime | None:
    """When the first Beijing day begins that got data since a run began; days before `earliest` are gone."""
    row = sql.one(
        "SELECT min(day) AS day FROM intake.touched WHERE day >= %s AND at >= coalesce(%s, at)",
        (beijing_day(earliest), since and since - UNSEEN),
    )
    return datetime.combine(row["day"], time(), BEIJING) if row and row["day"] else None


def screen_due(now: datetime | None = None, lanes: Sequence[str] = ("hour", "day")) -> list[Screened]:
    """Screen the lanes that have not run since they were due, each by itself."""
    now = now or utcnow()
    return [screen_recent(now, [lane]) for lane in lanes if _missed(lane, now)]


def _missed(lane: str, now: datetime) -> bool:
    """Did a model of the lane not run since it was due? One that has just been put to work never did."""
    ran = dict(_runs([lane]).values_list("model_id").annotate(last=Max("at")))
    due = life.last_due(lane, now)
    return any(model.code not in ran or ran[model.code] < due for model in life.running([lane]))


def _runs(lanes: Collection[str]) -> QuerySet[ModelRun]:
    return ModelRun.objects.filter(model_id__in=[model.code for model in life.running(lanes)])


@transaction.atomic
def take(
    report: RunReport, start: datetime, end: datetime, now: datetime, outlets: Collection[int] | None = None
) -> Screened:
    """Put a report (about some outlets, else about all) into the tables; one run at a time."""
    grading.hold_many()
    result = Screened(report)
    intake = _Intake([*report.findings, *report.suppressed], now, result)
    for found in report.findings:
        intake.take(found)
    for found in report.suppressed:
        intake.take(found, quiet=True)
    codes = [run.code for run in report.runs]
    about = Q() if outlets is None else Q(outlet_id__in=list(outlets))
    intake.withdraw(codes, start, end, about)
    intake.close_stale(codes, start, about)
    intake.settle()
    if outlets is not None:
        return result
    _note_runs(report, start, end, now)
    publish("model_run", region=None, enterprise=None, at=now.isoformat(), findings=len(report.findings))
    return result


@dataclass
class _Intake:
    found: Sequence[Found]
    now: datetime
    result: Screened
    known: dict[tuple[Any, ...], list[Finding]] = field(default_factory=lambda: defaultdict(list))
    clues: dict[tuple[int, str], list[Clue]] = field(default_factory=lambda: defaultdict(list))
    touched: dict[int, grading.Change] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=life.statuses)
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.found:
            return
        outlets = {item.outlet for item in self.found}
        since = min(item.start for item in self.found) - grading.NEAR
        active = Clue.objects.filter(outlet_id__in=outlets, state__in=ACTIVE, last_at__gte=since)
        held = active.select_for_update(of=("self",))
        for clue in sorted(held, key=lambda clue: (clue.first_at, clue.pk)):
            self.clues[clue.outlet_id, clue.group].append(clue)
        # Read after the clues are held: nobody finishes one meanwhile.
        rows = Finding.objects.filter(outlet_id__in=outlets, end__gte=since).select_related("clue")
        for row in rows.order_by("start", "id"):
            self.known[row.model_id, row.outlet_id, row.point, row.factor].append(row)

    def take(self, found: Found, *, quiet: bool = False) -> None:
        """Add a finding, or extend the one it continues; `quiet` ones are kept without a clue."""
        rows = self.known[found.model, found.outlet, found.point, found.factor]
        same = [row for row in rows if row.key == found.key or _overlap(row, found)]
        self.seen.update(row.pk for row in same)
        if not same:
            self._add(found, None, quiet=quiet)
        elif (row := same[-1]).clue is None:
            self._unheard(row, found, quiet=quiet)
        elif quiet:
            return
        elif row.clue.state not in ACTIVE:
            self._after_the_end(row, found, len(same))
        elif changed := extension(row, found):
            self._extend(row, changed)

    def _unheard(self, row: Finding, found: Found, *, quiet: bool) -> None:
        """What has no clue yet: extend it; raise it once its model is live and nobody keeps it quiet."""
        now = extension(row, found)
        flags = {"trial": self._on_trial(found), "suppressed": quiet}
        now |= {name: value for name, value in flags.items() if getattr(row, name) != value}
        if now:
            self._extend(row, now)
        if not any(flags.values()):
            row.clue = self._clue_for(row)
            row.save(update_fields=["clue"])
            self.touched[row.clue.pk].added.append(row)

    def _on_trial(self, found: Found) -> bool:
        return self.statuses[found.model] == "trial"

    def _after_the_end(self, row: Finding, found: Found, times: int) -> None:
        """What goes on after a clue was closed is new; after “not valid” only if it got worse."""
        clue = row.clue
        assert clue is not None
        assert clue.finished_at is not None
        worse = found.level < row.level
        if found.end > clue.finished_at and (clue.state == ClueState.CLOSED or worse):
            self._add(found, max(found.start, clue.finished_at), suffix=f"#{times}")

    def _add(
        self, found: Found, not_before: datetime | None, suffix: str = "", *, quiet: bool = False
    ) -> None:
        values = values_of(found, not_before) | {"trial": self._on_trial(found), "suppressed": quiet}
        row = Finding(key=found.key + suffix, not_before=not_before, created_at=self.now, **values)
        row.clue = None if row.trial or row.suppressed else self._clue_for(row)
        row.save()
        self.seen.add(row.pk)
        self.known[found.model, found.outlet, found.point, found.factor].append(row)
        self.result.findings_new += 1
        if row.clue is not None:
            self.touched[row.clue.pk].added.append(row)

    def _extend(self, row: Finding, changed: dict[str, Any]) -> None:
        for name, value in changed.items():
            setattr(row, name, value)
        row.updated_at = self.now
        row.save(update_fields=[*changed, "updated_at"])
        self.result.findings_extended += 1
        if row.clue is not None:
            self._touch(row.clue)

    def _clue_for(self, row: Finding) -> Clue:
        group = grading.group_of(row)
        near = [clue for clue in self.clues[row.outlet_id, group] if grading.near(clue, row)]
        clue = near[0] if near else grading.new_clue(row, group, self.now)
        if not near:
            self.clues[row.outlet_id, group].append(clue)
            self.result.clues_new += 1
        self._touch(clue, new=not near)
        # The next finding of this run is compared with the window as it is now.
        clue.first_at, clue.last_at = min(clue.first_at, row.start), max(clue.last_at, row.end)
        return clue

    def _touch(self, clue: Clue, *, new: bool = False) -> None:
        self.touched.setdefault(clue.pk, grading.Change(clue.pk, new))

    def withdraw(self, models: list[str], start: datetime, end: datetime, about: Q) -> None:
        """What lies in the window and is not found again no longer holds; its clue stays for the analyst.

        What a run found that began later is none of ours: it saw values that came after we had read ours.
        """
        inside = Finding.objects.filter(about, model_id__in=models, start__gte=start, end__lte=end)
        inside = inside.filter(created_at__lte=self.now)
        standing = inside.filter(Q(clue=None) | Q(clue__state__in=ACTIVE), withdrawn_at=None)
        for row in standing.exclude(pk__in=self.seen).select_related("clue").order_by("id"):
            self._extend(row, {"withdrawn_at": self.now, "open": False})
            if row.clue is not None:
                said = {"claim": row.claim, "claim_en": row.claim_en}
                record(None, "clues.withdrawn", row.clue, model=row.model_id, **said)

    def close_stale(self, models: list[str], start: datetime, about: Q) -> None:
        """A finding left open that lies too far back for this run to bridge has ended."""
        ended = Q(pk=None)
        for code in models:
            ended |= Q(model_id=code, end__lt=start - catalogue()[code].clear_after)
        stale = Finding.objects.filter(about, ended, open=True).exclude(
            pk__in=[row.pk for rows in self.known.values() for row in rows if row.updated_at == self.now]
        )
        for row in stale.select_related("clue"):
            self._extend(row, {"open": False})

    def settle(self) -> None:
        """Bring every clue whose findings changed up to them."""
        for change in self.touched.values():
            if grading.settle(change) and not change.new:
                self.result.clues_changed += 1


def _overlap(row: Finding, found: Found) -> bool:
    return row.start < found.end and found.start < row.end


def values_of(found: Found, not_before: datetime | None) -> dict[str, Any]:
    """The columns of a finding; `not_before` cuts off what an earlier, finished clue already told."""
    start = found.start if not_before is None else max(found.start, not_before)
    copied = (
        "model_version", "model_hash", "point", "factor", "level", "end", "open", "score",
        "claim", "claim_en", "threshold_source", "input_hash",
    )  # fmt: skip
    return {name: getattr(found, name) for name in copied} | {
        "model_id": found.model,
        "category": found.class_,
        "outlet_id": found.outlet,
        "enterprise_id": found.enterprise,
        "region_code": found.region,
        "start": start,
        "episodes": [[max(a, start).isoformat(), b.isoformat()] for a, b in found.episodes if b > start],
        "measures": dict(found.measures),
        "crossed": dict(found.crossed),
        "next_level": dict(found.next_level) if found.next_level else None,
        "thresholds": dict(found.thresholds),
        "exclusions": [dict(item) for item in found.exclusions],
        "basis": list(found.basis),
    }


def extension(row: Finding, found: Found) -> dict[str, Any]:
    """The columns of a stored finding that change by a newer look at the same run of episodes.

    A look that began later than the finding (a shorter window) adds to it and never takes away.
    """
    values = values_of(found, row.not_before) | {"withdrawn_at": None}
    if values["start"] > row.start:
        if found.end < row.end or found.level > row.level:
            values = {
                "end": max(row.end, found.end),
                "open": values["open"] if found.end >= row.end else row.open,
                "withdrawn_at": None,
            }
        else:
            del values["start"]
            old = [pair for pair in row.episodes if pair[0] < found.start.isoformat()]
            values["episodes"] = old + values["episodes"]
    return {name: value for name, value in values.items() if getattr(row, name) != value}


def _note_runs(report: RunReport, start: datetime, end: datetime, now: datetime) -> None:
    ModelRun.objects.filter(at__lt=now - KEEP_RUNS).delete()
    rows, models = [], []
    for run in report.runs:
        copied = ("version", "seconds", "series", "covered", "findings", "suppressed")
        seen = {name: getattr(run, name) for name in copied}
        rows.append(ModelRun(model_id=run.code, at=now, start=start, end=end, **seen))
        models.append(_last_run(run, now))
    ModelRun.objects.bulk_create(rows)
    Model.objects.bulk_update(models, ["last_run_at", "last_count", "coverage", "runtime_ms"])


def _last_run(run: Ran, now: datetime) -> Model:
    return Model(
        code=run.code,
        last_run_at=now,
        last_count=run.findings,
        coverage=run.covered,
        runtime_ms=round(run.seconds * 1000),
    )
