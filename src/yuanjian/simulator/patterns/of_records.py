"""What is filed wrongly, late or not at all about instruments, and values that manual results contradict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from yuanjian.screening.checks.bands import allowed
from yuanjian.series import FlagCode
from yuanjian.simulator.patterns import layers, papers_of_amounts
from yuanjian.simulator.patterns.desk import DAY, WEEK, Desk
from yuanjian.simulator.patterns.papers_of_instruments import (
    write_check,
    write_export,
    write_result,
    write_setting,
)
from yuanjian.simulator.patterns.plants import OXYGEN, Mark, Paper
from yuanjian.simulator.patterns.stage import Stage

STRANGER = "人员乙"
OWN_DESK = (0.0, 2.0)
"""Papers of those who cheat are in time, hours."""
CLEAR = 1.3
"""A difference is none before it is so many times what the standards allow between two methods."""
DAILY = frozenset({"span", "standard"})


def desk_of(stage: Stage) -> Desk:
    """A desk that writes into the plant's papers."""
    return Desk(stage.plant, stage.rng, papers=stage.plant.papers)


def drop(stage: Stage, unwanted: Callable[[Paper], bool]) -> int:
    """Papers of the violation's time that are never filed; how many."""
    before = len(stage.plant.papers)
    stage.plant.papers[:] = [
        paper
        for paper in stage.plant.papers
        if not (stage.first <= paper.first < stage.last and unwanted(paper))
    ]
    return before - len(stage.plant.papers)


def rewrite(stage: Stage, wanted: Callable[[Paper], bool], how: Callable[[Paper], dict[str, Any]]) -> int:
    """Papers with other facts; how many."""
    count = 0
    for at, paper in enumerate(stage.plant.papers):
        if wanted(paper):
            stage.plant.papers[at] = replace(paper, facts={**paper.facts, **how(paper)})
            count += 1
    return count


def restate(stage: Stage) -> None:
    """Who has sent other values declares what they come to."""
    stage.plant.papers[:] = [p for p in stage.plant.papers if p.kind not in {"declared_tax", "substituted"}]
    papers_of_amounts.taxes(desk_of(stage))
    papers_of_amounts.substituted(desk_of(stage))


def qc_overdue(stage: Stage) -> int:
    """Nobody calibrates or checks any more."""
    return drop(stage, lambda paper: paper.kind == "qc")


def check_ignored(stage: Stage) -> None:
    """A check is out of control, and the values go on as valid."""
    kind = "standard" if stage.plant.medium == "water" else str(stage.rng.choice(["zero", "span"]))
    limit = 5.0 if kind == "zero" else 10.0
    error = limit * stage.size["times"] * float(stage.rng.choice([-1.0, 1.0]))
    write_check(desk_of(stage), stage.factor, stage.first + 1.3, kind, error, passed=False)


def fault(stage: Stage, first: int, last: int) -> None:
    """The analyser is broken, which is flagged, marked and reported in time."""
    own = stage.own.flags
    own[first:last] = np.where(own[first:last] == FlagCode.MISSING, FlagCode.MISSING, FlagCode.D)
    stage.plant.marks.append(Mark("fault", first, last, stage.factor))
    told = first + min(stage.rng.uniform(1.0, 10.0), last - first)
    desk_of(stage).put(
        "fault_report", first, last, late=OWN_DESK, factor=stage.factor, reported_at=told,
        repaired_at=float(last), reason="分析仪故障",
    )  # fmt: skip


def fault_not_repaired(stage: Stage) -> None:
    """A fault lasts for days."""
    fault(stage, stage.first, stage.last)
    restate(stage)


def faults_repeated(stage: Stage) -> int:
    """One fault follows the other."""
    apart = round(stage.size["apart"])
    times = range(stage.first, stage.last - round(stage.size["hours"]), apart)
    for at in times:
        fault(stage, at, at + round(stage.size["hours"]))
    restate(stage)
    return len(times)


def manual_missing(stage: Stage) -> None:
    """During a fault people measure far too rarely."""
    fault(stage, stage.first, stage.last)
    restate(stage)
    drop(stage, lambda paper: paper.kind == "manual_result" and paper.facts["purpose"] == "outage")
    for at in np.arange(stage.first + 1.0, stage.last, 24.0 / stage.size["a_day"]):
        write_result(desk_of(stage), stage.factor, float(at), stage.limit / 2, "outage", 0.1, late=OWN_DESK)


