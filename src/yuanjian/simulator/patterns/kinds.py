"""Examples for M734: what models say of known violations and accidents, and what really was behind them.

One example for each draw of which anything is said at level 1 or 2: the findings that touch it as a clue, and
the numbers of `screening.learnt.circumstances`. The causes are those of the patterns; they are as good as the
patterns are true to life, and no better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from yuanjian.screening import engine
from yuanjian.screening.findings import Finding
from yuanjian.screening.learnt.circumstances import describe
from yuanjian.screening.learnt.kinds import KINDS
from yuanjian.screening.model import Model
from yuanjian.screening.training.kinds import Example
from yuanjian.simulator.patterns import library
from yuanjian.simulator.patterns.draws import SPAN, Draw, draw
from yuanjian.simulator.patterns.judge import DAY, FOCUS, LEVEL, policy
from yuanjian.simulator.patterns.plants import Plant
from yuanjian.simulator.patterns.readings import PlantReadings, instant, registry

AT_ONCE = 40
Told = Callable[[int, int], None]


def examples(models: Sequence[Model], seed: int, count: int, told: Told | None = None) -> Iterator[Example]:
    """Of each pattern with a cause of M734 ``count`` draws, of each accident three times as many."""
    every = [*library.patterns().values(), *library.accidents().values()]
    jobs = [
        (pattern, number)
        for pattern in every
        if pattern.cause in KINDS
        for number in range(count if pattern.models else 3 * count)
    ]
    drawn = (draw(pattern, seed, number) for pattern, number in jobs)
    done = 0
    while some := list(islice(drawn, AT_ONCE)):
        yield from _of_some(models, some)
        done += len(some)
        if told is not None:
            told(done, len(jobs))


def _of_some(models: Sequence[Model], some: Sequence[Draw]) -> Iterator[Example]:
    plants: list[Plant] = [plant for one in some for plant in one.plants]
    owners = [at for at, one in enumerate(some) for _ in one.plants]
    readings, register = PlantReadings(plants), registry(plants)
    report = engine.run(
        models, readings, register, policy(models),
        start=instant(FOCUS), end=instant(SPAN), now=instant(SPAN + 2),
    )  # fmt: skip
    for at, one in enumerate(some):
        outlet = register.outlets()[owners.index(at)]
        found = [finding for finding in report.findings if finding.outlet == outlet.outlet]
        worse = [finding for finding in found if finding.level <= LEVEL and _touches(one, finding)]
        if worse:
            start, end = min(f.start for f in worse), max(f.end for f in worse)
            numbers = describe(outlet, readings, register, found, start, end)
            yield Example(one.pattern.name, one.pattern.cause, numbers)


def _touches(one: Draw, finding: Finding) -> bool:
    return finding.start < instant(one.last) + DAY and finding.end > instant(one.first) - DAY
