"""What is probably behind a clue: M734 looks at new and changed clues after each run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q

from yuanjian.clock import utcnow
from yuanjian.platform.clues import artefacts, life
from yuanjian.platform.clues.catalogue import catalogue, entry
from yuanjian.platform.clues.models import ACTIVE, Clue, Finding, Opinion
from yuanjian.platform.clues.screening_ports import Register
from yuanjian.screening import thresholds
from yuanjian.screening.catalogue import folder
from yuanjian.screening.learnt import kinds
from yuanjian.screening.learnt.artefact import Artefact, load
from yuanjian.series import SeriesStore

CODE = "M734"
DAY = timedelta(days=1)
AT_MOST = 100
"""Clues of one run: first those never judged, then those judged longest ago; the others wait."""
STRENGTHS = {
    1: ("极可能", "very probably"),
    2: ("很可能", "probably"),
    3: ("可能", "possibly"),
    4: ("难以判断", "hard to tell"),
}
"""By the level of M734 that the chances reach; they change no level of the clue."""

ABSENT = {
    "missing": ("无缺失", "nothing missing"),
    "all_missing": ("数据未全部中断", "data never missing altogether"),
    "flagged": ("无异常标识", "nothing flagged"),
    "frozen": ("没有固化的数据项", "no series stands still"),
    "maintained": ("前后一天内无维护标记", "no maintenance marked within a day"),
    "calibrated": ("前后一天内无校准、核查标记", "no calibration marked within a day"),
    "reported": ("前后一天内未报故障、中断", "no fault reported within a day"),
    "stopped": ("未标记停运", "not marked as stopped"),
    "opened": ("开始前一天内未开门", "door not opened in the day before"),
    "visits": ("期间未开门", "door not opened meanwhile"),
    "night": ("不在夜间开始", "did not begin at night"),
    "lower": ("浓度未低于此前一周", "concentration not lower than the week before"),
    "higher": ("浓度未高于此前一周", "concentration not higher than the week before"),
}
"""What it means that a number is nothing."""

LITTLE = {
    "length": ("持续时间短", "short"),
    "load": ("生产负荷低", "low load of production"),
    "breadth": ("涉及因子少", "few factors named"),
    "models": ("发声模型少", "few models speak"),
    "visits": ("期间开门少", "few door openings meanwhile"),
    "near": ("此前未接近限值", "not near the limit before"),
}
"""What it means that a number is small; of the others it is said as it is."""


@dataclass(frozen=True)
class Heard:
    """A finding as `learnt.circumstances.describe` looks at it."""

    model: str
    level: int
    start: datetime
    end: datetime
    factor: str | None


def judge_due(source: SeriesStore) -> int:
    """Judge active clues that are new or whose findings changed since; returns how many."""
    if life.statuses()[CODE] not in life.RUNNING:
        return 0
    due = list(_due()[:AT_MOST])
    if not due:
        return 0
    from yuanjian.screening.learnt.circumstances import describe  # compiles kernels

    artefact, known = in_force(), Register({clue.outlet_id for clue in due})
    contexts = {context.outlet: context for context in known.outlets()}
    for clue in due:
        near = _near(clue)
        if clue.outlet_id in contexts and near:
            context = contexts[clue.outlet_id]
            numbers = describe(context, source, known, near, clue.first_at, clue.last_at)
            _write(clue, kinds.judge(artefact, numbers), artefact)
    return len(due)


@cache
def _shipped() -> Artefact:
    with (folder() / CODE / "trained.npz").open("rb") as file:
        return load(file)


def in_force() -> Artefact:
    """What a person adopted here, else what the catalogue brings."""
    named = [said["hash"] for said in artefacts.adopted(CODE).values()]
    found = [own for own in artefacts.kept(CODE) if own.hash in named] if named else []
    return found[0] if found else _shipped()


def _due() -> Any:
    clues = Clue.objects.filter(state__in=ACTIVE).exclude(category__in=kinds.NOT_HEARD)
    heard = Finding.objects.filter(clue=OuterRef("pk"), withdrawn_at=None)
    clues = clues.filter(Exists(heard)).annotate(newest=Max("findings__updated_at"))
    changed = clues.filter(Q(opinion=None) | Q(opinion__at__lt=F("newest")))
    return changed.order_by(F("opinion__at").asc(nulls_first=True), "-newest", "id")


def _near(clue: Clue) -> list[Heard]:
    """Findings of the outlet within a day of the clue, also of models on trial."""
    rows = Finding.objects.filter(
        outlet_id=clue.outlet_id, start__lt=clue.last_at + DAY, end__gt=clue.first_at - DAY, withdrawn_at=None
    ).exclude(category__in=kinds.NOT_HEARD)
    fields = ("model_id", "level", "start", "end", "factor")
    return [Heard(*row) for row in rows.order_by("id").values_list(*fields)]


def _write(clue: Clue, said: kinds.Opinion, artefact: Artefact) -> None:
    values = {
        "kind": said.kind,
        "chances": {kind: round(chance, 4) for kind, chance in said.chances.items()},
        "because": [asdict(reason) for reason in said.because],
        "artefact": artefact.hash,
        "at": utcnow(),
    }
    Opinion.objects.update_or_create(clue=clue, defaults=values)


def row(clue: Clue) -> dict[str, Any] | None:
    """`KindOut` of a clue; None while nothing is said."""
    own = Opinion.objects.filter(clue=clue).first()
    if own is None:
        return None
    p = own.chances[own.kind]
    strength = STRENGTHS[_strength(p, own.chances["cheat"])]
    words = kinds.KINDS[own.kind]
    status = life.statuses()[CODE]
    return {
        "kind": own.kind, "text": words[0], "text_en": words[1], "p": p,
        "strength": strength[0], "strength_en": strength[1],
        "chances": [
            {"kind": kind, "text": zh, "text_en": en, "p": own.chances[kind]}
            for kind, (zh, en) in kinds.KINDS.items()
        ],
        "because": [
            {"text": _words(reason, english=False), "text_en": _words(reason, english=True)}
            for reason in own.because
        ],
        "at": own.at, "artefact": own.artefact, "model_status": status,
    }  # fmt: skip


def _strength(p: float, cheat: float) -> int:
    """The level of M734's own thresholds that the chances reach; 4: none."""
    levels = catalogue()[CODE].levels["gas"]
    reached = thresholds.reached(levels, {"p": p, "cheat": cheat})
    return reached[0] if reached else 4


def _words(reason: dict[str, Any], *, english: bool) -> str:
    """A number in words, or the model that spoke; what is less than usual says so."""
    name = reason["feature"]
    if name not in kinds.NUMBERS:
        model = entry(name)
        return (model.title_en if english else model.title) if model else name
    words = kinds.NUMBERS[name][english]
    if reason["more"]:
        return words
    if reason["value"] == 0 and name in ABSENT:
        return ABSENT[name][english]
    if name in LITTLE:
        return LITTLE[name][english]
    return f"little {words}" if english else f"{words}偏低"
