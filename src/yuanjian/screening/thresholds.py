"""Thresholds: which level a set of measures reaches, which rule sets them, and the sentences about them.

A condition is a list of alternatives; an alternative holds when every measure in it reaches its number.
Resolution: default → industry → region → enterprise (DESIGN §5). A model whose numbers nothing confirms
raises level 1 only when a named person has switched it on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from yuanjian.screening.findings import Crossed, NextLevel
from yuanjian.screening.model import Model
from yuanjian.screening.ports import Condition, OutletContext, ResolvedLevels, Suppression

Scope = Literal["industry", "region", "enterprise"]
LEVEL_NAMES = {3: ("提醒", "reminder"), 2: ("警告", "warning"), 1: ("执法工单", "work order")}
SOURCES = {
    "default": "模型默认",
    "confirmed": "指定人员启用一级",
    "industry": "行业阈值",
    "region": "区域阈值",
    "enterprise": "企业阈值",
}
SOURCES_EN = {
    "default": "model default",
    "confirmed": "level 1 switched on by",
    "industry": "threshold of the industry",
    "region": "threshold of the region",
    "enterprise": "threshold of the enterprise",
}
CATALOGUE = ("模型目录", "model catalogue")
_ORDER: tuple[Scope, ...] = ("industry", "region", "enterprise")


@dataclass(frozen=True, slots=True)
class Override:
    """A threshold set by a person for an industry, a region (code prefix) or an enterprise (its id as text).

    ``levels`` replaces the conditions it names; None switches a level off; levels not named stay as they are.
    """

    scope: Scope
    target: str
    levels: Mapping[int, Condition | None]
    valid_from: date
    valid_to: date | None
    author: str
    reason: str

    def applies(self, outlet: OutletContext, on: date) -> bool:
        """Is it in force for the outlet on that day?"""
        if on < self.valid_from or (self.valid_to is not None and on > self.valid_to):
            return False
        if self.scope == "industry":
            return outlet.industry == self.target
        if self.scope == "region":
            return outlet.region.startswith(self.target)
        return str(outlet.enterprise) == self.target


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A named person has switched level 1 of a model on."""

    author: str
    reason: str


def resolve(
    model: Model,
    outlet: OutletContext,
    on: date,
    overrides: Sequence[Override] = (),
    confirmation: Confirmation | None = None,
) -> ResolvedLevels:
    """The thresholds in force; of several overrides the narrower scope wins, then the later start."""
    values = dict(model.levels[outlet.medium])
    source, author = "default", CATALOGUE[0]
    reason = f"{model.code} v{model.version}"
    if model.level1_confirmed_by is None:
        if confirmation is None:
            del values[1]
        else:
            source, author, reason = "confirmed", confirmation.author, confirmation.reason
    in_force = [override for override in overrides if override.applies(outlet, on)]
    for override in sorted(in_force, key=lambda item: (_ORDER.index(item.scope), item.valid_from)):
        source, author, reason = override.scope, override.author, override.reason
        for level, condition in override.levels.items():
            if condition is None:
                values.pop(level, None)
            else:
                values[level] = condition
    return ResolvedLevels(values, source, author, reason)


@dataclass(frozen=True)
class CataloguePolicy:
    """The policy without a database: the catalogue's thresholds, and level 1 where a person confirmed it."""

    models: Mapping[str, Model]
    confirmed: Mapping[str, Confirmation]

    def levels(self, model_code: str, outlet: OutletContext, on: date) -> ResolvedLevels:
        """See `resolve`."""
        return resolve(self.models[model_code], outlet, on, (), self.confirmed.get(model_code))

    def suppressed(self, model_code: str, outlet: OutletContext, at: datetime) -> Suppression | None:
        """Nobody suppresses anything here."""
        return None


def source_text(levels: ResolvedLevels) -> str:
    """Which rule set the thresholds, who and why."""
    return f"{SOURCES.get(levels.source, levels.source)}：{levels.author}（{levels.reason}）"


def source_in_english(said: str) -> str:
    """A stored `source_text` in English; names and reasons stay as people wrote them."""
    label, _, rest = said.partition("：")
    english = {zh: SOURCES_EN[name] for name, zh in SOURCES.items()}.get(label)
    return f"{english}: {rest.replace(*CATALOGUE)}" if english else said


