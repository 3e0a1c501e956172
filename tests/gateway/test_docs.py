"""The page tells the limits that are in force."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from yuanjian.gateway import merkle
from yuanjian.gateway.chain import Batch
from yuanjian.gateway.entry import FLOOD
from yuanjian.gateway.limits import Limits
from yuanjian.gateway.relay import Pace
from yuanjian.wire.hj212 import Fault

PAGE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")


def test_limits_on_the_page_are_those_in_force() -> None:
    told = dict(re.findall(r"^\| (\w+) \| ([\d.]+) \|", PAGE, re.MULTILINE))
    assert {name: float(value) for name, value in told.items()} == asdict(Limits())


# Faults of reading what a frame says; the journal only asks whether it is a frame.
OF_CONTENT = {"hj212.time", "hj212.command", "hj212.field", "hj212.part"}


def test_every_fault_of_the_journal_is_on_the_page() -> None:
    journaled = {fault.value for fault in Fault} - OF_CONTENT | {FLOOD}
    assert {code for code in journaled if f"`{code}`" not in PAGE} == set()


def test_the_hashes_described_are_those_in_use() -> None:
    page = (Path(__file__).parents[2] / "docs" / "archive.md").read_text(encoding="utf-8")
    described: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], described)
    rows = [[0, seq, seq * 1_000_000, "数", None, b"\x00\xff"] for seq in range(1, 8)]
    root = merkle.root([merkle.leaf(columns) for columns in rows])
    batch = Batch.after(None, 0, (1, 7, 1_000_000, 7_000_000), root)
    assert described["head"](bytes(32), rows, "0:0:1:7:1000000:7000000") == batch.head


def test_the_pace_on_the_page_is_the_one_in_force() -> None:
    page = (Path(__file__).parents[2] / "docs" / "forwarding.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (\w+) \| ([\d.]+) \|", page, re.MULTILINE))
    pace = {name: value for name, value in asdict(Pace()).items() if name != "backoff_s"}
    assert {name: float(value) for name, value in told.items()} == pace
    assert Pace().backoff_s == (0.5, 60)
