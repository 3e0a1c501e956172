"""What the form of the model builder holds, what is wrong with it, and the content of the model it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import isfinite
from typing import Any, Literal

from ninja import Field, Schema

from yuanjian.platform.clues import builder_words as words
from yuanjian.platform.clues.builder_blocks import FACTOR_UNIT, Block, blocks
from yuanjian.platform.common.scope import significant_prefix
from yuanjian.screening import catalogue
from yuanjian.wire.hj212 import factor as factor_of

LEVELS = {"3": "reminder", "2": "warning", "1": "work_order"}
CLASSES = ("exceedance", "data-quality", "data-falsification", "power")
COVERT = "data-falsification"
EVERY_FACTOR = "*"


class Form(Schema):
    """A model as an officer describes it; numbers are as people read them (percent, not shares).

    `levels`: numbers by measure; one of them is enough unless `every`. `region` in full, `industry` the
    beginning of a code or blank.
    """

    block: str = Field("", max_length=32)
    medium: Literal["gas", "water"] = "gas"
    subject: str = Field("", max_length=16)
    factors: list[str] = Field([], max_length=60)
    params: dict[str, float | str | None] = Field({}, max_length=20)
    excludes: list[str] = Field([], max_length=30)
    levels: dict[Literal["3", "2", "1"], dict[str, float | None]] = Field({}, max_length=3)
    every: bool = False
    clear_after: int = Field(3, ge=1, le=720)
    category: str = Field("", max_length=24)
    title: str = Field("", max_length=60)
    title_en: str = Field("", max_length=120)
    purpose: str = Field("", max_length=500)
    basis: list[str] = Field([], max_length=20)
    check_on_site: list[str] = Field([], max_length=20)
    false_positives: list[str] = Field([], max_length=20)
    region: str = Field("", max_length=6)
    industry: str = Field("", max_length=6)

    def numbers(self, level: str) -> dict[str, float]:
        """The numbers given for a level."""
        given = self.levels.get(level, {})  # type: ignore[call-overload]
        return {name: value for name, value in given.items() if value is not None}

    @property
    def found(self) -> Block | None:
        """The block chosen."""
        return blocks().get(self.block)

    @property
    def unit(self) -> str:
        """The unit the factors share; blank if they share none."""
        units = {known.unit for code in self.factors if (known := factor_of(code))}
        return units.pop() if len(units) == 1 else ""


@dataclass(frozen=True)
class Problem:
    """What is missing or wrong, and in which field."""

    field: str
    text: str
    text_en: str


@cache
def bases() -> dict[str, dict[str, Any]]:
    """The legal bases of the catalogue by name."""
    return catalogue.bases()


def problems(form: Form, today: date) -> list[Problem]:
    """Everything that keeps the form from being a model; empty: it is one."""
    block = form.found
    if block is None:
        return [Problem("block", "请选择判断条件", "choose a condition")]
    checks = (_data(form, block), _params(form, block), _levels(form, block), _words(form), _law(form, today))
    return [problem for check in checks for problem in check]


def _data(form: Form, block: Block) -> Iterator[Problem]:
    if form.medium not in block.media:
        yield Problem("medium", "该条件不适用于所选介质", "the condition does not fit this medium")
    if not block.of_factors and form.subject not in block.subject:
        yield Problem("subject", "请选择设施", "choose the facility")
    if not set(form.excludes) <= set(block.excludes):
        yield Problem("excludes", "该条件没有所选的排除项", "the condition has no such exclusion")
    if block.of_factors and form.factors != [EVERY_FACTOR]:
        yield from _factors(form, block)


def _factors(form: Form, block: Block) -> Iterator[Problem]:
    known = [factor_of(code) for code in form.factors]
    if not known:
        yield Problem("factors", "请至少选择一个因子", "choose at least one factor")
    elif any(item is None or item.medium != form.medium for item in known):
        yield Problem("factors", "所选因子与介质不符", "a factor does not belong to the medium")
    if len(known) > 1 and not form.unit and any(p.unit == FACTOR_UNIT for p in block.params.values()):
        yield Problem(
            "factors", "与同一个数比较的因子须单位相同", "factors compared with one number share a unit"
        )


def _params(form: Form, block: Block) -> Iterator[Problem]:
    if form.factors == [EVERY_FACTOR] and not block.every_factor:
        yield Problem("factors", "该条件须逐个选择因子", "the condition needs factors one by one")
    for name, param in block.params.items():
        value = form.params.get(name)
        if param.kind == "choice":
            if param.choice(value) is None:
                yield Problem(f"params.{name}", f"请选择{param.zh}", f"choose: {param.en}")
        elif value is None or isinstance(value, str) or not isfinite(value):
            yield Problem(f"params.{name}", f"请填写{param.zh}", f"give: {param.en}")
        elif not param.min <= value <= param.max or (param.kind == "integer" and value != int(value)):
            kind, kind_en = ("整数", "a whole number") if param.kind == "integer" else ("数", "a number")
            span = f"{param.min:g}–{param.max:g}"
            yield Problem(
                f"params.{name}", f"{param.zh}须为 {span} 的{kind}", f"{param.en}: {kind_en} of {span}"
            )


def _levels(form: Form, block: Block) -> Iterator[Problem]:
    for level, name in words.LEVELS.items():
        given = form.numbers(level)
        if not given:
            yield Problem(f"levels.{level}", f"请填写{name[0]}的数值", f"give a number for the {name[1]}")
        if not set(given) <= set(block.offered) or not all(0 < n < float("inf") for n in given.values()):
            yield Problem(f"levels.{level}", "分级数值须为正数", "numbers of a level are positive")
    yield from _rising(form, block)


def _rising(form: Form, block: Block) -> Iterator[Problem]:
    for severe, mild in (("2", "3"), ("1", "2"), ("1", "3")):
        one, other = form.numbers(severe), form.numbers(mild)
        shared = set(one) & set(other)
        falls = any(one[name] < other[name] for name in shared)
        # One number is enough: where it is the same, the milder level is never told.
        stays = not form.every and any(one[name] == other[name] for name in shared if not _flag(block, name))
        if falls or stays or (one and one == other):
            (zh, en), (than, than_en) = words.LEVELS[severe], words.LEVELS[mild]
            yield Problem(f"levels.{severe}", f"{zh}须严于{than}", f"{en} must be stricter than {than_en}")


def _flag(block: Block, name: str) -> bool:
    return bool(block.measures.get(name, {}).get("flag"))


def _words(form: Form) -> Iterator[Problem]:
    if form.category not in CLASSES:
        yield Problem("category", "请选择类别", "choose a class")
    for name, zh, en in (("title", "名称", "title"), ("purpose", "目的", "purpose")):
        if not getattr(form, name).strip():
            yield Problem(name, f"请填写{zh}", f"give a {en}")
    if len(_lines(form.check_on_site)) < 2:
        yield Problem(
            "check_on_site", "请写出至少两条现场核查要点", "give at least two things to check on site"
        )
    if not _lines(form.false_positives):
        yield Problem("false_positives", "请写出容易误判的情形", "say what is known to fool it")
    if any(len(line) > 200 for line in (*form.check_on_site, *form.false_positives)):
        yield Problem("check_on_site", "每条不超过 200 字", "200 characters a line at most")


def _law(form: Form, today: date) -> Iterator[Problem]:
    chosen = [bases().get(name) for name in form.basis]
    if None in chosen:
        yield Problem("basis", "所选依据不在目录中", "a basis is not in the catalogue")
    elif not any(item and in_force(item, today) for item in chosen):
        yield Problem("basis", "请至少选择一条现行有效的依据", "choose at least one basis in force today")
    if not form.region.isdigit() or len(form.region) != 6:
        yield Problem("region", "请选择适用区域", "choose the region")


def in_force(basis: Mapping[str, Any], on: date) -> bool:
    """Does a legal basis apply to acts of that day?"""
    return basis.get("from", on) <= on <= basis.get("to", on)


def _lines(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _ended(text: str, stop: str) -> str:
    """What people wrote as a sentence, so that another can follow."""
    said = text.strip()
    return said if said.endswith(tuple("。！？.!?")) else said + stop


def content(form: Form, code: str, version: int) -> dict[str, Any]:
    """The model as a ``model.yaml`` would say it; the form has no problems."""
    block = blocks()[form.block]
    region, industry = significant_prefix(form.region), form.industry.strip()
    said = words.Words(form)
    return {
        "code": code,
        "version": version,
        "title": form.title.strip(),
        "title_en": form.title_en.strip() or form.title.strip(),
        "class": form.category,
        "status": "draft",
        "kernel": block.kernel,
        "description": f"{_ended(form.purpose, '。')}\n{said.sentence()}",
        "description_en": f"{_ended(form.purpose, '.')}\n{said.sentence(english=True)}",
        "inputs": {
            "medium": form.medium,
            "cadence": block.cadence,
            "subject": "factor" if block.of_factors else form.subject,
            "factors": EVERY_FACTOR if form.factors == [EVERY_FACTOR] else _factor_codes(form, block),
            "needs": _needs(form, block),
            "power_step": "10 min",
            "where": {"region": region} | ({"industry": industry} if industry else {}),
        },
        "params": block.stored_params(form.params),
        "lookback": f"{block.memory(form.params).days} d",
        "run": block.run,
        "measures": block.measure_fields(form.params, form.unit),
        "levels": {name: _condition(form, block, level) for level, name in LEVELS.items()},
        "debounce": {"clear_after": f"{form.clear_after} h"},
        "excludes": [
            code for code in (*block.excludes, *block.always) if code in {*form.excludes, *block.always}
        ],
        "claim": block.filled(block.claim, form.params),
        "claim_en": block.filled(block.claim_en, form.params, english=True),
        "basis": list(form.basis),
        "evidence": list(block.evidence),
        "false_positives": _lines(form.false_positives),
        "check_on_site": _lines(form.check_on_site),
        "certainty": {"mark": "D", "note": "本单位自建模型，阈值由编写人提出，一级须经指定人员确认"},
        "level1_confirmed_by": None,
        "notify_enterprise": form.category != COVERT,
    }


def _factor_codes(form: Form, block: Block) -> list[str]:
    return list(dict.fromkeys(form.factors)) if block.of_factors else []


def _needs(form: Form, block: Block) -> list[str]:
    of_meters = {"production": ["production_state"], "treatment": ["treatment"]}
    return list(block.needs) or ([] if block.of_factors else of_meters.get(form.subject, []))


def _condition(form: Form, block: Block, level: str) -> list[dict[str, float]]:
    """One alternative with all numbers, or one for each."""
    numbers = stored_numbers(form, block, level)
    return [numbers] if form.every else [{name: number} for name, number in numbers.items()]


def stored_numbers(form: Form, block: Block, level: str) -> dict[str, float]:
    """The numbers of a level as the engine compares them."""
    given = form.numbers(level)
    scales = {name: float(block.measures[name].get("scale", 1)) for name in block.offered}
    return {name: round(given[name] / scales[name], 10) for name in block.offered if name in given}
