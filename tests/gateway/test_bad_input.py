"""How field devices stray from the standard, through the socket: is it answered, how does it stand in the
journal, what does the operator see of the link. The bytes themselves are judged in tests/wire/hj212."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from devices import Device, GatewayProcess, Intake

from yuanjian.wire.hj212 import Fault, crc16, crc16_modbus, encrypt

Start = Callable[..., GatewayProcess]
QN = "QN=20260601085857223;"
DATA = "CP=&&DataTime=20260601085857;w01018-Rtd=2.2,w01018-Flag=N&&"


def head(mn: str) -> str:
    return f"{QN}ST=32;CN=2011;PW=123456;MN={mn};Flag=5;"


def packet(segment: str | bytes, *, crc: str = "", longer: int = 0) -> bytes:
    body = segment if isinstance(segment, bytes) else segment.encode()
    return b"##%04d" % (len(body) + longer) + body + (crc or crc16(body)).encode() + b"\r\n"


def modbus(mn: str) -> str:
    return crc16_modbus((head(mn) + DATA).encode())


def sealed(mn: str) -> bytes:
    """With cipher bytes that hold CR LF, && and ##: the key was chosen by trying."""
    for number in range(10_000):
        segment = (
            f"{head(mn).replace('Flag=5', 'Flag=9')}CP=&&DataTime=20260601085857;{'w01018-Rtd=2.2;' * 20}&&"
        )
        body = encrypt(segment.encode(), b"%016d" % number)
        if b"\r\n" in body[:-2] or body.count(b"&&") > 2:
            return b"##%04d" % len(body) + body + crc16(segment.encode()).encode() + b"\r\n"
    raise AssertionError


def plain(mn: str) -> bytes:
    return packet(head(mn) + DATA)


REFUSED = {
    "modbus": (lambda mn: packet(head(mn) + DATA, crc=modbus(mn)), Fault.CRC_MODBUS),
    "swapped": (lambda mn: packet(head(mn) + DATA, crc=modbus(mn)[2:] + modbus(mn)[:2]), Fault.CRC_SWAPPED),
    "any-crc": (lambda mn: packet(head(mn) + DATA, crc="ABCD"), Fault.CRC),
    "length-6-more": (lambda mn: packet(head(mn) + DATA, longer=6), Fault.LENGTH),
    "length-less": (lambda mn: packet(head(mn) + DATA, longer=-1), Fault.LENGTH),
    "length-and-crc": (lambda mn: packet(head(mn) + DATA, longer=26, crc="ABCD"), Fault.CRC),
    "gbk": (lambda mn: packet((head(mn) + "CP=&&i11001-Info=//清洗//&&").encode("gbk")), Fault.SEGMENT),
    "two-mn": (lambda mn: packet(f"{head(mn)}MN={mn};{DATA}"), Fault.SEGMENT),
    "no-cp": (lambda mn: packet(head(mn)), Fault.SEGMENT),
    "sealed": (sealed, Fault.SEALED),
}
ACCEPTED = {
    "lower-case-crc": lambda mn: plain(mn)[:-6] + plain(mn)[-6:].lower(),
    "no-line-end": lambda mn: plain(mn)[:-2],
    "unix-qn": lambda mn: packet((head(mn) + DATA).replace("20260601085857223", "1780275537223")),
    "time-17": lambda mn: packet(head(mn) + DATA.replace("085857;w", "085857000;w")),
    "mixed-separators": lambda mn: packet(head(mn) + DATA.replace("2.2,", "2.2;").replace("57;w", "57,w")),
    "spaces": lambda mn: packet(head(mn) + DATA.replace("&&Data", "&& Data").replace("2.2,", " 2.2 , ")),
    "odd-system": lambda mn: packet(head(mn).replace("ST=32", "ST=101") + DATA),
    "long-password": lambda mn: packet(head(mn).replace("123456", "0123456789ABCDEF01234567") + DATA),
    "lower-case-names": lambda mn: packet(head(mn).replace("ST=", "st=").replace("Flag", "flag") + DATA),
    "parts-turned": lambda mn: packet(head(mn).replace("Flag=5", "PNO=0001;PNUM=0002;Flag=7") + DATA),
    "factor-flag-alone": lambda mn: packet(head(mn) + DATA.replace(",w01018-Flag", ";Flag")),
    "unknown-codes": lambda mn: packet(head(mn) + DATA.replace("N&&", "N;ele01-Rtd=1;x-ValidNum=10;...&&")),
    "over-1024": lambda mn: packet(head(mn) + DATA.replace("=N&&", "=N" + ";w01001-Rtd=7.10" * 80 + "&&")),
}
UNANSWERED = {
    "no-flag": lambda mn: packet(head(mn).replace("Flag=5;", "") + DATA),
    "no-qn-no-flag": lambda mn: packet(f"ST=32;CN=2011;PW=123456;MN={mn};{DATA}"),
    "answer-as-data": lambda mn: packet(f"{QN}ST=21;CN=9012;PW=123456;MN={mn};Flag=5;CP=&&ExeRtn=1&&"),
}


