"""The code on the page about the store runs, and says what the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from yuanjian.series import SeriesStore
from yuanjian.series.schema import EVENTS, READINGS

PAGE = (Path(__file__).parents[2] / "docs" / "series.md").read_text(encoding="utf-8")


def test_the_code_of_the_page_runs(
    tmp_path: Path, rows: Callable[..., pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = str(tmp_path / "lake")
    store = SeriesStore.open(lake)
    store.append(rows({}, {"factor": "a21002"}), None, app="a", version=0)
    store.append(rows({"value": 2.0, "seq": 9}), None, app="a", version=1)
    names: dict[str, Any] = {"lake": lake}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, names)
    assert names["frame"]["value"].to_list() == [2.0]
    assert names["corrected"].height == 3
    assert names["cube"].values[0, 0] == 2.0
    assert names["hours"].tolist() == [1]
    assert sorted(names["current"]["value"].to_list()) == [1.0, 2.0]
    assert names["rows"].num_rows == 3


@pytest.mark.parametrize(("title", "schema"), [("readings", READINGS), ("events", EVENTS)])
def test_the_page_lists_every_column(title: str, schema: pl.Schema) -> None:
    section = PAGE.split(f"### `{title}`")[1].split("\n#")[0]
    first = re.findall(r"^\| ([a-z, ]+) \|", section, re.MULTILINE)
    listed = [name for cell in first for name in cell.split(", ") if name != "column"]
    assert sorted(listed) == sorted(schema.names())
