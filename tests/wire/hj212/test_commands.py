"""The table of commands, its fields and result codes."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pytest

from yuanjian.wire.hj212 import (
    COMMANDS,
    Direction,
    Flow,
    LocalError,
    Message,
    PeerError,
    Standard,
    Value,
    command,
    commands,
    field_of,
    mark,
    parse_frame,
    read_result,
    reply,
    result_of,
    system,
)

V2005, V2017, V2025 = Standard


def names(standard: Standard, direction: Direction | None = None) -> set[str]:
    return {each.cn for each in commands(standard, direction)}


def test_new_and_dropped_commands() -> None:
    assert {"1014", "1002", "2013", "2052", "2062", "2111", "3022", "3024", "9015"} <= names(V2025)
    assert not {"1014", "1002", "2013", "2111", "9015"} & names(V2017)
    assert {"1001", "1021", "1022", "1031", "1032", "1041", "1042", "2071", "2072"} == names(V2005) - names(
        V2017
    )
    assert {"3016", "3017"} <= names(V2017) - names(V2025)
    assert not {"9021", "9022"} & (names(V2005) | names(V2017) | names(V2025))


def test_both_sides() -> None:
    assert {"9013", "9014"} == names(V2017, Direction.UP) & names(V2017, Direction.DOWN) & {
        cn for cn in names(V2017) if cn[0] == "9"
    }
    assert "1013" not in names(V2017, Direction.DOWN)
    assert "3012" not in names(V2017, Direction.UP)


@pytest.mark.parametrize(
    ("cn", "standard", "direction", "name", "flow"),
    [
        ("1001", V2005, None, "set_warn_time", Flow.REQUEST),
        ("1001", V2025, None, "activate", Flow.NOTICE),
        ("1014", V2025, None, "ask_key", Flow.NOTICE),
        ("1014", V2025, Direction.DOWN, "issue_key", Flow.REQUEST),
        ("2011", V2025, None, "start_realtime", Flow.REQUEST),
        ("2011", V2025, Direction.UP, "realtime", Flow.UPLOAD),
        ("2012", V2017, None, "stop_realtime", Flow.NOTICE),
        ("3013", V2005, None, "operate", Flow.REQUEST),
        ("3013", V2017, None, "clean", Flow.REQUEST),
        ("3015", V2017, None, "retain_over_limit", Flow.QUERY),
        ("3015", V2025, None, "retained", Flow.UPLOAD),
        ("9014", V2005, Direction.DOWN, "answer_data", Flow.ANSWER),
        ("9021", V2017, None, "login", Flow.NOTICE),
    ],
)
def test_one_cn_in_several_versions(
    cn: str, standard: Standard, direction: Direction | None, name: str, flow: Flow
) -> None:
    found = command(cn, standard, direction)
    assert found is not None
    assert (found.name, found.flow) == (name, flow)


@pytest.mark.parametrize(
    ("cn", "standard", "direction"),
    [
        ("1001", V2017, None),
        ("9015", V2017, None),
        ("0000", V2025, None),
        ("", V2025, None),
        ("3012", V2017, Direction.UP),
    ],
)
def test_what_is_no_command(cn: str, standard: Standard, direction: Direction | None) -> None:
    assert command(cn, standard, direction) is None


def test_every_row_is_whole() -> None:
    keys = set()
    for each in COMMANDS:
        for standard in each.standards:
            key = (each.name, standard, frozenset(each.directions))
            assert key not in keys
            keys.add(key)
            for part in each.sends + each.returns:
                sub = part.name.rpartition("-")[2]
                assert part.optional or field_of(sub, standard), (each.name, part.name, standard)
                assert any(field_of(sub, other) for other in each.standards), (each.name, part.name)
        assert each.name_zh
        assert each.name_en
        assert each.certainty in ("17", "05", "25-A", "25-B", "25-D", "local")
        assert each.is_local == (each.certainty == "local")
        assert bool(each.returns) <= (each.flow is Flow.QUERY)
        assert (each.flow is Flow.QUERY) <= bool(each.returns)


def test_every_sample_is_of_a_command(samples: list[Any]) -> None:
    for sample in samples:
        if sample.valid and not sample.encrypted:
            message = parse_frame(sample.raw)
            assert any(command(message.cn, standard) for standard in Standard)


@pytest.mark.parametrize(
    ("name", "standard", "text", "value"),
    [
        ("SystemTime", V2017, "20160801085857", datetime(2016, 8, 1, 8, 58, 57)),  # noqa: DTZ001
        ("SKCreateTime", V2025, "20240601085857223", datetime(2024, 6, 1, 8, 58, 57, 223000)),  # noqa: DTZ001
        ("systemtime", V2017, "20160801085857", datetime(2016, 8, 1, 8, 58, 57)),  # noqa: DTZ001
        ("ReportTime", V2005, "0830", time(8, 30)),
        ("CstartTime", V2017, "083015", time(8, 30, 15)),
        ("RtdInterval", V2005, "5", 5),
        ("MinInterval", V2025, "15", 15),
        ("RT", V2017, "1.25", Decimal("1.25")),
        ("LowValue", V2005, "-1.5", Decimal("-1.5")),
        ("NewSK", V2025, "0123456789abcdef", "0123456789abcdef"),
        ("PolId", V2017, "w01018", "w01018"),
        ("Rtd", V2025, "St", "St"),
    ],
)
def test_field_values(name: str, standard: Standard, text: str, value: Value) -> None:
    known = field_of(name, standard)
    assert known is not None
    assert known.read(text) == value
    assert known.write(value) == text


@pytest.mark.parametrize(
    ("name", "standard", "text"),
    [
        ("SystemTime", V2017, "2016080108585"),
        ("SystemTime", V2017, "20160801085867"),
        ("ReportTime", V2005, "2460"),
        ("ReportTime", V2005, "083"),
        ("CstartTime", V2017, "236000"),
        ("CstartTime", V2017, "235960"),
        ("CstartTime", V2017, "24000x"),
        ("RtdInterval", V2017, "29"),
        ("RtdInterval", V2017, "3601"),
        ("MinInterval", V2017, "7"),
        ("VaseNo", V2017, "1.5"),
        ("VaseNo", V2017, ""),
        ("VaseNo", V2017, "123"),
        ("VaseNo", V2017, "²"),
        ("RT", V2017, "1.234"),
        ("RT", V2017, "1."),
        ("RT", V2017, "24.01"),
        ("NewSK", V2025, "0123456789abcde"),
        ("NewSK", V2025, "0123456789abcdefg"),
        ("PolId", V2017, "w010181"),
        ("PolId", V2017, ""),
    ],
)
def test_field_values_refused(name: str, standard: Standard, text: str) -> None:
    known = field_of(name, standard)
    assert known is not None
    with pytest.raises(PeerError) as caught:
        known.read(text)
    assert caught.value.zh.startswith("字段缺失或取值无效")
    with pytest.raises(LocalError):
        known.write(text)


@pytest.mark.parametrize("text", ["1;2", "1,2", "1&&"])
def test_no_separator_goes_out(text: str) -> None:
    known = field_of("Info", V2017)
    assert known is not None
    with pytest.raises(LocalError):
        known.write(text)


def test_fields_belong_to_versions() -> None:
    assert field_of("NewSK", V2017) is None
    cycle, hours = field_of("Ctime", V2017), field_of("CTime", V2005)
    assert cycle is not None
    assert hours is not None
    assert (cycle.low, cycle.high, hours.low, hours.high) == (1, 24, 0, 23)


@pytest.mark.parametrize(
    ("cn", "cp", "standard", "zh", "good", "empty"),
    [
        ("9011", "QnRtn=1", V2017, "准备执行请求", True, False),
        ("9011", "QnRtn=3", V2005, "PW 错误", False, False),
        ("9011", "QnRtn=4", V2005, "未知结果代码 4", False, False),
        ("9011", "QnRtn=100", V2025, "未知错误", False, False),
        ("9012", "ExeRtn=1", V2005, "执行成功", True, False),
        ("9012", "ExeRtn=5", V2017, "系统繁忙，不能执行", False, False),
        ("9012", "ExeRtn=100", V2017, "没有数据", False, True),
    ],
)
def test_results(
    heartbeat: Message, cn: str, cp: str, standard: Standard, zh: str, good: bool, empty: bool
) -> None:
    found = read_result(reply(heartbeat, cn, cp), standard)
    assert found is not None
    assert (found.name_zh, found.is_good, found.is_empty) == (zh, good, empty)
    assert found.known is not zh.startswith("未知结果")


@pytest.mark.parametrize(("cn", "cp"), [("9013", "QnRtn=1"), ("9011", ""), ("9012", "ExeRtn=x")])
def test_no_result(heartbeat: Message, cn: str, cp: str) -> None:
    assert read_result(reply(heartbeat, cn, cp), V2017) is None


def test_labels() -> None:
    power, over = system("44", V2025), mark("T", V2017)
    assert power is not None
    assert over is not None
    assert (power.name_zh, over.name_zh) == ("用电监控", "超测定上限")
    assert (system("44", V2017), system("101", V2017), mark("?", V2025)) == (None, None, None)
    assert result_of("ExeRtn", 77, V2025).name_en == "unknown result code 77"
