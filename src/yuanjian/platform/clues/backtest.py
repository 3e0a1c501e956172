"""A model over the past, without consequence: what it would have found, compared with what is stored.

With a proposed threshold it is the preview of that threshold: the same window judged as it is now and as it
would be then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app

from yuanjian.clock import utcnow
from yuanjian.errors import YuanjianError
from yuanjian.platform.clues.adjusting import check_levels, region_of
from yuanjian.platform.clues.artefacts import InForce
from yuanjian.platform.clues.catalogue import catalogue, entry_of, forget
from yuanjian.platform.clues.grading import NEAR
from yuanjian.platform.clues.models import Backtest, BacktestState, Finding, OwnModel, Right, Verdict
from yuanjian.platform.clues.screening_ports import People, Register, override
from yuanjian.platform.clues.screening_run import BATCH
from yuanjian.platform.clues.services import hold_model
from yuanjian.platform.common.activity import record
from yuanjian.platform.common.errors import Invalid, not_found
from yuanjian.platform.common.scope import COUNTRY, significant_prefix, within
from yuanjian.platform.monitoring.store import store as open_store
from yuanjian.platform.registry.models import Outlet
from yuanjian.platform.registry.selectors import factor_name
from yuanjian.screening.findings import Finding as Found
from yuanjian.screening.findings import ModelRun as Ran
from yuanjian.screening.findings import RunReport
from yuanjian.screening.model import Model as Entry
from yuanjian.screening.ports import OutletContext
from yuanjian.screening.thresholds import Confirmation, Override
from yuanjian.series import SeriesStore

JOB = "clues.backtest"
LONGEST = timedelta(days=366)
HITS = 500  # most hits told one by one
LEVELS = (1, 2, 3)
Key = tuple[int, int, str | None]


@dataclass(frozen=True)
class Question:
    """What to try: a model over ``[start, end)`` in a region; `level1` as if level 1 were switched on.

    `own`: a version that is being built here, instead of the one in force.
    """

    code: str
    start: datetime
    end: datetime
    region: str = COUNTRY
    level1: bool = False
    proposal: dict[str, Any] | None = None
    own: OwnModel | None = None

    @property
    def model(self) -> Entry:
        """The model it is about: a version being built here, or the one in force."""
        return entry_of(self.own) if self.own else catalogue()[self.code]


class Within(Register):
    """The register, of one region only, and of the outlets a rule is about."""

    def __init__(self, region: str, rule: Override | None, model: Entry) -> None:
        super().__init__()
        wanted = tuple(o for o in self._outlets if _concerns(o, region, rule))
        self.wanted = {outlet.outlet for outlet in wanted}
        # Who compares peers needs to see them, wherever they are.
        self._outlets = self._outlets if model.compares_peers else wanted


def _concerns(outlet: OutletContext, region: str, rule: Override | None) -> bool:
    inside = outlet.region.startswith(significant_prefix(region))
    return inside and (rule is None or rule.applies(outlet, rule.valid_from))


def run(
    question: Question,
    *,
    store: SeriesStore | None = None,
    progress: Callable[..., None] | None = None,
) -> dict[str, Any]:
    """Answer a question; every count is of findings that touch the window.

    Keys: code, version, hash, start, end, region, outlets, covered, seconds, levels, hits (worst first, at
    most `HITS`), hits_total, suppressed, work_orders, stored, overlap, verdicts; with a proposal also
    `proposed` with levels, hits, hits_total, work_orders.
    """
    forget()
    model = question.model
    rule = _rule(question)
    register = Within(question.region, rule, model)
    people = People(question.start, question.end, {model.code: model})
    if question.level1:
        people.suppose(model.code, level1=Confirmation("回测", "按一级已启用计算"))
    report = _report(question, register, people, store, progress)
    found = _wanted(report.findings, register)
    [ran] = report.runs
    answer = _head(question, model, ran) | {
        "outlets": len(register.wanted),
        **_told(found),
        "suppressed": len(_wanted(report.suppressed, register)),
        **_compared(question, found, register.wanted),
    }
    if rule is not None:
        people.suppose(model.code, rule=rule)
        then = _report(question, register, people, store, progress)
        answer["proposed"] = _told(_wanted(then.findings, register))
    return answer


def _rule(question: Question) -> Override | None:
    """The proposed threshold, as if it had been in force all the time."""
    asked = question.proposal
    if asked is None:
        return None
    always = (date.min, None)
    return override(asked["scope"], asked["value"], asked["levels"], always, "预览", "拟议阈值")


def _report(
    question: Question, register: Register, people: People, store: SeriesStore | None, progress: Any
) -> RunReport:
    from yuanjian.screening import engine  # compiles kernels: not in processes that serve pages

    return engine.run(
        [question.model], store or open_store(), register, people,
        start=question.start, end=question.end, now=question.end, progress=progress, batch=BATCH,
        trained=InForce(),
    )  # fmt: skip


def _wanted(findings: Iterable[Found], register: Within) -> list[Found]:
    return [finding for finding in findings if finding.outlet in register.wanted]


def _head(question: Question, model: Entry, ran: Ran) -> dict[str, Any]:
    return {
        "code": model.code,
        "version": model.version,
        "hash": model.hash,
        "start": question.start.isoformat(),
        "end": question.end.isoformat(),
        "region": question.region,
        "covered": ran.covered,
        "seconds": ran.seconds,
    }


def _told(found: Sequence[Found]) -> dict[str, Any]:
    """How many by level, which, and how many work orders they would have made."""
    worst = sorted(found, key=lambda f: (f.level, -f.score, f.start))
    names = _names({finding.outlet for finding in worst[:HITS]})
    return {
        "levels": _levels(finding.level for finding in found),
        "work_orders": _orders(found),
        "hits_total": len(found),
        "hits": [_hit(finding, names) for finding in worst[:HITS]],
    }


def _levels(levels: Iterable[int]) -> dict[str, int]:
    counts = Counter(levels)
    return {str(level): counts[level] for level in LEVELS}


def _orders(found: Sequence[Found]) -> int:
    """Clues of level 1: findings of one outlet that are less than a day apart make one."""
    orders, last = 0, dict[int, datetime]()
    for finding in sorted((f for f in found if f.level == 1), key=lambda f: f.start):
        before = last.get(finding.outlet)
        orders += before is None or finding.start > before + NEAR
        last[finding.outlet] = max(before or finding.end, finding.end)
    return orders


def _names(outlets: set[int]) -> dict[int, tuple[str, str]]:
    rows = Outlet.objects.filter(pk__in=outlets).values_list("pk", "code", "enterprise__name")
    return {pk: (code, enterprise) for pk, code, enterprise in rows}


def _hit(finding: Found, names: dict[int, tuple[str, str]]) -> dict[str, Any]:
    code, enterprise = names[finding.outlet]
    return {
        "outlet_id": finding.outlet,
        "outlet": code,
        "enterprise": enterprise,
        "factor": finding.factor,
        "factor_name": factor_name(finding.factor) if finding.factor else None,
        "level": finding.level,
        "start": finding.start.isoformat(),
        "end": finding.end.isoformat(),
        "claim": finding.claim,
        "claim_en": finding.claim_en,
    }


def _compared(question: Question, found: Sequence[Found], outlets: set[int]) -> dict[str, Any]:
    """Stored findings of the window, how many are found again, and what people said about those."""
    rows = Finding.objects.filter(
        model_id=question.code, outlet_id__in=outlets, start__lt=question.end, end__gt=question.start
    )
    stored = list(rows.values("pk", "outlet_id", "point", "factor", "level", "start", "end", "clue_id"))
    spans: dict[Key, list[Found]] = {}
    for finding in found:
        spans.setdefault((finding.outlet, finding.point, finding.factor), []).append(finding)
    again = {}
    for row in stored:
        near = spans.get((row["outlet_id"], row["point"], row["factor"]), ())
        again[row["pk"]] = {f.key for f in near if f.start < row["end"] and row["start"] < f.end}
    both = {pk for pk, keys in again.items() if keys}
    matched = set().union(*again.values()) if again else set()
    clues = {row["clue_id"] for row in stored if row["pk"] in both and row["clue_id"]}
    return {
        "stored": _levels(row["level"] for row in stored),
        "overlap": {
            "both": len(both),
            "only_stored": len(stored) - len(both),
            "only_new": sum(finding.key not in matched for finding in found),
        },
        "verdicts": _verdicts(question.code, clues),
    }


def _verdicts(code: str, clues: set[int]) -> dict[str, int]:
    said = Counter(Verdict.objects.filter(model_id=code, clue_id__in=clues).values_list("right", flat=True))
    return {"right": said[Right.YES], "wrong": said[Right.NO], "unsure": said[Right.UNSURE]}


# --- asked by people, computed by the worker -----------------------------------------------------------


@transaction.atomic
def ask(user: Any, question: Question) -> Backtest:
    """Put a back-test into the queue; raises for what is beyond the user's region or makes no sense."""
    if question.own is None and question.code not in catalogue().models:
        raise not_found("模型不存在", "No such model")
    if not question.start < question.end <= question.start + LONGEST:
        raise Invalid("backtest.dates", "回测时段须为正且不超过一年", "a window of at most a year is needed")
    region = question.region or user.region_code or COUNTRY
    if user.role != "admin" and not within(region, user.region_code):
        raise not_found("区域不存在或超出管辖范围", "no such region in your scope")
    asked = question.proposal
    if asked is not None:
        region_of(user, asked["scope"], asked["value"])
        check_levels(catalogue()[question.code], asked["levels"])
    row = Backtest.objects.create(
        model=hold_model(question.code), region_code=region, start=question.start, end=question.end,
        level1=question.level1, proposal=asked, own=question.own, author=user,
    )  # fmt: skip
    record(user, "models.backtested", row.model, backtest=row.pk, region=region)
    transaction.on_commit(lambda: _queue(row.pk))
    return row


def _queue(pk: int) -> None:
    # By name: the task itself is known to the worker only.
    app.configure_task(JOB, allow_unknown=True, lock=JOB).defer(backtest_id=pk)


def carry_out(pk: int, store: SeriesStore | None = None) -> None:
    """Compute a queued back-test; what goes wrong is told in its result."""
    row = Backtest.objects.get(pk=pk)
    Backtest.objects.filter(pk=pk).update(state=BacktestState.RUNNING)
    question = Question(row.model_id, row.start, row.end, row.region_code, row.level1, row.proposal, row.own)
    try:
        row.result, row.state = run(question, store=store), BacktestState.DONE
    except YuanjianError as error:
        row.result, row.state = error.as_dict(), BacktestState.FAILED
    row.finished_at = utcnow()
    row.save(update_fields=["result", "state", "finished_at"])
