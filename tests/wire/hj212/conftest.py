"""Every sample frame as a parameter, and the pieces several tests share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from yuanjian.wire.hj212 import Message, Standard

SAMPLES = Path(__file__).parents[2] / "data" / "hj212_samples.jsonl"


@dataclass(frozen=True)
class Sample:
    raw: bytes
    valid: bool
    encrypted: bool
    modbus: bool
    note: str
    declared: int
    actual: int
    crc: str


def load() -> list[Sample]:
    samples = []
    for line in SAMPLES.read_text(encoding="utf-8").strip().split("\n"):
        row = json.loads(line)
        encrypted = "frame_hex" in row
        raw = bytes.fromhex(row["frame_hex"]) if encrypted else row["frame"].encode()
        samples.append(
            Sample(
                raw,
                row["valid_crc"],
                encrypted,
                row["crc_is_modbus"],
                row["note"],
                row["declared_len"],
                row["actual_len"],
                row["crc_hj212"],
            )
        )
    return samples


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", load(), ids=lambda sample: f"{sample.crc}-{sample.actual}")


@pytest.fixture
def samples() -> list[Sample]:
    return load()


@pytest.fixture
def heartbeat() -> Message:
    """The heartbeat of a 2025 device."""
    mn = "010000A8900016F000169DC0"
    return Message("20240601085857223", "32", "9015", "123456", mn, flag=Standard.V2025.flag_bits | 1)
