"""Journal rows put into a database without a gateway, at instants of the test's choice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import psycopg
from devices import MN

from yuanjian.gateway import schema
from yuanjian.gateway.journal import COPY
from yuanjian.wire.hj212 import Standard, build_upload

HOUR = datetime(2024, 11, 21, 2, tzinfo=UTC)  # 10:00 in Beijing


def frame(number: int, mn: str = MN, value: str | None = None, *, ack: bool = True) -> bytes:
    """The number-th minute upload of a device."""
    [raw] = build_upload(
        standard=Standard.V2017,
        st="31",
        cn="2051",
        pw="123456",
        mn=mn,
        qn=f"20261121{number:09d}",
        data_time=datetime(2024, 11, 20) + timedelta(minutes=number),  # noqa: DTZ001 - Beijing wall time
        factors=[("a21026", {"avg": value or f"{number}.5", "flag": "N"})],
        ack=ack,
    )
    return raw


def row(
    seq: int, at: datetime, raw: bytes, *, shard: int = 0, mn: str = MN, flag: int = 5
) -> tuple[object, ...]:
    """A journal row of a valid frame."""
    qn = raw.partition(b"QN=")[2][:17].decode()
    return (shard, seq, at, "127.0.0.1:5", 7, mn, "31", "2051", qn, flag, None, raw)


def bad(seq: int, at: datetime, raw: bytes) -> tuple[object, ...]:
    """A journal row of bytes that are no frame."""
    return (0, seq, at, "127.0.0.1:5", 7, None, None, None, None, None, "hj212.garbage", raw)


def hours(count: int, each: int, first: int = 1) -> list[tuple[object, ...]]:
    """So many rows in each of some consecutive hours; every third is no frame."""
    made = []
    for number in range(count * each):
        at = HOUR + timedelta(hours=number // each, seconds=number % each)
        seq = first + number
        made.append(bad(seq, at, b"noise \x00\xff") if seq % 3 == 0 else row(seq, at, frame(seq)))
    return made


def fill(url: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Put rows into the journal."""
    with psycopg.connect(url) as connection:
        schema.ensure(connection)
        connection.execute("INSERT INTO intake.progress (shard) VALUES (0) ON CONFLICT DO NOTHING")
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for values in rows:
                copy.write_row(values)
