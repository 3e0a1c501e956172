from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import (
    Message,
    PeerError,
    answer,
    answered_qn,
    build_frame,
    build_segment,
    is_upload,
    parse_frame,
    parse_segment,
    reply,
    result,
)

UPLOAD = Message(
    "20160801085857223", "32", "2011", "123456", "A", flag=5, cp="DataTime=20160801085857;w01001-Rtd=7"
)


def test_data_is_answered_by_9014() -> None:
    assert answer(UPLOAD) == Message("20160801085857223", "91", "9014", "123456", "A", flag=4)


def test_the_printed_answer() -> None:
    segment = b"QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&"
    due = answer(replace(UPLOAD, mn="010000A8900016F000169DC0"))
    assert due is not None
    assert build_frame(build_segment(due)) == b"##0087" + segment + b"3240\r\n"


def test_heartbeat_is_answered_by_9013(heartbeat: Message) -> None:
    due = answer(heartbeat)
    assert due is not None
    assert (due.cn, due.st, due.flag, due.qn, due.cp) == ("9013", "91", 8, heartbeat.qn, "")
    assert answer(replace(heartbeat, flag=8)) is None


@pytest.mark.parametrize("cn", ["1001", "1013", "1014", "2072"])
def test_notifications_are_answered_by_9013(cn: str) -> None:
    due = answer(Message("1", "32", cn, "", "A", flag=5, cp="PolId=w01018"))
    assert due is not None
    assert due.cn == "9013"


def test_2005_keeps_the_qn_in_cp() -> None:
    due = answer(replace(UPLOAD, flag=1))
    assert due == Message(None, "91", "9014", "123456", "A", flag=0, cp="QN=20160801085857223")
    assert due is not None
    assert build_segment(due) == b"ST=91;CN=9014;PW=123456;MN=A;Flag=0;CP=&&QN=20160801085857223&&"


def test_2005_without_qn_or_flag() -> None:
    due = answer(Message(None, "32", "1013", "1", "A"))
    assert due == Message(None, "91", "9013", "1", "A", flag=0)


@pytest.mark.parametrize("flag", [5, 7, 9, 11, 13, 255])
def test_only_the_version_bits_come_back(flag: int) -> None:
    due = answer(replace(UPLOAD, flag=flag))
    assert due is not None
    assert due.flag == flag & 0b11111100


@pytest.mark.parametrize(
    "message",
    [
        replace(UPLOAD, flag=4),
        replace(UPLOAD, flag=None),
        replace(UPLOAD, cp=""),
        replace(UPLOAD, cp="BeginTime=20160801000000,EndTime=20160801000000"),
        replace(UPLOAD, cn="9014", cp=""),
        replace(UPLOAD, cn="9021", cp=""),
        replace(UPLOAD, cn="1011", cp="SystemTime=20160801085857"),
    ],
)
def test_nothing_is_due(message: Message) -> None:
    assert answer(message) is None


@pytest.mark.parametrize(
    ("cn", "cp"),
    [
        ("2999", "datatime=20160801085857"),
        ("3020", "DataTime=20160801085857;PolId=w01018;i12001-Info=1"),
        ("3019", "PolId=w01018;w01018-SN=010000A8900016F000169DC0"),
    ],
)
def test_uploads_of_any_kind(cn: str, cp: str) -> None:
    assert is_upload(Message(None, "32", cn, "", "", cp=cp))
    assert not is_upload(Message(None, "32", "9012", "", "", cp=cp))


def test_request_and_execution_results() -> None:
    command = Message("20240601085857223", "32", "1012", "1", "A", flag=9, cp="SystemTime=20240601085857")
    ready = reply(command, "9011", "QnRtn=1")
    assert (ready.flag, ready.cp, answered_qn(ready), result(ready)) == (8, "QnRtn=1", command.qn, 1)
    old = reply(replace(command, flag=3), "9012", "ExeRtn=100")
    assert (old.qn, old.cp) == (None, "QN=20240601085857223;ExeRtn=100")
    assert (answered_qn(old), result(old)) == (command.qn, 100)


@pytest.mark.parametrize("cp", ["", "QnRtn=", "QnRtn=x", "QnRtn=²", "ExeRtn=1000"])
def test_results_that_say_nothing(cp: str) -> None:
    message = Message(None, "91", "9011", "", "", cp=cp)
    assert result(message) is None
    assert answered_qn(message) is None


FIELD = st.text(st.characters(blacklist_characters="\0;=", blacklist_categories=["Cs"]), max_size=64)


@given(FIELD, FIELD, FIELD, st.sampled_from([None, 1, 5, 9]), st.sampled_from(["9015", "1013"]))
def test_an_answer_always_fits(qn: str, pw: str, mn: str, flag: int | None, cn: str) -> None:
    number = "" if flag is None else f";Flag={flag}"
    try:
        message = parse_segment(f"QN={qn};ST=32;CN={cn};PW={pw};MN={mn}{number};CP=&&&&".encode())
    except PeerError:
        return
    due = answer(message)
    assert due is not None
    assert parse_frame(build_frame(build_segment(due))).cn == "9013"
