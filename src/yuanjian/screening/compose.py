"""Makes a finding of a group: numbers, sentences, exclusions tested, basis, hash of the input."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import numpy as np

from yuanjian.clock import beijing_day
from yuanjian.screening import limits, records, thresholds
from yuanjian.screening.exclusions import RULES, Bools, Untested, is_nowhere, untested
from yuanjian.screening.findings import Exclusion, Finding
from yuanjian.screening.grouping import Group
from yuanjian.screening.task import Task
from yuanjian.screening.wording import claim
from yuanjian.series import SeriesKey

AROUND = timedelta(hours=24)
"""Exclusions are reported for the finding and this long before it."""


def compose(task: Task, group: Group) -> Finding:
    """The finding of a group."""
    model, subject, worst = task.model, group.subject, group.worst
    measures = _combined(task, group)
    words = worst.hit.words
    zh, en = claim(model, subject, (group.start, group.end), measures, words)
    level = worst.reached[0]
    levels = worst.levels.values
    outlet = subject.outlet
    return Finding(
        model=model.code,
        model_version=model.version,
        model_hash=model.hash,
        class_=model.class_,
        outlet=outlet.outlet,
        enterprise=outlet.enterprise,
        region=outlet.region,
        point=subject.point,
        factor=subject.factor,
        level=level,
        start=group.start,
        end=group.end,
        open=group.end + model.clear_after >= task.grid.end,
        episodes=[(item.hit.start, item.hit.end) for item in group.judged],
        score=worst.score,
        measures={name: round(value, 4) for name, value in measures.items()}
        | {name: both[0] for name, both in words.items()},
        claim=zh,
        claim_en=en,
        crossed=thresholds.crossed(model, levels, worst.reached, worst.hit.measures),
        next_level=thresholds.next_level(model, levels, level, worst.hit.measures),
        thresholds=thresholds.texts(model, levels),
        threshold_source=thresholds.source_text(worst.levels),
        exclusions=_exclusions(task, group),
        basis=model.basis_on(beijing_day(group.start), beijing_day(group.end)) + _limits(task, group),
        input_hash=_input_hash(task, group),
        key=f"{model.code}|{outlet.outlet}|{subject.point}:{subject.factor or ''}|{group.start:%Y%m%dT%H%MZ}",
    )


def _limits(task: Task, group: Group) -> list[str]:
    """Which limits the finding rests on."""
    return sorted({limits.text(limit) for item in group.judged for limit in task.limits_behind(item.hit)})


def _combined(task: Task, group: Group) -> dict[str, float]:
    """Measures over all episodes: the greatest, or the sum where the model says so."""
    result = {}
    for name in group.judged[0].hit.measures:
        values = [item.hit.measures[name] for item in group.judged]
        result[name] = sum(values) if task.model.measures[name].combine == "sum" else max(values)
    return result


def _exclusions(task: Task, group: Group) -> list[Exclusion]:
    rows = sorted({row for item in group.judged for row in item.hit.rows})
    first = max(0, task.index(group.start - AROUND))
    last = min(task.grid.size, task.index(group.end))
    results = {**task.excluded, **task.tested}
    return [_exclusion(task, code, results[code], rows, slice(first, last)) for code in task.model.excludes]


def _exclusion(task: Task, code: str, result: Bools | Untested, rows: list[int], window: slice) -> Exclusion:
    rule = RULES[code]
    result = untested(code, task, rows[0]) or result  # all rows of a finding are of one outlet
    if isinstance(result, str):
        zh, en = ("缺少可供核对的数据", "no data to test it") if result == "unknown" else ("", "")
        return Exclusion(
            code=code, text=rule.text, text_en=rule.text_en, result=result, detail=zh, detail_en=en
        )
    count = 0 if is_nowhere(result) else int(np.count_nonzero(result[rows, window].any(axis=0)))
    hours = count * task.grid.step / timedelta(hours=1)
    return Exclusion(
        code=code,
        text=rule.text,
        text_en=rule.text_en,
        result="excluded" if count else "not_excluded",
        detail=f"窗口内 {hours:.3g} 小时未计入" if count else "",
        detail_en=f"{hours:.3g} hours of the window left out" if count else "",
    )


def _input_hash(task: Task, group: Group) -> str:
    """SHA-256 of what the model saw from its memory before the finding to the finding's end.

    Hour values of the outlet, power of its chain, marks, records the model reads, fine data the hits name.
    """
    scene, outlet = task.scene, group.subject.outlet
    first, last = group.start - task.model.lookback, group.end
    digest = hashlib.sha256(f"{first.isoformat()}|{last.isoformat()}|{outlet.outlet}".encode())
    hours = scene.hours
    span = _span(task, first, last, timedelta(hours=1))
    keys = [SeriesKey(outlet.point, factor) for factor in outlet.factors]
    keys += [SeriesKey(signal.point, signal.factor) for signal in outlet.signals]
    arrays = hours.values, hours.reference, hours.flags
    # At once: every update lets another thread in.
    digest.update(b"".join(array[row, span].data for row in scene.hour_rows(keys) for array in arrays))
    if outlet.chain and ("power_step" in task.model.inputs):
        power = scene.power(task.step)
        fine = _span(task, first, last, task.step)
        for row in power.rows(outlet.chain.meters):
            digest.update(power.kw[row, fine].data)
    for mark in scene.marks:
        if mark.point == outlet.point and mark.start < last and mark.end > first:
            digest.update(repr(mark).encode())
    for kind in task.model.records:
        rows = records.touching(scene.records(kind, outlet), [outlet.enterprise], first, last)
        digest.update(rows.drop("id").write_json().encode())
    for item in group.judged:
        digest.update(item.hit.inputs)
    return digest.hexdigest()


def _span(task: Task, first: datetime, last: datetime, step: timedelta) -> slice:
    origin = task.grid.start
    return slice(max(0, (first - origin) // step), max(0, -((origin - last) // step)))
