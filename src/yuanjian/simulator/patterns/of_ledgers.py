"""What ledgers, declarations, permits and orders have against the plant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.desk import DAY, WEEK
from yuanjian.simulator.patterns.of_records import desk_of, drop, restate, rewrite, weeks_of
from yuanjian.simulator.patterns.papers_of_amounts import YEAR, kilograms, month_spans, ratio
from yuanjian.simulator.patterns.papers_of_plants import listed
from yuanjian.simulator.patterns.plants import SLOTS, Paper
from yuanjian.simulator.patterns.stage import Stage


def permit_cut(stage: Stage) -> None:
    """The permitted amount of the year is cut, and the plant goes on as before."""
    plant, code = stage.plant, stage.factor
    plant.papers[:] = [p for p in plant.papers if p.kind != "permit_amount" or p.facts["factor"] != code]
    sent = float(kilograms(plant, code)[: stage.first // DAY].sum()) / 1000.0
    for span, amount in (((0, stage.first), 10.0 * sent), ((stage.first, YEAR), sent / stage.size["used"])):
        desk_of(stage).put("permit_amount", *span, known=True, factor=code, kind="year", amount=amount)


def special_day(stage: Stage) -> None:
    """Heavy pollution: the amount of such days is not kept."""
    desk, days = desk_of(stage), slice(-(-stage.first // DAY), stage.last // DAY)
    most = float(kilograms(stage.plant, stage.factor)[days].max()) / 1000.0
    span = float(DAY * days.start - 2), float(DAY * days.stop + 2)
    desk.put("order", *span, known=True, kind="emergency", grade="橙色")
    desk.put(
        "permit_amount", *span, known=True, factor=stage.factor, kind="day",
        amount=most / stage.size["times"],
    )  # fmt: skip


def over_reduction(stage: Stage) -> None:
    """Told to reduce, it does not."""
    _ordered(stage, kind="emergency", grade="红色", share=round(stage.size["share"], 2))


def over_quota(stage: Stage) -> None:
    """Told a quota of energy, it takes more."""
    kw = np.nansum([meter.kw for meter in stage.meters("production")], axis=0)
    mean = float(kw[SLOTS * stage.first : SLOTS * stage.last].mean())
    _ordered(stage, kind="staggered", quota=float(round(DAY * mean / stage.size["times"])))


def line_runs_on(stage: Stage) -> None:
    """Told to stop, it runs on."""
    _ordered(stage, kind="suspension", facilities=listed(stage.plant.meters), allowance=60.0)


def _ordered(stage: Stage, **facts: Any) -> None:
    drop(stage, lambda paper: paper.kind == "order")
    desk_of(stage).put("order", stage.first, stage.last, known=True, **facts)


def _came(stage: Stage, kind: str) -> Callable[[Paper], bool]:
    """Papers of a kind about the factor that come during the violation."""
    return lambda paper: (
        paper.kind == kind
        and paper.facts["factor"] == stage.factor
        and stage.first <= paper.received < stage.last
    )


def tax_low(stage: Stage) -> int:
    """Less is declared than was emitted."""
    share, came = stage.size["share"], _came(stage, "declared_tax")
    return rewrite(
        stage, lambda p: came(p) and p.facts["amount"] > 0, lambda p: {"amount": p.facts["amount"] * share}
    )


def tax_reduced(stage: Stage) -> int:
    """A reduction is claimed for a month with hours above the limit."""
    above, came = ratio(stage.plant, stage.factor) > 1.0, _came(stage, "declared_tax")
    return rewrite(
        stage,
        lambda p: came(p) and bool(above[int(p.first) : int(p.last)].any()),
        lambda _: {"reduction": float(stage.rng.choice([25.0, 50.0]))},
    )


def substituted_low(stage: Stage) -> int:
    """Lost hours are made up for by amounts that suit."""
    own = [p for p in stage.plant.papers if p.kind == "substituted" and p.facts["factor"] == stage.factor]
    months = [[p for p in own if a <= p.first < b] for a, b in month_spans(stage.plant.hours)]
    last = [max((p.received for p in papers), default=0.0) for papers in months]
    low = [
        p for at, papers in zip(last, months, strict=True) if stage.first <= at < stage.last for p in papers
    ]
    return rewrite(stage, lambda p: p in low, lambda p: {"amount": p.facts["amount"] * stage.size["share"]})


def price_hours(stage: Stage) -> None:
    """Hours above the limit under load."""
    size = stage.last - stage.first
    stage.show_judged(stage.part, stage.limit * stage.size["ratio"] * stage.rng.uniform(0.95, 1.05, size))
    restate(stage)


def _weekly(stage: Stage, kind: str, change: Callable[[Mapping[str, Any], int], dict[str, Any]]) -> int:
    """Other amounts for the weeks from the month's first on; how many."""
    weeks = weeks_of(stage)
    return rewrite(
        stage,
        lambda p: p.kind == kind and int(p.first // WEEK) in weeks,
        lambda p: change(p.facts, int(p.first // WEEK)),
    )


def products_hidden(stage: Stage) -> int:
    """Part of what is made is in no ledger."""
    share = stage.size["share"]
    return _weekly(stage, "product", lambda facts, _: {"amount": facts["amount"] * share})


def over_capacity(stage: Stage) -> int:
    """More is made than permitted: ever more electricity and products by the week."""
    facts = next(paper.facts for paper in stage.plant.papers if paper.kind == "capacity")
    power = facts["amount"] * 7.0 / 365.0 * facts["energy_per_unit"] * stage.size["times"]
    wobble = {week: 1.0 + stage.rng.normal(0.0, 0.03) for week in weeks_of(stage)}
    _weekly(stage, "product", lambda _, week: {"amount": power / facts["energy_per_unit"] * wobble[week]})
    return _weekly(
        stage, "utility", lambda own, week: {"amount": power * wobble[week]} if own["kind"] == "power" else {}
    )


def unmetered(stage: Stage) -> int:
    """Much more gas than before, or water from a well: one of three no longer fits."""
    kind, share = ("gas", stage.size["more"]) if stage.rng.uniform() < 0.5 else ("water", stage.size["less"])
    weeks = range(-(-stage.first // WEEK), stage.last // WEEK)
    return rewrite(
        stage,
        lambda p: p.kind == "utility" and p.facts["kind"] == kind and int(p.first // WEEK) in weeks,
        lambda p: {"amount": p.facts["amount"] * share},
    )


def unlisted_line(stage: Stage) -> None:
    """A machine no permit names works by night."""
    hours = np.arange(stage.plant.hours)
    on = (hours >= stage.first) & (hours < stage.last) & (hours % DAY < stage.size["hours"])
    meter = layers.meter("production", 75.0, np.repeat(np.where(on, 0.7, 0.0), SLOTS), stage.rng)
    meter.in_permit = False
    stage.plant.meters["未登记生产线"] = meter


def carbon_overdue(stage: Stage) -> int:
    """Nobody changes the carbon."""
    drop(stage, lambda paper: paper.kind == "carbon_change")
    last = max((p for p in stage.plant.papers if p.kind == "carbon_change" and p.first < stage.first),
               key=lambda p: p.first)  # fmt: skip
    fan = next(meter for meter in stage.plant.meters.values() if meter.machine == "fan")
    since = fan.kw[SLOTS * max(int(last.first), 0) : SLOTS * stage.last]
    ran = float((since > 0.1 * fan.rated).sum()) / SLOTS
    return int(ran > stage.size["times"] * last.facts["design_hours"])


def sludge_gone(stage: Stage) -> int:
    """Most of the sludge leaves without a weighing slip."""
    return rewrite(
        stage,
        lambda p: p.kind == "sludge" and stage.first <= p.first < stage.last,
        lambda p: {"amount": round(p.facts["amount"] * (1.0 - stage.size["share"]), 2)},
    )


def sample_diluted(stage: Stage) -> int:
    """Air is led into the sample behind the hot side, for some hours at a time."""
    oxygen = stage.plant.series["a19001"]
    times = range(stage.first, stage.last - 12, round(stage.size["apart"]))
    for at in times:
        part = slice(at, at + round(stage.size["hours"]))
        before = oxygen.values[part].astype(np.float64)
        air = np.minimum(before + stage.size["oxygen"], 20.0)
        oxygen.put(part, air)
        stage.change(part, (21.0 - air) / (21.0 - np.minimum(before, 20.0)), stage.plant.pollutants)
        flow = stage.plant.gauges["sample_flow"].own
        flow.put(part, flow.values[part] * stage.size["flow"])
    restate(stage)
    return len(times)
