"""A model as the catalogue describes it."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from yuanjian.screening.ports import Condition, Medium


@dataclass(frozen=True, slots=True)
class Measure:
    """One number a model produces for each episode; larger is always worse.

    ``combine`` ``max`` or ``sum`` over the episodes of a finding; ``flag`` marks a yes/no.
    ``scale`` multiplies the number for people (100 turns a share into percent).
    """

    name: str
    zh: str
    en: str
    unit: str = ""
    decimals: int = 0
    combine: str = "max"
    flag: bool = False
    scale: float = 1.0

    def show(self, value: float) -> str:
        """The number as shown, with its unit."""
        number = f"{value * self.scale:.{self.decimals}f}"
        return f"{number}{self.unit}" if self.unit == "%" else f"{number} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Basis:
    """One legal basis with the dates of acts it applies to (inclusive; None: open)."""

    text: str
    valid_from: date | None
    valid_to: date | None

    def applies(self, first: date, last: date) -> bool:
        """Was it in force on any day from ``first`` to ``last``?"""
        return (self.valid_from is None or self.valid_from <= last) and (
            self.valid_to is None or first <= self.valid_to
        )


@dataclass(frozen=True)
class Model:
    """A reviewed model; see docs/add-a-model.md for the meaning of every field.

    ``levels`` per medium; ``lookback`` is the model's memory: older data cannot change its answer.
    ``level1_confirmed_by`` names what confirms the numbers; None means level 1 needs a named person.
    ``second_model``: level 1 needs an independent second model (``level1_needs``, see `screening.grading`);
    ``rules``: level 1 needs so many that are no statistical signs themselves.
    ``run``: how often it is worth asking: every ``minute``, after every ``hour`` or after every ``day``.
    """

    code: str
    version: int
    hash: str
    title: str
    title_en: str
    description: str
    description_en: str
    class_: str
    status: str
    kernel: str
    inputs: Mapping[str, Any]
    params: Mapping[str, Any]
    lookback: timedelta
    clear_after: timedelta
    measures: Mapping[str, Measure]
    levels: Mapping[Medium, Mapping[int, Condition]]
    level1_confirmed_by: str | None
    claim: str
    claim_en: str
    excludes: tuple[str, ...]
    basis: tuple[Basis, ...]
    evidence: tuple[str, ...]
    false_positives: tuple[str, ...]
    check_on_site: tuple[str, ...]
    certainty: str
    certainty_note: str
    notify_enterprise: bool
    run: str
    second_model: bool = False
    rules: int = 0

    @property
    def media(self) -> tuple[Medium, ...]:
        """The media the model applies to."""
        return tuple(self.levels)

    @cached_property
    def sight(self) -> Hashable:
        """What decides which outlets and factors it sees: equal for models that see the same."""
        return (self.media, json.dumps(dict(self.inputs), sort_keys=True, default=list))

    @property
    def compares_peers(self) -> bool:
        """Does it look at outlets of several enterprises at once?"""
        return "peers" in self.inputs["needs"]

    @property
    def records(self) -> tuple[str, ...]:
        """Kinds of records it reads (``needs: [record:KIND]``)."""
        named = (need.partition(":") for need in self.inputs["needs"])
        return tuple(name for what, _, name in named if what == "record")

    @property
    def grace(self) -> timedelta:
        """How long it waits for what comes late before it judges (``grace_hours``, ``grace_days``)."""
        return timedelta(self.params.get("grace_days", 0), hours=self.params.get("grace_hours", 0))

    def basis_on(self, first: date, last: date) -> list[str]:
        """The legal basis for acts from ``first`` to ``last``; both regimes where the act straddles them.

        Source: Ecological Environment Code art. 1057 (the law at the time of the act), art. 1242 (repeals).
        """
        return [basis.text for basis in self.basis if basis.applies(first, last)]
