"""The fuzz target over seeded inputs: the samples, whole and broken in a thousand ways."""

from __future__ import annotations

import json
import random
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "data" / "hj212_samples.jsonl"
MARKS = (
    b"##",
    b"&&",
    b"\r\n",
    b"//",
    b";",
    b",",
    b"=",
    b"CP=&&",
    b"##0000",
    b"\0",
    b"\xff",
    b"DataTime=",
    b"-Flag=",
)


@pytest.fixture(scope="module")
def one_input() -> Callable[[bytes], None]:
    target: Callable[[bytes], None] = runpy.run_path(str(HERE / "fuzz_hj212.py"))["one_input"]
    return target


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    rows = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").strip().split("\n")]
    return [bytes.fromhex(row["frame_hex"]) if "frame_hex" in row else row["frame"].encode() for row in rows]


def broken(frame: bytes, chance: random.Random) -> bytes:
    """The frame with one to four pieces cut out, put in, changed or repeated."""
    body = bytearray(frame)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(4):
            case 0:
                del body[at : at + chance.randint(1, 9)]
            case 1:
                body[at:at] = chance.choice(MARKS)
            case 2:
                body[at : at + 1] = chance.randbytes(1)
            case _:
                body[at:at] = body[: chance.randrange(len(body) + 1)]
    return bytes(body)


@pytest.mark.parametrize("first", [b"\0", b"\x01", b"\x02", b"\xff"])
def test_samples(one_input: Callable[[bytes], None], frames: list[bytes], first: bytes) -> None:
    for frame in frames:
        one_input(first + frame)
    one_input(first + b"".join(frames))
    one_input(first[:0])


@pytest.mark.parametrize("seed", range(8))
def test_broken_samples(one_input: Callable[[bytes], None], frames: list[bytes], seed: int) -> None:
    chance = random.Random(seed)
    for frame in frames:
        one_input(chance.randbytes(1) + broken(frame, chance))


@pytest.mark.parametrize("seed", range(4))
def test_noise(one_input: Callable[[bytes], None], seed: int) -> None:
    chance = random.Random(seed)
    for size in range(120):
        pieces = [chance.choice((*MARKS, chance.randbytes(size % 7))) for _ in range(size)]
        one_input(b"".join(pieces))


def test_the_target_can_fail(one_input: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault other than PeerError is not swallowed."""

    def overturned(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("yuanjian.wire.hj212.parse_frame", overturned)
    with pytest.raises(ZeroDivisionError):
        one_input(b"\0##")
