"""How good are the models? Findings against the ground truth of the virtual province.

Only findings of level 1 and 2 count (``LEVEL``): reminders cost nobody a visit.

* A truth of level ≤ 2 is **found** if a counted finding of one of its expected models on its outlet
overlaps it. * A counted finding is **right** if it overlaps a truth (of any level) on its outlet whose
violation physically explains its model (`EXPLAINS`): a treatment that stands also makes the stack exceed,
a limit held for days also makes exceedance days. Otherwise it is a false alarm. A model that no kind of
violation names speaks rightly during any violation of its outlet.
* Overlap allows one day on either side where a model judges days, else two hours; what a violation leaves
behind (`AFTER`, e.g. the fall back to normal, or a rolling 30-day count) belongs to it.

recall = found / truths of level ≤ 2; precision = right / counted findings. Per kind both are told for the
truths of that kind, and for the findings of its expected models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from yuanjian.simulator.truth import Truth

LEVEL = 2
DAILY_MODELS = frozenset({"M102", "M103", "M217", "M235"})
DAY = timedelta(days=1)
TOLERANCE = timedelta(hours=2)

EXPLAINS: Mapping[str, frozenset[str]] = {
    "hourly_exceedance": frozenset({"M101", "M103", "M215"}),
    "daily_exceedance": frozenset(
        {"M102", "M103", "M215", "M217"}
    ),  # level 3 is two days at 0.95 of the limit
    "many_days": frozenset({"M103", "M102", "M215"}),
    "missing": frozenset({"M117"}),
    "constant": frozenset({"M205"}),
    "zero": frozenset({"M216", "M205", "M215"}),
    "drop": frozenset({"M215", "M415", "M217"}),
    "near_limit": frozenset({"M217", "M215"}),
    "treatment_off": frozenset({"M301", "M101", "M102", "M103", "M215"}),
    "meter_offline": frozenset({"M312"}),
    "door_change": frozenset({"M415", "M215", "M217"}),
    "sampler_flow": frozenset({"M235"}),
    "parameter_changed": frozenset({"M215"}),
}
"""Kind of violation → models it physically explains."""
_NAMED = frozenset[str]().union(*EXPLAINS.values())
AFTER: Mapping[str, timedelta] = {
    "M117": timedelta(days=30),  # counts missing hours of 30 days
    "M103": timedelta(days=30),
    "M217": timedelta(days=7),
    "M215": timedelta(hours=6),
}
"""How long after a violation a model may still speak of it, beyond the tolerance."""


class FindingLike(NamedTuple):
    """What is needed of a finding; ``outlet`` is credit code and outlet code joined by ``/``."""

    model: str
    outlet: str
    factor: str | None
    level: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its counts; ``value`` None when there is nothing to judge."""

    good: int
    total: int

    @property
    def value(self) -> float | None:
        """good / total."""
        return self.good / self.total if self.total else None


@dataclass(frozen=True)
class Score:
    """Overall and per kind; what was missed, and what was a false alarm."""

    precision: Rate
    recall: Rate
    by_kind: Mapping[str, tuple[Rate, Rate]]
    missed: tuple[Truth, ...]
    false: tuple[FindingLike, ...]

    def as_dict(self) -> dict[str, object]:
        """For JSON: shares and counts."""
        return {
            "precision": _pair(self.precision),
            "recall": _pair(self.recall),
            "by_kind": {
                kind: {"precision": _pair(precision), "recall": _pair(recall)}
                for kind, (precision, recall) in self.by_kind.items()
            },
        }


def _pair(rate: Rate) -> dict[str, float | int | None]:
    return {"value": rate.value, "good": rate.good, "total": rate.total}


def as_finding(record: Mapping[str, object] | FindingLike) -> FindingLike:
    """A mapping with those keys, times as ISO text or instants, as a `FindingLike`."""
    if isinstance(record, FindingLike):
        return record
    values = [record.get(name) for name in FindingLike._fields]
    moments = [datetime.fromisoformat(m) if isinstance(m, str) else m for m in values[4:]]
    return FindingLike(*values[:4], *moments)  # type: ignore[arg-type]


def score(
    findings: Iterable[Mapping[str, object] | FindingLike],
    truths: Sequence[Truth],
    heard: Collection[str] | None = None,
) -> Score:
    """Judge findings by the definition at the head of this module.

    ``heard``: the models asked (None: all); a truth that none of them is expected to find is not missed.
    """
    counted = [finding for finding in map(as_finding, findings) if finding.level <= LEVEL]
    of_outlet: dict[str, list[Truth]] = {}
    for truth in truths:
        of_outlet.setdefault(f"{truth.enterprise}/{truth.outlet}", []).append(truth)
    right = [any(_explained(f, t) for t in of_outlet.get(f.outlet, ())) for f in counted]
    wanted = [truth for truth in truths if truth.level <= LEVEL and _asked(truth, heard)]
    found = [any(_finds(f, t) for f in counted) for t in wanted]
    return Score(
        Rate(sum(right), len(right)),
        Rate(sum(found), len(found)),
        _by_kind(counted, right, wanted, found),
        tuple(truth for truth, hit in zip(wanted, found, strict=True) if not hit),
        tuple(finding for finding, good in zip(counted, right, strict=True) if not good),
    )


def _asked(truth: Truth, heard: Collection[str] | None) -> bool:
    return bool(truth.models) and (heard is None or not set(truth.models).isdisjoint(heard))


def _by_kind(
    counted: Sequence[FindingLike], right: Sequence[bool], wanted: Sequence[Truth], found: Sequence[bool]
) -> dict[str, tuple[Rate, Rate]]:
    result = {}
    for kind in dict.fromkeys(truth.kind for truth in wanted):
        hits = [hit for truth, hit in zip(wanted, found, strict=True) if truth.kind == kind]
        models = {model for truth in wanted if truth.kind == kind for model in truth.models}
        good = [ok for finding, ok in zip(counted, right, strict=True) if finding.model in models]
        result[kind] = Rate(sum(good), len(good)), Rate(sum(hits), len(hits))
    return result


def _finds(finding: FindingLike, truth: Truth) -> bool:
    same = finding.outlet == f"{truth.enterprise}/{truth.outlet}" and finding.model in truth.models
    return same and _overlap(finding, truth)


def _explained(finding: FindingLike, truth: Truth) -> bool:
    named = finding.model in EXPLAINS.get(truth.kind, frozenset()) | set(truth.models)
    return (named or finding.model not in _NAMED) and _overlap(finding, truth)


def _overlap(finding: FindingLike, truth: Truth) -> bool:
    slack = DAY if finding.model in DAILY_MODELS else TOLERANCE
    after = AFTER.get(finding.model, timedelta(0))
    return finding.start < truth.end + slack + after and finding.end > truth.start - slack