def slope_lowered(stage: Stage) -> None:
    """The slope of logger or analyser is turned down, unknown to anybody, and the values fall with it."""
    share, desk = 1.0 - stage.size["share"], desk_of(stage)
    origin = str(stage.rng.choice(["logger", "analyser"]))
    write_setting(desk, stage.first, stage.factor, "slope", round(share, 3), (origin,), approved=False)
    write_setting(desk, stage.last, stage.factor, "slope", 1.0, (origin,), approved=False)
    stage.change(stage.part, share)
    restate(stage)


def oxygen_base_raised(stage: Stage) -> None:
    """The logger converts to more oxygen than the permit says."""
    base, desk = float(stage.plant.base or 0.0), desk_of(stage)
    wrong = round(base + stage.size["points"], 1)
    write_setting(desk, stage.first, OXYGEN, "oxygen_base", wrong, ("logger",), approved=False)
    write_setting(desk, stage.last, OXYGEN, "oxygen_base", base, ("logger",))
    for code in stage.plant.pollutants:
        own = stage.plant.series[code].reference
        if own is not None:
            own[stage.part] *= (21.0 - wrong) / (21.0 - base)
    restate(stage)


def analyser_differs(stage: Stage) -> None:
    """The platform gets less than the analyser shows, whose memory officers read out."""
    write_export(desk_of(stage), stage.factor, stage.first, stage.last)
    stage.change(stage.part, stage.size["share"])
    restate(stage)