def number(name: str) -> str:
    """An MN of its own for each case."""
    return name.replace("-", "").upper().ljust(24, "0")


def journaled(intake: Intake, device: Device) -> list[tuple[str | None, bytes]]:
    """Fault and bytes of every row of a connection."""
    peer = "{}:{}".format(*device.socket.getsockname())
    return intake.rows("SELECT fault, raw FROM intake.frame WHERE peer = %s ORDER BY seq", peer)


def counted(intake: Intake, mn: str) -> tuple[int, int] | None:
    """Frames and faults of the link as the page of links shows them, if there is one."""
    rows = intake.rows("SELECT frames::int, faults::int FROM intake.link WHERE mn = %s", mn)
    return rows[0] if rows else None


@pytest.mark.parametrize("known", [False, True])
def test_what_is_refused(gateway: GatewayProcess, intake: Intake, known: bool) -> None:
    """Unanswered, whole in the journal under its fault, the connection goes on; a known link counts it."""
    seen = {}
    for name, (make, fault) in REFUSED.items():
        mn, found = number(name), []
        with Device(gateway.port, mn) as device:
            if known:
                device.send(plain(mn))
                found += device.answers(1)
            device.send(make(mn) + plain(mn))
            found += device.answers(1)
            assert device.silent(0.1)
            rows = journaled(intake, device)
        assert rows[-2][1].strip() == make(mn).strip(), name
        seen[name] = ([row[0] for row in rows], found)
        assert fault.zh
        assert fault.en
    once = ["9014:20260601085857223"]
    assert seen == {
        name: ([None] * known + [fault.value, None], once * (1 + known))
        for name, (_, fault) in REFUSED.items()
    }
    for name in REFUSED:
        intake.until(f"SELECT frames::int FROM intake.link WHERE mn = '{number(name)}'", 1 + known)
        if known:
            intake.until(f"SELECT faults::int FROM intake.link WHERE mn = '{number(name)}'", 1)


def test_what_is_accepted(gateway: GatewayProcess, intake: Intake) -> None:
    """Taken, answered where an answer is asked for, journaled as it came."""
    for name, make in {**ACCEPTED, **UNANSWERED}.items():
        mn = number(name)
        with Device(gateway.port, mn) as device:
            device.send(make(mn))
            if name in ACCEPTED:
                assert len(device.answers(1)) == 1, name
            device.send(plain(mn))
            assert device.answers(1) == ["9014:20260601085857223"], name
            rows = journaled(intake, device)
        assert [fault for fault, _ in rows] == [None, None], name
        assert rows[0][1].strip() == make(mn).strip(), name
        intake.until(f"SELECT frames::int FROM intake.link WHERE mn = '{mn}'", 2)
        assert counted(intake, mn) == (2, 0), name


def test_a_frame_without_mn_or_qn_is_answered_and_makes_no_link(
    gateway: GatewayProcess, intake: Intake
) -> None:
    with Device(gateway.port, "") as device:
        device.send(plain(""))
        assert device.answers(1) == ["9014:20260601085857223"]
        device.send(packet(head("").removeprefix(QN) + DATA))
        assert device.answers(1) == ["9014:None"]
    assert [(mn, fault) for _, mn, fault, _ in intake.frames()] == [("", None), ("", None)]
    with Device(gateway.port, "AFTER") as device:
        device.send(plain("AFTER"))
        device.answers(1)
    intake.until("SELECT string_agg(mn, ',') FROM intake.link", "AFTER")


def test_a_frame_that_comes_for_ever_is_given_up(start_gateway: Start, intake: Intake) -> None:
    """Slow loris: a byte now and then keeps nothing open."""
    gateway = start_gateway(unfinished_s=0.5)
    with Device(gateway.port) as device:
        device.send(b"##0999QN=")
        for _ in range(900):  # one byte less than the frame would need
            if intake.value("SELECT count(*) FROM intake.frame WHERE fault = 'hj212.unfinished'"):
                break
            device.send(b"x")
        intake.until("SELECT count(*)::int FROM intake.frame WHERE fault = 'hj212.unfinished'", 1)
        device.upload()
        assert len(device.answers(1)) == 1
    assert intake.frames()[0][2] == "hj212.unfinished"
