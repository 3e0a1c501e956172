"""What the models say of the draws, against what was done; the honest twins tell what they say anyway.

* Only findings of level 1 and 2 count: reminders cost nobody a visit.
* A finding is **caused** by a violation if it lies on its outlets, overlaps it (a day on either side, and
what a rolling count of the model leaves behind), and the model does not say the same of the honest twin.
* A violation is found if one of its models has a caused finding. Recall of a pattern: found / drawn.
* Precision of a pattern and of a model: caused / all counted findings, at outlets that cheat in a way the
  model should see. At all outlets that cheat it falls with the number of other patterns: what is said of real
  events comes again with every draw of the same outlet. So the share of the others that the twin shows too is
  told beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from yuanjian.screening import engine
from yuanjian.screening.findings import Finding
from yuanjian.screening.model import Model
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.simulator.patterns.draws import EARLIEST, SPAN, WEEK, Draw
from yuanjian.simulator.patterns.plants import Plant
from yuanjian.simulator.patterns.readings import PlantReadings, instant, registry

LEVEL = 2
AT_ONCE = 40
"""Draws screened together."""
NEARLY = 0.8
"""A twin's finding of the same level that reaches this share of the score says the same."""
FOCUS = EARLIEST - WEEK
DAY = timedelta(days=1)
LEAVES: Mapping[str, timedelta] = {
    code: timedelta(days=days)
    for code, days in {
        "M103": 30, "M105": 365, "M107": 365, "M111": 30, "M112": 30, "M117": 30, "M118": 30, "M119": 60,
        "M122": 30, "M130": 7, "M134": 14, "M201": 8, "M203": 30,
        "M205": 8, "M212": 30, "M217": 8, "M218": 30, "M220": 8, "M221": 30, "M223": 8, "M224": 8, "M233": 2,
        "M306": 2, "M307": 30, "M733": 60, "M735": 14,
    }.items()
}  # fmt: skip
"""How long after a violation a model may still speak of it: rolling counts, and the way back to normal."""
Told = Callable[[int, int], None]


@dataclass
class Tally:
    """Counts by pattern and by model, and what was missed."""

    patterns: dict[str, Counter[str]] = field(default_factory=dict)
    models: dict[str, Counter[str]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def pattern(self, name: str) -> Counter[str]:
        """The counts of a pattern."""
        return self.patterns.setdefault(name, Counter())

    def model(self, code: str) -> Counter[str]:
        """The counts of a model."""
        return self.models.setdefault(code, Counter())


def policy(models: Sequence[Model]) -> CataloguePolicy:
    """The catalogue's thresholds, level 1 switched on for all."""
    on = Confirmation("评分", "按一级已启用计算")
    return CataloguePolicy({model.code: model for model in models}, {model.code: on for model in models})


def judge(models: Sequence[Model], drawn: Iterator[Draw], total: int, told: Told | None = None) -> Tally:
    """Screen the draws with their twins, some at a time, and count."""
    tally, done = Tally(), 0
    while some := list(islice(drawn, AT_ONCE)):
        found = screen(models, some)
        for at, draw in enumerate(some):
            count(tally, draw, found[2 * at], found[2 * at + 1])
        done += len(some)
        if told is not None:
            told(done, total)
    return tally


def screen(models: Sequence[Model], some: Sequence[Draw]) -> list[list[Finding]]:
    """Counted findings of each draw on the outlets that cheat, then on the honest ones, and so on."""
    plants: list[Plant] = []
    groups: list[int] = []
    for draw in some:
        for part in (draw.plants, draw.twins):
            groups += [1 + max(groups, default=-1)] * len(part)
            plants += part
    report = engine.run(
        models, PlantReadings(plants), registry(plants), policy(models),
        start=instant(FOCUS), end=instant(SPAN), now=instant(SPAN + 2),
    )  # fmt: skip
    found: list[list[Finding]] = [[] for _ in range(2 * len(some))]
    for finding in report.findings:
        if finding.level <= LEVEL:
            found[groups[finding.outlet]].append(finding)
    return found


def count(tally: Tally, draw: Draw, guilty: Sequence[Finding], honest: Sequence[Finding]) -> None:
    """Add one draw to the counts."""
    pattern = tally.pattern(draw.pattern.name)
    caused = [finding for finding in guilty if is_caused(draw, finding, honest)]
    seen = {finding.model for finding in caused}
    hit = bool(seen & set(draw.pattern.models))
    pattern.update(n=1, found=hit)
    if not hit:
        tally.missed.append(f"{draw.pattern.name} #{draw.number} ({draw.source}, {draw.factor})")
    for code in draw.pattern.models:
        tally.model(code).update(n=1, found=code in seen)
    for finding in guilty:
        right = any(finding is other for other in caused)
        anyway = not right and is_said_of(honest, finding)
        tally.model(finding.model).update(said=1, so=right, anyway=anyway)
        if finding.model in draw.pattern.models:
            tally.model(finding.model).update(spoke=1, right=right)
            pattern.update(spoke=1, right=right)


def is_caused(draw: Draw, finding: Finding, honest: Sequence[Finding]) -> bool:
    """Is it about the violation, and not said of the honest twin as well?"""
    first, last = instant(draw.first) - DAY, instant(draw.last) + DAY
    touches = finding.start < last + LEAVES.get(finding.model, timedelta(0)) and finding.end > first
    return touches and not is_said_of(honest, finding)


def is_said_of(honest: Sequence[Finding], finding: Finding) -> bool:
    """Does the model say the same of the honest twin?"""
    return any(
        other.model == finding.model
        and other.factor == finding.factor
        and other.level <= finding.level
        and other.score >= NEARLY * finding.score
        and other.start < finding.end
        and other.end > finding.start
        for other in honest
    )
