"""The blocks officers build models of (`builder_blocks.yaml`): methods of the engine in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

import yaml

from yuanjian.platform.clues.catalogue import usual_params
from yuanjian.screening.model import Measure

TOKEN = re.compile(r"%([a-z][a-z0-9_.]*)%")
FACTOR_UNIT = "factor"
"""A unit that is the one of the factors chosen."""


@dataclass(frozen=True)
class Param:
    """One number or choice of a block; `scale` turns the stored number into the shown one (100: percent)."""

    name: str
    kind: str
    zh: str
    en: str
    default: Any = None
    unit: str = ""
    scale: float = 1.0
    min: float = 0.0
    max: float = 0.0
    choices: tuple[Mapping[str, str], ...] = ()
    hint: str = ""
    hint_en: str = ""

    def choice(self, value: Any) -> Mapping[str, str] | None:
        """The choice of that value."""
        return next((choice for choice in self.choices if choice["value"] == value), None)

    def shown(self, value: Any, *, english: bool = False) -> str:
        """A value as people read it; an ellipsis for what is still missing."""
        if self.kind == "choice":
            found = self.choice(value)
            return found["en" if english else "zh"] if found else "…"
        return "…" if value is None or isinstance(value, str) else f"{value:g}"

    def stored(self, value: Any) -> Any:
        """A value as the method takes it."""
        if self.kind == "choice":
            return value
        number = round(value / self.scale, 10)
        return int(number) if self.kind == "integer" else number


@dataclass(frozen=True)
class Block:
    """One block; the fields are explained at the head of the file."""

    name: str
    data: str
    kernel: str
    title: str
    title_en: str
    explain: str
    explain_en: str
    media: tuple[str, ...]
    cadence: str
    subject: tuple[str, ...]
    needs: tuple[str, ...]
    category: str
    params: Mapping[str, Param]
    fixed: Mapping[str, Any]
    when: str
    when_en: str
    measures: Mapping[str, Mapping[str, Any]]
    offered: tuple[str, ...]
    levels: Mapping[str, Mapping[str, float]]
    clear_after: int
    lookback: Mapping[str, Any]
    run: str
    always: tuple[str, ...]
    suggested: tuple[str, ...]
    excludes: tuple[str, ...]
    claim: str
    claim_en: str
    basis: tuple[str, ...]
    evidence: tuple[str, ...]

    @property
    def of_factors(self) -> bool:
        """Does it look at factors?"""
        return self.subject == ("factor",)

    @property
    def every_factor(self) -> bool:
        """May it look at all factors of an outlet at once?"""
        return self.name == "gap"

    def filled(self, text: str, params: Mapping[str, Any], *, english: bool = False) -> str:
        """A text with ``%name%`` replaced by the parameters as shown."""

        def word(match: re.Match[str]) -> str:
            return self.params[match[1]].shown(params.get(match[1]), english=english)

        return TOKEN.sub(word, text)

    def stored_params(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of the method, nobody's choice as in the program's own model of that method.

        ``cv.0`` is the first of the list ``cv``.
        """
        asked: dict[str, Any] = {}
        for name, param in self.params.items():
            head, _, place = name.partition(".")
            if place:
                asked.setdefault(head, []).append(param.stored(given[name]))
            else:
                asked[name] = param.stored(given[name])
        return {**usual_params(self.kernel), **self.fixed, **asked}

    def measure_fields(self, params: Mapping[str, Any], unit: str) -> dict[str, dict[str, Any]]:
        """The measures as a model has them: texts filled in, the unit of the factors where it is theirs."""
        return {name: self._measure(fields, params, unit) for name, fields in self.measures.items()}

    def measures_for(self, params: Mapping[str, Any], unit: str) -> dict[str, Measure]:
        """The same as the engine knows them."""
        return {name: Measure(name, **fields) for name, fields in self.measure_fields(params, unit).items()}

    def _measure(self, fields: Mapping[str, Any], params: Mapping[str, Any], unit: str) -> dict[str, Any]:
        texts = {
            "zh": self.filled(fields["zh"], params),
            "en": self.filled(fields["en"], params, english=True),
        }
        own = {"unit": unit} if fields.get("unit") == FACTOR_UNIT else {}
        return dict(fields) | texts | own

    def memory(self, params: Mapping[str, Any]) -> timedelta:
        """How far back the model looks."""
        more = int(params[self.lookback["plus"]]) if "plus" in self.lookback else 0
        return timedelta(days=self.lookback["days"] + more)


@cache
def _file() -> dict[str, Any]:
    text = (files("yuanjian.platform.clues") / "builder_blocks.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@cache
def blocks() -> dict[str, Block]:
    """All blocks by name."""
    return {name: _block(name, dict(raw)) for name, raw in _file().items() if not name.startswith(".")}


@cache
def exclusions() -> dict[str, tuple[str, str]]:
    """The exclusions blocks offer, in Chinese and English."""
    return {code: (said["zh"], said["en"]) for code, said in _file()[".exclusions"].items()}


def _block(name: str, raw: dict[str, Any]) -> Block:
    params = {key: Param(key, **_tupled(fields)) for key, fields in raw.pop("params").items()}
    suggested = tuple(chain.from_iterable(raw.pop("excludes")))
    excludes = (*suggested, *raw.pop("optional"))
    made = {"category": raw.pop("class"), "params": params, "suggested": suggested, "excludes": excludes}
    return Block(name, **made, **_tupled(raw))


def _tupled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
