"""Requests, responses and reports written and read by the table, for host and site."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import (
    Direction,
    Fault,
    Flow,
    LocalError,
    Message,
    PeerError,
    Standard,
    Value,
    build_frame,
    build_report,
    build_request,
    build_response,
    build_segment,
    check_request,
    commands,
    field_of,
    parse_frame,
    parse_segment,
    read_request,
    read_response,
)

V2005, V2017, V2025 = Standard
MN = "010000A8900016F000169DC0"
QN = "20160801085857223"
AT = datetime(2016, 8, 1, 8, 58, 57)  # noqa: DTZ001 — the standard's stamps carry no zone
HOUR = datetime(2016, 8, 1, 8, 40)  # noqa: DTZ001
KEY_AT = datetime(2024, 6, 1, 8, 58, 57, 223000)  # noqa: DTZ001


def request(cn: str, standard: Standard = V2017, system: str = "32", **more: Any) -> Message:
    qn = QN if standard is not V2025 else "20240601085857223"
    return build_request(cn, standard=standard, st=system, mn=MN, pw="123456", qn=qn, **more)


def frame(message: Message, standard: Standard = V2017) -> str:
    return build_frame(build_segment(message, standard)).decode().strip()


@pytest.mark.parametrize(
    ("cn", "standard", "values", "printed"),
    [
        ("1000", V2017, {"OverTime": 5, "ReCount": 3}, "OverTime=5;ReCount=3&&CAC1"),
        ("1011", V2017, {"PolId": "w01018"}, "PolId=w01018&&5A00"),
        (
            "1012",
            V2017,
            {"PolId": "w01018", "SystemTime": AT},
            "PolId=w01018;SystemTime=20160801085857&&0880",
        ),
        ("1061", V2017, {}, "CP=&&&&3B80"),
        ("1064", V2017, {"MinInterval": 10}, "MinInterval=10&&1680"),
        ("1072", V2017, {"NewPW": "654321"}, "NewPW=654321&&3B80"),
        ("2011", V2017, {}, "CP=&&&&30C0"),
        ("2012", V2017, {}, "CP=&&&&3C00"),
        ("2051", V2017, {"BeginTime": HOUR, "EndTime": HOUR}, "EndTime=20160801084000&&56C0"),
        ("3011", V2017, {"PolId": "w01018"}, "PolId=w01018&&47C0"),
        ("1062", V2025, {"RtdInterval": 30}, "RtdInterval=30&&1DC0"),
        ("1072", V2025, {"NewPW": "654321"}, "NewPW=654321&&17C0"),
        ("3022", V2025, {"PolId": "w01018"}, "PolId=w01018&&FB41"),
        ("3024", V2025, {"PolId": "w01018"}, "PolId=w01018&&3AC0"),
    ],
)
def test_requests_as_printed(
    cn: str, standard: Standard, values: dict[str, Value], printed: str, samples: list[Any]
) -> None:
    """Byte for byte the examples of the annexes."""
    built = request(cn, standard, values=values)
    assert frame(built, standard).endswith(printed)
    assert frame(built, standard).encode() in {sample.raw.strip() for sample in samples}
    read = read_request(built, standard)
    assert (read.values, read.factors, read.others) == (values, {}, ())


def test_history_and_start_share_a_cn() -> None:
    span: dict[str, Value] = {"BeginTime": HOUR, "EndTime": AT}
    asked = request("2011", V2025, "44", values=span)
    assert read_request(asked, V2025).command.name == "query_power"
    assert read_request(request("2011", V2025, "44"), V2025).command.name == "start_realtime"
    with pytest.raises(LocalError):
        request("2011", V2017, values=span)


def test_site_parameter() -> None:
    built = request(
        "3021", values={"PolId": "w01018", "InfoId": "i13004"}, factors={"i13004": {"info": "168.0"}}
    )
    assert frame(built) == (
        f"##0131QN={QN};ST=32;CN=3021;PW=123456;MN={MN};Flag=5;CP=&&PolId=w01018;InfoId=i13004;i13004-Info=168.0&&4E00"
    )


def test_key_and_activation() -> None:
    issued = request("1014", V2025, values={"SKCreateTime": KEY_AT, "NewSK": "0123456789abcdef"})
    assert issued.cp == "SKCreateTime=20240601085857223;NewSK=0123456789abcdef"
    assert read_request(issued, V2025).values["NewSK"] == "0123456789abcdef"
    named = request("1002", V2025, factors={"i23005": {"info": "6970000000001ABCDEFG1234"}})
    assert named.cp == "i23005-Info=6970000000001ABCDEFG1234"
    with pytest.raises(LocalError):
        request("1002", V2025)


def test_reports() -> None:
    about = {"standard": V2025, "st": "32", "mn": "", "pw": "123456", "qn": "20240601085857223"}
    codes = {"i23005": "6970000000001ABCDEFG1234", "i23006": "A800200A8C6D"}
    born = build_report("1001", **about, factors={code: {"Info": text} for code, text in codes.items()})  # type: ignore[arg-type]
    assert born.cp == "i23005-Info=6970000000001ABCDEFG1234;i23006-Info=A800200A8C6D"
    read = read_response(born, V2025)
    assert read.command.name == "activate"
    assert read.factors["i23006"] == {"info": "A800200A8C6D"}
    beat = build_report("9015", **about, ack=False)  # type: ignore[arg-type]
    assert (beat.cp, beat.flag) == ("", 8)
    assert read_response(beat, V2025).command.flow is Flow.NOTICE


def test_response_to_a_query(samples: list[Any]) -> None:
    asked = request("1011", values={"PolId": "w01018"})
    given_back = build_response(asked, V2017, {"PolId": "w01018", "SystemTime": AT})
    assert frame(given_back).encode() in {sample.raw.strip() for sample in samples}
    read = read_response(given_back, V2017)
    assert (read.command.name, read.values["SystemTime"]) == ("get_time", AT)
    serial = build_response(request("3019", values={"PolId": "w01018"}), V2017, {"PolId": "w01018"})
    assert read_response(serial, V2017).command.name == "serial"


@pytest.mark.parametrize("cn", ["1012", "9999", "2051"])
def test_only_queries_have_responses(cn: str) -> None:
    with pytest.raises(LocalError):
        build_response(Message(QN, "32", cn, "123456", MN, flag=5), V2017)


def test_repeated_fields_of_2005() -> None:
    built = request("3014", V2005, values={"PolId": "011", "CTime": (0, 6, 12)})
    assert built.cp == "PolId=011;CTime=0;CTime=6;CTime=12"
    assert read_request(built, V2005).values == {"PolId": "011", "CTime": (0, 6, 12)}
    low = request("1022", V2005, factors={"011": {"LowValue": Decimal("1.5"), "upvalue": Decimal(100)}})
    assert low.cp == "011-LowValue=1.5,011-UpValue=100"
    assert read_request(low, V2005).factors == {"011": {"lowvalue": Decimal("1.5"), "upvalue": Decimal(100)}}


@pytest.mark.parametrize(
    ("cn", "standard", "more"),
    [
        ("1014", V2017, {}),
        ("3012", V2017, {}),
        ("3012", V2017, {"values": {"PolId": "w01018", "VaseNo": 1}}),
        ("1062", V2017, {"values": {"RtdInterval": 10}}),
        ("2012", V2017, {"factors": {"w01018": {"Rtd": "1"}}}),
        ("3021", V2017, {"values": {"InfoId": "i13004"}, "factors": {"i13004": {"Strange": "1"}}}),
        ("1013", V2017, {}),
    ],
)
def test_what_cannot_be_asked(cn: str, standard: Standard, more: dict[str, Any]) -> None:
    with pytest.raises(LocalError) as caught:
        request(cn, standard, **more)
    assert caught.value.code in ("hj212.command", "hj212.field")
    assert caught.value.zh


def received(cn: str, cp: str) -> Message:
    return Message(QN, "32", cn, "123456", MN, flag=5, cp=cp)


@pytest.mark.parametrize(
    ("cn", "cp", "fault", "words"),
    [
        ("1077", "", Fault.COMMAND, "命令编码不属于该版本：1077"),
        ("1012", "", Fault.FIELD, "字段缺失或取值无效：SystemTime"),
        ("1012", "SystemTime=noon", Fault.FIELD, "字段缺失或取值无效：SystemTime=noon"),
        ("2051", "BeginTime=20160801084000", Fault.FIELD, "字段缺失或取值无效：EndTime"),
    ],
)
def test_bad_requests(cn: str, cp: str, fault: Fault, words: str) -> None:
    with pytest.raises(PeerError) as caught:
        read_request(received(cn, cp), V2017)
    assert (caught.value.fault, caught.value.zh) == (fault, words)


def test_oddities_are_kept() -> None:
    read = read_response(
        received("2051", "DataTime=20160801084000;SB1-RS=9;x1-Avg=1,x1-Odd=2,x1-EFlag=;Flag=N;-Rtd=3"), V2017
    )
    assert read.factors == {"SB1": {"rs": "9"}, "x1": {"avg": "1", "odd": "2", "eflag": ""}}
    assert read.others == (("Flag", "N"),)
    assert read.values == {"DataTime": HOUR}


def test_samples_can_be_read(sample: Any) -> None:
    """Every accepted sample but the vendor's own has a meaning in its version, as a request or a response."""
    if not sample.valid or sample.encrypted:
        return
    message = parse_frame(sample.raw)
    readers = (read_request, read_response)
    assert any(_readable(read, message, standard) for read in readers for standard in Standard)


