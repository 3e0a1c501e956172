"""The engine: windows, levels, look-back, exclusions, and the hash of the input."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from province import HOUR, START, outlet
from tools import COD, FLOW, O2, SO2, Run, hours, of, power, readings, wobble

from yuanjian.screening import engine
from yuanjian.screening.findings import RunReport
from yuanjian.screening.frames import READING_COLUMNS, FixedRegistry
from yuanjian.screening.ports import Limit, OutletContext, ResolvedLevels, Suppression
from yuanjian.screening.scene import Scene
from yuanjian.screening.task import Subject, Task
from yuanjian.screening.thresholds import CataloguePolicy
from yuanjian.series import MarkPeriod, SeriesStore

GAS = outlet(1, factors=(SO2, O2))
EXCEEDING = [*wobble(20, 30), *[80.0] * 4, *wobble(20, 14)]


@of("M101")
def test_an_empty_window_is_refused(run: Run) -> None:
    with pytest.raises(ValueError, match="empty"):
        run.find(readings([]), [GAS], 0)


@of("M101")
def test_nothing_to_screen(run: Run) -> None:
    for contexts in ([], [outlet(3, "water")], [outlet(1, limits=())]):
        report = run.report(readings([]), contexts, 24)
        assert report.findings == []
        assert report.runs[0].covered == 0.0


def test_no_models() -> None:
    policy = CataloguePolicy({}, {})
    report = engine.run(
        [], readings([]), FixedRegistry((GAS,)), policy, start=START, end=START + HOUR, now=START
    )
    assert report == RunReport([])


@of("M101")
def test_progress_is_told(run: Run) -> None:
    told: list[tuple[str, int, int]] = []
    run.find(readings([]), [GAS], 24, progress=lambda *args: told.append(args))
    assert told == [("M101", 1, 1)]


@of("M101")
def test_windows_in_any_zone(run: Run) -> None:
    data = readings(hours(1, SO2, EXCEEDING, reference=True))
    here = run.find(data, [GAS], 48)
    zone = ZoneInfo("Asia/Shanghai")
    there = run.find(data, [GAS], 48, now=(START + 48 * HOUR).astimezone(zone))
    assert here == there
    assert here[0].start.tzinfo is UTC


@of("M101")
def test_a_finding_before_the_window_is_not_reported(run: Run) -> None:
    data = readings(hours(1, SO2, EXCEEDING, reference=True))
    assert run.find(data, [GAS], 48, start=33)
    assert run.find(data, [GAS], 48, start=34) == []


@of("M101")
def test_a_finding_is_open_until_it_is_clear(run: Run) -> None:
    data = readings(hours(1, SO2, EXCEEDING, reference=True))
    assert [run.find(data, [GAS], end)[0].open for end in (33, 34, 37, 38)] == [True, True, True, False]


@of("M101")
def test_short_pauses_are_bridged(run: Run) -> None:
    values = [*wobble(20, 20), 80, 20, 20, 80, 20, 20, 20, 80, *wobble(20, 10)]
    found = run.find(readings(hours(1, SO2, values, reference=True)), [GAS], 38)
    assert [len(finding.episodes) for finding in found] == [2, 1]


@of("M101")
def test_a_missing_reference_value_is_computed_from_oxygen(run: Run) -> None:
    rows = hours(1, SO2, [30.0] * 24) + hours(1, O2, [13.5] * 12 + [20.5] * 12)
    (found,) = run.find(readings(rows), [GAS], 24)
    assert found.measures["peak"] == 60.0
    assert found.measures["run"] == 12.0


@of("M101")
def test_limits_change_in_time(run: Run) -> None:
    old = Limit(SO2, "hour", None, 100.0, None, date(2020, 1, 1), date(2026, 10, 1), "旧")
    new = Limit(SO2, "hour", None, 50.0, None, date(2026, 10, 2), None, "新")
    lenient = Limit(SO2, "hour", None, 90.0, None, date(2026, 10, 2), None, "另")
    other = Limit(SO2, "day", None, 10.0, None, date(2020, 1, 1), None, "日")
    context = outlet(1, factors=(SO2,), limits=(old, lenient, new, other))
    (found,) = run.find(readings(hours(1, SO2, [60.0] * 48)), [context], 48)
    assert run.find(readings(hours(1, SO2, [60.0] * 24)), [replace(context, limits=(new,))], 24) == []
    assert found.start == START + 24 * HOUR
    assert (found.measures["limit"], found.measures["kind"]) == ("50", "浓度")


@of("M101")
def test_a_long_finding_is_followed_to_its_beginning(run: Run) -> None:
    values = [*wobble(20, 24), *[80.0] * (24 * 60)]
    data = readings(hours(1, SO2, values, reference=True))
    end = len(values)
    whole = run.find(data, [GAS], end)
    assert run.find(data, [GAS], end, start=end - 1) == whole
    assert whole[0].start == START + 24 * HOUR


@of("M101")
def test_an_endless_finding_is_not_followed_for_ever(run: Run) -> None:
    data = readings(hours(1, SO2, [80.0] * (24 * 500), reference=True))
    (found,) = run.find(data, [GAS], 24 * 500, start=24 * 500 - 1)
    assert timedelta(days=400) < found.end - found.start < timedelta(days=500) + HOUR


@of("M101")
def test_a_suppressed_finding_is_counted_only(run: Run) -> None:
    class Quiet(CataloguePolicy):
        def suppressed(self, model_code: str, outlet: OutletContext, at: datetime) -> Suppression:
            return Suppression("检修", "甲", None)

    data = readings(hours(1, SO2, EXCEEDING, reference=True))
    report = run.report(data, [GAS], 48, policy=Quiet(run.models.models, {}))
    assert report.findings == []
    assert (report.runs[0].findings, report.runs[0].suppressed) == (0, 1)
    assert (report.findings, [finding.outlet for finding in report.suppressed]) == ([], [1])


class Fixed(CataloguePolicy):
    """A policy that says the same for all."""

    resolved: ResolvedLevels

    def levels(self, model_code: str, outlet: OutletContext, on: date) -> ResolvedLevels:
        """What it was told."""
        return self.resolved


@of("M101")
@pytest.mark.parametrize(("source", "level"), [("default", 2), ("enterprise", 1)])
def test_only_a_person_switches_level_1_on(run: Run, source: str, level: int) -> None:
    values = run.models["M101"].levels["gas"]
    policy = type("P", (Fixed,), {"resolved": ResolvedLevels(values, source, "甲", "乙")})({}, {})
    data = readings(hours(1, SO2, [*wobble(20, 20), *[120.0] * 8, *wobble(20, 20)], reference=True))
    (found,) = run.find(data, [GAS], 48, policy=policy)
    assert found.level == level


@of("M101")
def test_all_levels_may_be_off(run: Run) -> None:
    policy = type("P", (Fixed,), {"resolved": ResolvedLevels({}, "region", "甲", "乙")})({}, {})
    assert run.find(readings(hours(1, SO2, EXCEEDING, reference=True)), [GAS], 48, policy=policy) == []


@of("M101")
def test_exclusions_are_told_with_hours(run: Run) -> None:
    data = readings(hours(1, SO2, EXCEEDING, reference=True))
    mark = MarkPeriod(1, SO2, "calibration", START + 30 * HOUR, START + 32 * HOUR)
    (found,) = run.find(data, [GAS], 48, marks=(mark,))
    told = {item["code"]: item for item in found.exclusions}
    assert told["calibration"]["result"] == "excluded"
    assert told["calibration"]["detail"] == "窗口内 2 小时未计入"
    assert told["maintenance"]["result"] == "not_excluded"
    assert found.start == START + 32 * HOUR


@of("M101")
def test_the_input_hash_follows_the_input(run: Run) -> None:
    def hash_of(values: list[float], marks: tuple[MarkPeriod, ...] = ()) -> str:
        data = readings(hours(1, SO2, values, reference=True))
        return run.find(data, [GAS], 48, marks=marks)[0].input_hash

    mark = MarkPeriod(1, O2, "calibration", START, START + HOUR)
    elsewhere = replace(mark, start=START + 47 * HOUR, end=START + 48 * HOUR)
    before = hash_of(EXCEEDING)
    assert before == hash_of([*EXCEEDING[:-1], 1.0]), "what comes after the finding is not its input"
    assert before == hash_of(EXCEEDING, (elsewhere,))
    assert before != hash_of([1.0, *EXCEEDING[1:]])
    assert before != hash_of(EXCEEDING, (mark,))


@of("M101")
def test_the_lake_gives_what_a_frame_gives(run: Run, tmp_path: Any) -> None:
    rows = hours(1, SO2, EXCEEDING, reference=True)
    frame = pl.DataFrame(rows, schema=READING_COLUMNS, orient="row").with_columns(
        low=pl.lit(None, pl.Float64),
        high=pl.lit(None, pl.Float64),
        amount=pl.lit(None, pl.Float64),
        source=pl.lit("live"),
        received=pl.col("time"),
        shard=pl.lit(0, pl.Int16),
        seq=pl.int_range(pl.len(), dtype=pl.Int64),
    )
    store = SeriesStore.open(str(tmp_path / "lake"))
    store.append(frame, None, app="test", version=1)
    assert run.find(store, [GAS], 48) == run.find(readings(rows), [GAS], 48)  # type: ignore[arg-type]


@of("M205")
def test_an_exclusion_speaks_of_the_outlet_itself_not_of_its_neighbours(run: Run) -> None:
    """Gas has no flow test; water without a flow meter, and an outlet without power, cannot be tested."""
    flat = [*wobble(20, 40), *[31.25] * 24, *wobble(20, 8)]
    contexts = [outlet(1, factors=(SO2,)), outlet(3, "water", factors=(COD,), chain=None), outlet(5, "water")]
    rows = hours(1, SO2, flat) + hours(3, COD, flat) + hours(5, COD, flat) + hours(5, FLOW, wobble(9, 72))
    found = run.find(readings(rows + power(contexts[0], 72) + power(contexts[2], 72)), contexts, 72)
    said = {
        finding.outlet: {item["code"]: item["result"] for item in finding.exclusions} for finding in found
    }
    assert [said[at]["zero_flow"] for at in (1, 3, 5)] == ["not_applicable", "unknown", "not_excluded"]
    assert [said[at]["not_producing"] for at in (1, 3, 5)] == ["not_excluded", "unknown", "not_excluded"]


@of("M117")
def test_a_network_outage_is_seen_at_any_depth(run: Run) -> None:
    """What is silent with all others is the network: a look further back must see the others again."""
    contexts = [outlet(number, factors=(SO2,), limits=(), chain=None) for number in range(1, 13)]
    size = 24 * 70
    steady: list[float | None] = [*wobble(20, size)]
    steady[24 * 20 : 24 * 21] = [None] * 24
    patchy = [value if at % 6 == 0 else None for at, value in enumerate(steady)]
    rows = hours(1, SO2, patchy) + [row for n in range(2, 13) for row in hours(n, SO2, steady)]
    patient = replace(run.models["M117"], clear_after=3 * HOUR)
    whole = run.find(readings(rows), contexts, size, model=patient)
    assert [finding.outlet for finding in whole] == [1, 1]
    for batch, workers in ((None, 1), (2, 1), (3, 2)):
        more = {"start": size - 6, "model": patient, "batch": batch, "workers": workers}
        assert run.find(readings(rows), contexts, size, **more) == whole[1:]


@of("M117")
def test_outlets_are_compared_in_the_engine(run: Run) -> None:
    place = outlet(1, factors=(SO2,))
    scene = Scene((place,), readings([]), FixedRegistry((place,)), START, START + HOUR, START + HOUR, START)
    task = Task(run.models["M117"], scene, (Subject(place, 1, SO2),), scene.grid)
    with pytest.raises(ValueError, match="runs in the engine"):
        _ = task.peers
