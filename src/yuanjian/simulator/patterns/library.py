"""The patterns of `library.yaml`, and the functions they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import yaml

from yuanjian.simulator.patterns import stage
from yuanjian.simulator.patterns.stage import Stage

ACTS = (
    *("access", "flue_gas", "furnace", "gaps", "ledgers", "power"),
    *("process", "records", "upkeep", "values", "water"),
)
MODULES = tuple(import_module(f"{__package__}.of_{name}") for name in ACTS)
Act = Callable[[Stage], int | None]
"""Changes the plant of a stage; may tell how often it found an occasion."""


@dataclass(frozen=True)
class Pattern:
    """A way to cheat or break; the head of `library.yaml` tells what the fields mean."""

    name: str
    zh: str
    en: str
    do: str
    at: tuple[str, ...]
    hours: tuple[int, int]
    models: tuple[str, ...]
    factor: str = ""
    prepare: str = ""
    size: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    needs: Mapping[str, Any] = field(default_factory=dict)
    cause: str = "cheat"

    @property
    def act(self) -> Act:
        """The function that does it."""
        found: Act = next(getattr(module, self.do) for module in MODULES if hasattr(module, self.do))
        return found

    def prepared(self, scene: Stage) -> None:
        """Do what is prepared before, for the honest twin too; pairs are made where the plants are drawn.

        ``prepare`` may name several things, in order.
        """
        for name in self.prepare.split():
            if name != "pair":
                getattr(stage, name)(scene)


@cache
def patterns() -> Mapping[str, Pattern]:
    """All patterns by name."""
    return _read("library.yaml")


@cache
def accidents() -> Mapping[str, Pattern]:
    """What happens without anybody cheating, for M734 to learn the difference; nothing is scored by it."""
    return _read("accidents.yaml")


def _read(file: str) -> Mapping[str, Pattern]:
    raw = yaml.safe_load(files(__package__).joinpath(file).read_text(encoding="utf-8"))
    return {name: _pattern(name, fields) for name, fields in raw.items()}


def _pattern(name: str, raw: dict[str, Any]) -> Pattern:
    lists = {key: tuple(raw[key]) for key in ("at", "hours", "models")}
    size = {key: (float(low), float(high)) for key, (low, high) in raw.get("size", {}).items()}
    return Pattern(name, **{**raw, **lists, "size": size})