def _readable(read: Any, message: Message, standard: Standard) -> bool:
    try:
        return read(message, standard).message is message
    except PeerError as error:
        if error.fault in (Fault.COMMAND, Fault.FIELD):
            return False
        raise


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 1),
        ({"pw": "000000"}, 3),
        ({"mn": "x"}, 4),
        ({"st": "31"}, 5),
        ({"flag": 9}, 6),
        ({"flag": None}, 6),
        ({"qn": "1"}, 7),
        ({"qn": None}, 7),
        ({"cn": "1013"}, 8),
    ],
)
def test_site_checks_a_request(change: dict[str, Any], code: int) -> None:
    fields: dict[str, Any] = {"qn": QN, "st": "32", "cn": "1061", "pw": "123456", "mn": MN, "flag": 5}
    message = Message(**(fields | change))
    assert check_request(message, V2017, mn=MN, pw="123456", st="32") == code
    if change.get("st"):
        assert check_request(message, V2017, mn=MN, pw="123456") == 1


def test_2005_has_fewer_codes() -> None:
    message = Message(QN, "32", "1063", "123456", MN, flag=1)
    assert check_request(message, V2005, mn=MN, pw="123456") == 2
    assert check_request(message, V2005, mn=MN, pw="1") == 3


SAMPLE_VALUES: dict[str, Value] = {
    "T14": AT,
    "T17": KEY_AT,
    "H4": AT.replace(second=0).time(),
    "H6": AT.time(),
    "C6": "w01018",
    "C24": "A" * 24,
    "C16=": "0123456789abcdef",
    "V": "text",
}


@given(
    st.sampled_from(
        [
            (standard, each)
            for standard in Standard
            for each in commands(standard, Direction.DOWN)
            if each.flow is not Flow.ANSWER
        ]
    )
)
def test_every_command_goes_there_and_back(pair: Any) -> None:
    """Round trip of every request of every version, with every field it has."""
    standard, each = pair
    values: dict[str, Any] = {}
    factors: dict[str, dict[str, Value]] = {}
    for part in each.sends:
        name, dash, sub = part.name.partition("-")
        known = field_of(sub or name, standard)
        assert known is not None
        value = SAMPLE_VALUES.get(known.format, min(known.choices, default=known.high or 1))
        if dash:
            factors.setdefault("w01018" if name == "x" else name, {})[sub.lower()] = value
        else:
            values[part.name] = (value, value) if part.repeated else value
    built = build_request(
        each.cn, standard=standard, st="32", mn=MN, pw="123456", qn=QN, values=values, factors=factors
    )
    message = parse_segment(build_segment(built, standard))
    read = read_request(message, standard)
    assert message == built
    assert (read.command, read.values, read.factors, read.others) == (each, values, factors, ())
