"""The honest year: every model over every outlet, level 1 switched on, and nobody cheats.

What is found of level 1 is a false work order, unless the reviewed list `clean_allowed.yaml` gives a reason:
the sources have failures of their own. Limits are made from each outlet's own year, so models of the class
exceedance are not judged here. Findings of level 1 of one outlet less than a day apart are one clue, and
a statistical sign needs a second model, as in `screening.grading`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from yuanjian.clock import beijing_day
from yuanjian.screening import engine, grading
from yuanjian.screening.findings import Finding
from yuanjian.screening.model import Model
from yuanjian.screening.scene import Progress
from yuanjian.simulator.patterns import papers
from yuanjian.simulator.patterns.bases import HOURS
from yuanjian.simulator.patterns.judge import policy
from yuanjian.simulator.patterns.plants import Plant
from yuanjian.simulator.patterns.readings import PlantReadings, instant, registry

NOT_JUDGED = "exceedance"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Allowed:
    """A level-1 finding that is right or known: outlet, model, factor ("" any), days [first, last], why."""

    unit: str
    model: str
    first: date
    last: date
    reason: str
    factor: str = ""

    def covers(self, unit: str, finding: Finding) -> bool:
        """Is this finding meant?"""
        mine = (self.unit, self.model) == (unit, finding.model) and self.factor in {"", finding.factor}
        return (
            mine
            and self.first <= beijing_day(finding.start)
            and beijing_day(finding.end - DAY / 24) <= self.last
        )


@cache
def allow_list() -> tuple[Allowed, ...]:
    """The reviewed list."""
    text = files(__package__).joinpath("clean_allowed.yaml").read_text(encoding="utf-8")
    return tuple(Allowed(**entry) for entry in yaml.safe_load(text))


@dataclass(frozen=True)
class Year:
    """The honest outlets and all findings over hours [0, ``hours``)."""

    plants: tuple[Plant, ...]
    findings: tuple[Finding, ...]
    models: Mapping[str, Model]
    reach: Mapping[str, float]
    """How many of the outlets each model could judge."""
    hours: int = HOURS

    @property
    def outlet_years(self) -> float:
        """Of real series."""
        return sum(not plant.synthetic for plant in self.plants) * self.hours / HOURS

    def judged(self, status: frozenset[str]) -> list[Finding]:
        """Findings of models of a status, without exceedance and outlets that are all synthetic."""
        return [
            finding
            for finding in self.findings
            if self.models[finding.model].status in status
            and finding.class_ != NOT_JUDGED
            and not self.plants[finding.outlet].synthetic
        ]

    def work_orders(self, status: frozenset[str]) -> Iterator[Finding]:
        """Findings that would give a clue of level 1 and are on no list."""
        of_outlet: dict[int, list[Finding]] = {}
        for finding in self.judged(status):
            of_outlet.setdefault(finding.outlet, []).append(finding)
        for outlet, found in of_outlet.items():
            unit = self.plants[outlet].name
            for finding in found:
                if grading.level_of(finding, found, self.models) == 1 and not is_allowed(unit, finding):
                    yield finding

    def clues(self, status: frozenset[str]) -> int:
        """How many work orders that would be."""
        total, until = 0, dict[int, Any]()
        for finding in sorted(self.work_orders(status), key=lambda f: (f.outlet, f.start)):
            last = until.get(finding.outlet)
            total += last is None or finding.start > last + DAY
            until[finding.outlet] = finding.end if last is None else max(last, finding.end)
        return total

    def rates(self) -> dict[str, dict[str, float]]:
        """Findings of each level per year of an outlet the model could judge, by model; all of them."""
        counts = Counter((finding.model, finding.level) for finding in self.findings)
        years = {code: max(self.reach[code], 1.0) * self.hours / HOURS for code in self.models}
        return {
            code: {str(level): round(counts[code, level] / years[code], 3) for level in (1, 2, 3)}
            for code in self.models
        }


def is_allowed(unit: str, finding: Finding) -> bool:
    """Is a finding on the list?"""
    return any(entry.covers(unit, finding) for entry in allow_list())


def screen(
    models: Sequence[Model], plants: Sequence[Plant], *, hours: int = HOURS, progress: Progress | None = None
) -> Year:
    """Screen the first hours of the outlets' year, papers and all."""
    plants = papers.filed(plants)
    report = engine.run(
        models, PlantReadings(plants), registry(plants), policy(models), start=instant(0), end=instant(hours),
        now=instant(hours + 2), progress=progress,
    )  # fmt: skip
    known = {model.code: model for model in models}
    media = Counter(plant.medium for plant in plants)
    reach = {run.code: run.covered * sum(media[m] for m in known[run.code].media) for run in report.runs}
    return Year(tuple(plants), tuple(report.findings), known, reach, hours)
