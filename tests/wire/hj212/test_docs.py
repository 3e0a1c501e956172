"""docs/hj212.md: its code runs, and its tables name every dialect that is tested and every text on screen."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from yuanjian.wire.hj212 import Fault, Remark, Seal

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "hj212.md").read_text(encoding="utf-8")


def test_the_code_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 4
    exec(compile("\n".join(blocks), "docs/hj212.md", "exec"), {})


@pytest.mark.parametrize("table", ["REFUSED", "SEGMENT_FAULTS", "ACCEPTED"])
def test_every_dialect_is_described(table: str) -> None:
    cases = runpy.run_path(str(Path(__file__).parent / "test_dialects.py"))[table]
    rows = {
        name.strip()
        for line in TEXT.splitlines()
        if line.startswith("| ")
        for name in line.split("|")[1].split(",")
    }
    assert set(cases) <= rows


@pytest.mark.parametrize("word", [*Fault, *Remark, *Seal])
def test_every_text_on_screen_is_there(word: Fault | Remark | Seal) -> None:
    if word not in (Fault.COMMAND, Fault.FIELD, Fault.PART, Seal.CURRENT, Seal.PREVIOUS):  # not of the stream
        assert word.zh in TEXT
