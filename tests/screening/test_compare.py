"""Values against a number somebody chose, and models that are about a part of the outlets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from province import HOUR, START, outlet
from tools import COD, FLOW, SO2, Row, Run, hours, power, readings

from yuanjian.errors import OwnFault
from yuanjian.screening import catalogue
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import FrameReadings
from yuanjian.screening.model import Model
from yuanjian.screening.ports import OutletContext
from yuanjian.series import MarkPeriod

INPUTS = {"medium": "gas", "cadence": "hour", "subject": "factor", "factors": [SO2], "needs": []}
LEVELS = {"reminder": [{"run": 1}], "warning": [{"run": 3}], "work_order": [{"run": 6, "events": 2}]}
PARAMS: dict[str, Any] = {"of": "hour", "side": "above", "bound": 35.2, "window_days": 7}


def raw(params: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """The content of a model that compares."""
    text = {
        "title": "值",
        "description": "值",
        "claim": "{period}，{factor}{meter}{side} {bound}：{run}，{beyond}。",
    }
    return {
        "code": "U001",
        "version": 1,
        "class": "exceedance",
        "status": "draft",
        "kernel": "compare_run",
        "inputs": INPUTS | inputs,
        "params": PARAMS | params,
        "lookback": "9 d",
        "run": "hour",
        "measures": {
            "run": {"zh": "连续", "en": "running", "unit": "h"},
            "beyond": {"zh": "最多超出", "en": "beyond by", "decimals": 1},
            "events": {"zh": "次数", "en": "times"},
        },
        "levels": LEVELS,
        "debounce": {"clear_after": "2 h"},
        "excludes": ["marked_stop", "invalid_hour"],
        "basis": ["code-exceed"],
        "evidence": ["小时数据"],
        "false_positives": ["启炉"],
        "check_on_site": ["查看曲线"],
        "certainty": {"mark": "D", "note": "自建"},
        "level1_confirmed_by": None,
        "notify_enterprise": True,
    } | text | {f"{name}_en": value for name, value in text.items()}  # fmt: skip


def model(params: dict[str, Any], **inputs: Any) -> Model:
    return catalogue.read("U001", raw(params, **inputs), catalogue.bases())


def find(
    data: FrameReadings, params: dict[str, Any], contexts: Sequence[Any], end: int, **more: Any
) -> list[Finding]:
    chosen = model(params, **more.pop("inputs", {}))
    run = Run(catalogue.Catalogue({"U001": chosen}), "U001")
    return run.find(data, contexts, end, **more)


def test_hours_above_a_number() -> None:
    values = [30.0] * 24 + [35.2, 35.3, 41.0, 36.0, 30.0] + [36.0] + [30.0] * 6
    found = find(readings(hours(1, SO2, values)), {}, [outlet(1)], len(values))
    [finding] = found
    assert (finding.level, finding.start, finding.end) == (2, START + 25 * HOUR, START + 30 * HOUR)
    assert finding.measures["run"] == 3.0
    assert finding.measures["events"] == 2.0
    assert finding.measures["beyond"] == pytest.approx(5.8)
    assert finding.claim.endswith("二氧化硫高于 35.2：3，5.8。")
    assert finding.claim_en.endswith("Sulfur dioxideabove 35.2：3，5.8。")


def test_hours_below_a_number_at_reference_oxygen() -> None:
    values = [80.0] * 4 + [10.0, 9.0] + [80.0] * 4
    data = readings(hours(1, SO2, values, reference=True))
    [finding] = find(data, {"side": "below", "of": "converted", "bound": 12.0}, [outlet(1)], 10)
    assert (finding.start, finding.measures["run"], finding.measures["beyond"]) == (
        START + 4 * HOUR,
        2.0,
        3.0,
    )
    assert find(readings(hours(1, SO2, values)), {"side": "below", "of": "converted"}, [outlet(1)], 10) == []


def test_daily_means_are_weighted_by_flow() -> None:
    days = 4
    cod = [20.0] * 24 + ([100.0] + [20.0] * 23) * 2 + [20.0] * 24
    flow = [1.0] * 24 + ([50.0] + [1.0] * 23) * 2 + [1.0] * 24
    data = readings([*hours(3, COD, cod), *hours(3, FLOW, flow)])
    inputs = {"medium": "water", "factors": [COD]}
    params = {"of": "day", "bound": 60.0}
    [finding] = find(data, params, [outlet(3, "water")], days * 24, inputs=inputs)
    assert (finding.start, finding.end) == (START + 24 * HOUR, START + 72 * HOUR)
    assert (finding.measures["run"], finding.level) == (2.0, 3)


def test_power_of_meters_by_their_kind() -> None:
    place = outlet(1)
    data = readings(power(place, 24, 400.0))
    params = {"of": "power", "bound": 300.0}
    inputs = {"cadence": "power", "factors": [], "power_step": "10 min"}
    for subject, names in (
        ("production", ["窑炉"]),
        ("treatment", ["脱硫泵"]),
        ("meter", ["窑炉", "脱硫泵"]),
    ):
        found = find(data, params, [place], 24, inputs=inputs | {"subject": subject})
        assert [finding.measures["meter"] for finding in found] == names
        assert {finding.measures["run"] for finding in found} == {24.0}
    chainless = outlet(2, chain=None)
    assert find(data, params, [chainless], 24, inputs=inputs | {"subject": "production"}) == []


def test_what_is_excluded_is_not_compared() -> None:
    values = [30.0] * 4 + [50.0] * 4 + [30.0] * 4
    mark = MarkPeriod(1, None, "stopped", START + 4 * HOUR, START + 6 * HOUR)
    [finding] = find(readings(hours(1, SO2, values)), {}, [outlet(1)], 12, marks=(mark,))
    assert finding.start == START + 6 * HOUR


@pytest.mark.parametrize(
    ("where", "outlets"),
    [
        ({}, [1, 2]),
        ({"region": "6401"}, [1]),
        ({"industry": "C2"}, [2]),
        ({"region": "64", "industry": "D"}, []),
    ],
)
def test_a_model_is_about_a_region_and_an_industry(where: dict[str, str], outlets: list[int]) -> None:
    places = [outlet(1), outlet(2, region="640205", industry="C26")]
    data = readings([row for number in (1, 2) for row in hours(number, SO2, [40.0] * 3)])
    chosen = model({}, where=where)
    report = Run(catalogue.Catalogue({"U001": chosen}), "U001").report(data, places, 3)
    assert [finding.outlet for finding in report.findings] == outlets
    assert report.runs[0].covered == float(bool(outlets))


def test_a_run_in_batches_is_covered_like_a_whole_one() -> None:
    places = [outlet(1), outlet(3, region="640205"), outlet(5, region="640205")]
    data = readings(hours(1, SO2, [40.0] * 3))
    run = Run(catalogue.Catalogue({"U001": model({}, where={"region": "6401"})}), "U001")
    assert run.report(data, places, 3, batch=1).runs[0].covered == 1.0


@pytest.mark.parametrize("of", ["hour", "day", "power"])
@pytest.mark.parametrize("back", [5, 30, 200])
def test_the_last_hours_give_what_the_whole_gives(of: str, back: int) -> None:
    place, end = outlet(1), 45 * 24
    rng = np.random.default_rng(back)
    levels = np.where(rng.random(end) < 0.3, 50.0, 30.0)
    data = readings([*hours(1, SO2, levels.tolist()), *_power(place, levels)])
    bound = 36.0 if of == "day" else 40.0
    power_only = {"cadence": "power", "subject": "production", "factors": [], "power_step": "10 min"}
    more = {"inputs": power_only if of == "power" else {}}
    params = {"of": of, "bound": bound}
    whole = find(data, params, [place], end, **more)
    edge = START + (end - back) * HOUR
    late = find(data, params, [place], end, start=end - back, **more)
    assert late == [finding for finding in whole if finding.end > edge]
    assert len(whole) > 3


def _power(place: OutletContext, levels: np.ndarray) -> list[Row]:
    """The ten-minute power of the production meter, one level an hour."""
    assert place.chain is not None
    [meter] = place.chain.production
    return [
        (meter.point, meter.factor, "minute", START + at * HOUR / 6, float(levels[at // 6]), None, "N", 1)
        for at in range(len(levels) * 6)
    ]


def test_content_is_read_under_its_own_code_only() -> None:
    with pytest.raises(OwnFault, match="U002"):
        catalogue.read("U002", raw({}), catalogue.bases())