def degree(alternative: Mapping[str, float], measures: Mapping[str, float]) -> float:
    """How far an alternative is reached: the smallest share measure / threshold; 1 or more means reached."""
    return min(measures[name] / needed for name, needed in alternative.items())


def reached(levels: Mapping[int, Condition], measures: Mapping[str, float]) -> tuple[int, int] | None:
    """The most severe level reached and which of its alternatives (the one reached furthest), or None."""
    for level in sorted(levels):
        degrees = [degree(alternative, measures) for alternative in levels[level]]
        best = max(range(len(degrees)), key=degrees.__getitem__)
        if degrees[best] >= 1.0:
            return level, best
    return None


def score(levels: Mapping[int, Condition], measures: Mapping[str, float]) -> float:
    """How far the most severe level that is on is reached, 0 upwards (1: just reached)."""
    top = levels[min(levels)]
    return round(max(degree(alternative, measures) for alternative in top), 4)


def text(model: Model, condition: Condition, *, english: bool = False) -> str:
    """A condition as a sentence: alternatives joined by “or”, their parts by “and”."""
    both, either = (" and ", " or ") if english else (" 且 ", "；或 ")
    return either.join(
        both.join(_need(model, name, needed, english) for name, needed in alternative.items())
        for alternative in condition
    )


def texts(model: Model, levels: Mapping[int, Condition], *, english: bool = False) -> dict[str, str]:
    """Level → sentence for the levels that are on, as a finding carries them."""
    return {str(level): text(model, levels[level], english=english) for level in sorted(levels, reverse=True)}


def in_english(model: Model, said: str) -> str:
    """A stored Chinese `text` in English; a word the model no longer uses stays as it is."""
    words = sorted(((item.zh, item.en) for item in model.measures.values()), key=lambda pair: -len(pair[0]))
    for zh, en in (*words, ("；或 ", " or "), (" 且 ", " and ")):
        said = said.replace(zh, en)
    return said


def crossed(
    model: Model, levels: Mapping[int, Condition], hit: tuple[int, int], measures: Mapping[str, float]
) -> Crossed:
    """The threshold that was crossed, told by the first measure of the alternative that holds."""
    level, index = hit
    alternative = levels[level][index]
    name = next(iter(alternative))
    measure = model.measures[name]
    return Crossed(
        level=level,
        measure=name,
        value=round(float(measures[name]) * measure.scale, 4),
        unit=measure.unit,
        text=" 且 ".join(_got(model, key, need, measures[key], False) for key, need in alternative.items()),
        text_en=" and ".join(
            _got(model, key, need, measures[key], True) for key, need in alternative.items()
        ),
    )


def next_level(
    model: Model, levels: Mapping[int, Condition], level: int, measures: Mapping[str, float]
) -> NextLevel | None:
    """What the next more severe level would have needed; None at level 1."""
    if level == 1:
        return None
    zh, en = LEVEL_NAMES[level - 1]
    if level - 1 not in levels:
        return NextLevel(
            level=level - 1,
            text=f"{zh}级未启用：本模型须由指定人员确认后方可升至该级",
            text_en=f"the {en} level is off: a named person has to switch it on for this model",
        )
    condition = levels[level - 1]
    names = list(dict.fromkeys(name for alternative in condition for name in alternative))
    return NextLevel(
        level=level - 1,
        text=f"升至{zh}需：{text(model, condition)}（现为 {_now(model, names, measures, False)}）",
        text_en=f"{en} needs: {text(model, condition, english=True)} "
        f"(now {_now(model, names, measures, True)})",
    )


def _need(model: Model, name: str, needed: float, english: bool) -> str:
    measure = model.measures[name]
    label = measure.en if english else measure.zh
    return label if measure.flag else f"{label} ≥ {measure.show(needed)}"


def _got(model: Model, name: str, needed: float, value: float, english: bool) -> str:
    measure = model.measures[name]
    label = measure.en if english else measure.zh
    return label if measure.flag else f"{label} {measure.show(value)} ≥ {measure.show(needed)}"


def _now(model: Model, names: Sequence[str], measures: Mapping[str, float], english: bool) -> str:
    yes, no = ("yes", "no") if english else ("是", "否")
    parts = []
    for name in names:
        measure = model.measures[name]
        label = measure.en if english else measure.zh
        value = (yes if measures[name] >= 1 else no) if measure.flag else measure.show(measures[name])
        parts.append(f"{label} {value}")
    return ("; " if english else "；").join(parts)