def _manual(stage: Stage, purpose: str, every: int, times: int) -> int:
    """Samples that are right, every so many days at ten, while the values are clearly too low; how many."""
    desk, own, done = desk_of(stage), stage.own, set()
    for day in range(-(-stage.first // DAY), stage.last // DAY, every):
        for hour in range(DAY * day + 10, DAY * day + 10 + times):
            if desk.plain(stage.factor, hour - 1, hour + 2):
                true = float((own.values if own.reference is None else own.reference)[hour])
                write_result(desk, stage.factor, hour, true, purpose, 0.05, late=(24.0, 120.0))
                if (1.0 - stage.size["share"]) * true > CLEAR * allowed(stage.factor, true, 0.3):
                    done.add(day)
    stage.change(stage.part, stage.size["share"])
    restate(stage)
    return len(done)


def supervision_far(stage: Stage) -> int:
    """Officers find other values than the automatic ones."""
    return _manual(stage, "supervision", 3, 1)


def own_far(stage: Stage) -> int:
    """So does the enterprise's own laboratory."""
    return _manual(stage, "own", 4, 3)


def retained_differs(stage: Stage) -> int:
    """The laboratory finds other values in the retained samples."""
    desk, own, done = desk_of(stage), stage.own, 0
    for hour in range(stage.first + 2, stage.last - 2, 30):
        if desk.plain(stage.factor, hour, hour + 2):
            _retained(stage, hour, intact=True)
            gap = (1.0 - stage.size["share"]) * float(own.values[hour])
            done += gap > CLEAR * allowed(stage.factor, float(own.values[hour]), 0.3)
    stage.change(stage.part, stage.size["share"])
    restate(stage)
    return done


def _retained(stage: Stage, hour: int, *, intact: bool) -> None:
    """What the laboratory finds in a sample of an hour."""
    true = float(stage.own.values[hour])
    write_result(
        desk_of(stage),
        stage.factor,
        hour + 0.5,
        true,
        "retained",
        0.04,
        0.0,
        (24.0, 96.0),
        seal_intact=intact,
    )


def seal_broken(stage: Stage) -> None:
    """A retained sample was opened."""
    _retained(stage, stage.first + 3, intact=False)


def checks_copied(stage: Stage) -> int:
    """One result is written again and again."""
    mine = [p for p in stage.plant.papers if p.kind == "qc" and p.facts["factor"] == stage.factor]
    during = [p for p in mine if stage.first <= p.first < stage.last and p.facts["kind"] in DAILY]
    first = during[0].facts if during else {}
    copy = {name: first.get(name) for name in ("measured", "error", "raw_signal")}
    return rewrite(stage, lambda paper: paper in during[:20], lambda _: copy)


def checks_too_good(stage: Stage) -> int:
    """The checks of the whole quarter are thought up by somebody who knows what has to come out."""
    quarter = (DAY * 90, DAY * 181)
    return rewrite(
        stage,
        lambda p: p.kind == "qc" and p.facts["kind"] in DAILY and quarter[0] <= p.first < quarter[1],
        lambda p: _thought_up(
            float(stage.rng.normal(0.0, stage.size["percent"])), float(p.facts["expected"])
        ),
    )


def _thought_up(error: float, expected: float) -> dict[str, Any]:
    measured = round(expected * (1.0 + error / 100.0), 3)
    return {"measured": measured, "error": round(error, 3), "passed": True}


def shared_cards(stage: Stage) -> int:
    """Others come with the card of somebody, at times nobody has marked any work for."""
    busy, done = stage.plant.marked("maintenance", "stopped"), 0
    for at in range(stage.first, stage.last - 2, round(stage.size["apart"])):
        if not busy[at - 1 : at + 2].any():
            layers.opening(stage.plant, at + 0.4, STRANGER)
            layers.closing(stage.plant, at + 0.9)
            distance = round(stage.size["distance"], 3)
            desk_of(stage).put(
                "face_check", at + 0.4, late=(0.0, 0.1), card_owner="运维甲", distance=distance, persons=1.0
            )
            done += 1
    return done


def low_but_for_visits(stage: Stage) -> int:
    """Values are held low, and are what they are only while officers are there."""
    return _unless_watched(stage, lambda hours: stage.change(hours, stage.size["share"]))


def treated_for_visits(stage: Stage) -> int:
    """Treatment is throttled, and works as it should only while officers are there."""

    def throttle(hours: slice) -> None:
        for meter in stage.meters("treatment"):
            slots = slice(6 * hours.start, 6 * hours.stop)
            meter.kw[slots] = np.round(meter.kw[slots] * stage.size["share"], 1)
            meter.amperes[slots] = np.round(meter.amperes[slots] * stage.size["share"], 1)

    return _unless_watched(stage, throttle)


def _unless_watched(stage: Stage, act: Callable[[slice], None]) -> int:
    """Visits at eleven, eight or nine days apart; between them something is done."""
    desk, at, done = desk_of(stage), stage.first, 0
    drop(stage, lambda paper: paper.kind == "visit")
    for day in range(stage.first // DAY + 8, stage.last // DAY - 1, int(stage.rng.integers(8, 10))):
        hour = DAY * day + 11
        if desk.plain(stage.factor, hour - 2, hour + 3):
            desk.put("visit", hour + 0.2, hour + 1.7, late=OWN_DESK, purpose="双随机抽查")
            act(slice(at, hour - 1))
            at, done = hour + 2, done + 1
    act(slice(at, stage.last))
    restate(stage)
    return done


def unseen_drops(stage: Stage) -> int:
    """Near the limit something is poured in; the camera looks away."""
    done = 0
    for at in range(stage.first, stage.last - 8, round(stage.size["apart"])):
        length = int(stage.rng.integers(2, 7))
        if stage.own.valid(slice(at - 2, at + length)).all():
            stage.show_judged(slice(at - 2, at), stage.limit * stage.rng.uniform(0.92, 1.0, 2))
            low = stage.limit * (1.0 - stage.size["drop"])
            stage.show_judged(slice(at, at + length), low * stage.rng.uniform(0.9, 1.1, length))
            stage.plant.edges |= {at - 2, at, at + length}
            desk_of(stage).put("video_gap", at - 0.5, at + 1.2, late=OWN_DESK, camera="采样平台")
            done += 1
    restate(stage)
    return done


def weeks_of(stage: Stage) -> range:
    """Weeks from the first of the month in which the violation begins to its end, as numbers."""
    first = max(a for a in _FIRSTS if a <= stage.first)
    return range(first // WEEK, stage.last // WEEK)


_FIRSTS = tuple(DAY * day for day in (0, 31, 59, 90, 120, 151, 181))
"""Hours at which the months of the first half-year begin."""
