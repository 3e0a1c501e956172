"""The page tells the limits that are in force."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

from yuanjian.gateway.entry import FLOOD
from yuanjian.gateway.limits import Limits
from yuanjian.wire.hj212 import Fault

PAGE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")


def test_limits_on_the_page_are_those_in_force() -> None:
    told = dict(re.findall(r"^\| (\w+) \| ([\d.]+) \|", PAGE, re.MULTILINE))
    assert {name: float(value) for name, value in told.items()} == asdict(Limits())


def test_every_fault_of_the_journal_is_on_the_page() -> None:
    journaled = {fault.value for fault in Fault} - {Fault.TIME.value} | {FLOOD}
    assert {code for code in journaled if f"`{code}`" not in PAGE} == set()
