from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import CADENCES, FactorValue, Fault, Message, PeerError, read_time, read_upload


def message(cp: str, cn: str = "2011", st: str = "32", rf: bool = False) -> Message:
    return Message("20160801085857223", st, cn, "123456", "A", flag=5, rf=rf, cp=cp)


def test_real_time_data_of_2017() -> None:
    upload = read_upload(
        message("DataTime=20160801085857;w01001-Rtd=7.1,w01001-Flag=N;w01018-ZsRtd=2,w01018-RTD=3")
    )
    assert upload is not None
    assert upload.cadence == "realtime"
    assert upload.data_time == datetime(2016, 8, 1, 8, 58, 57)  # noqa: DTZ001
    assert upload.factors == (
        FactorValue("w01001", "w01001", {"rtd": "7.1", "flag": "N"}),
        FactorValue("w01018", "w01018", {"zsrtd": "2", "rtd": "3"}),
    )
    assert (upload.infos, upload.resent, upload.pol_id) == ((), False, None)


@pytest.mark.parametrize(
    ("cn", "cadence"),
    [
        ("2011", "realtime"),
        ("2051", "minute"),
        ("2061", "hour"),
        ("2031", "day"),
        ("2021", "state"),
        ("2041", "runtime"),
        ("3020", "info"),
    ],
)
def test_cadence(cn: str, cadence: str) -> None:
    upload = read_upload(message("DataTime=20160801085857;SB1-RS=1", cn))
    assert upload is not None
    assert upload.cadence == CADENCES[cn] == cadence
    assert upload.factors[0] == FactorValue("SB1", "SB1", {"rs": "1"})


def test_separators_are_alike_and_values_stay_as_sent() -> None:
    rule = read_upload(message(" DataTime = 20160801085857;a-Rtd= 2.20 ,a-Flag=N"))
    mixed = read_upload(message("DataTime=20160801085857,a-Rtd=2.20;a-Flag=N;Flag=N"))
    assert rule == mixed
    assert rule is not None
    assert rule.factors[0].fields["rtd"] == "2.20"


def test_2005_codes_depend_on_the_medium() -> None:
    cp = "DataTime=20160824003817000;B01-Rtd=36.91;011-Rtd=231.0,011-Flag=N;060-Rtd=1.803;01-Rtd=5;999-Rtd=1"
    water = read_upload(message(cp, st="32"))
    air = read_upload(message(cp, st="31"))
    unknown = read_upload(message(cp, st="101"))
    assert water is not None
    assert air is not None
    assert unknown is not None
    assert [value.code for value in water.factors] == ["w00000", "w01018", "w21003", "01", "999"]
    assert [value.code for value in air.factors] == ["B01", "011", "060", "a34013", "999"]
    assert [value.sent_code for value in air.factors] == ["B01", "011", "060", "01", "999"]
    assert all(value.code == value.sent_code for value in unknown.factors)


def test_door_record() -> None:
    cp = "DataTime=20160801085857;i3310a-Info=DOOR01;I3310F-Info=1;i3310J-Info=张三"
    upload = read_upload(message(cp, "3020"))
    assert upload is not None
    assert upload.infos == (("i3310A", "DOOR01"), ("i3310F", "1"), ("i3310J", "张三"))
    assert upload.factors == ()


def test_log_of_an_instrument() -> None:
    cp = "DataTime=20160801085857;PolId=w01018;i11001-Info=//清洗管路;完成//;i33310-Info=850;x9-Info=1"
    upload = read_upload(message(f"{cp};I33400-Info=80", "3020"))
    assert upload is not None
    assert upload.pol_id == "w01018"
    assert upload.infos == (("i11001", "清洗管路;完成"), ("i33310", "850"), ("x9", "1"), ("i33400", "80"))


def test_the_resent_mark() -> None:
    upload = read_upload(message("DataTime=20240601080100;a-Avg=1", "2051", rf=True))
    assert upload is not None
    assert upload.resent


@pytest.mark.parametrize(
    ("cp", "cn"),
    [
        ("", "2011"),
        ("BeginTime=20160801084000;EndTime=20160801084000", "2051"),
        ("PolId=w01018;InfoId=i11001;BeginTime=20240601010522,EndTime=20240601010622", "3020"),
        ("DataTime=20160801085857;RestartTime=20160801085624", "2081"),
        ("QnRtn=1", "9011"),
    ],
)
def test_what_is_no_upload(cp: str, cn: str) -> None:
    assert read_upload(message(cp, cn)) is None


@pytest.mark.parametrize(
    "cp",
    [
        "a-Rtd=1",
        "i11001-Info=1",
        "DataTime=;a-Rtd=1",
        "DataTime=2016080108;a-Rtd=1",
        "DataTime=20161301085857;a-Rtd=1",
        "DataTime=20160801085860;a-Rtd=1",
        "DataTime=00000801085857;a-Rtd=1",
        "DataTime=2016080108585x;a-Rtd=1",
        "DataTime=２０１６０８０１０８５８５７;a-Rtd=1",
    ],
)
def test_wrong_times(cp: str) -> None:
    with pytest.raises(PeerError) as caught:
        read_upload(message(cp))
    assert caught.value.fault is Fault.TIME


def test_milliseconds() -> None:
    assert read_time("20160824003817250").microsecond == 250_000


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=80), st.sampled_from([*CADENCES]))
def test_any_text(cp: str, cn: str) -> None:
    for text in (cp, f"DataTime=20160801085857;{cp}"):
        fault = upload = None
        try:
            upload = read_upload(message(text, cn))
        except PeerError as error:
            fault = error.fault
        assert fault in (None, Fault.TIME)
        assert upload is None or upload.cadence == CADENCES[cn]
