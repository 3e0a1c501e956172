"""What the pages tell people to type, works."""

from __future__ import annotations

import re
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from devices import GatewayProcess, Intake

from yuanjian.cli.main import parser
from yuanjian.config import Settings
from yuanjian.series import SeriesStore
from yuanjian.series.schema import READINGS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
names = [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"(?<!!)\[[^]]*\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_settings_named_exist(page: Path) -> None:
    known = {item.metadata["variable"] for item in Settings.__dataclass_fields__.values()}
    named = set(re.findall(r"\bYUANJIAN_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named - known == set()


def commands(page: Path) -> list[str]:
    """The indented or fenced lines that call run.py, without comment and prompt."""
    lines = re.findall(r"^\s*(?:\$ )?python3 run\.py (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [line.split("  #")[0].strip() for line in lines]


@pytest.mark.parametrize(
    ("page", "command"), [(page.name, command) for page in PAGES for command in commands(page)]
)
def test_commands_are_understood(page: str, command: str) -> None:
    assert callable(parser().parse_args(shlex.split(command, comments=True)).handler)


def test_the_integrators_example_is_answered(gateway: GatewayProcess, intake: Intake) -> None:
    page = (ROOT / "docs" / "integrator.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0], example)
    assert b"CN=9014" in example["send"]("127.0.0.1", gateway.port)
    assert intake.rows("SELECT mn, fault FROM intake.frame") == [("TRIAL0000000000000000001", None)]


def test_the_lake_is_copied_while_it_grows(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    script = re.findall(r"^    for table in .*?^    done\n", page, re.DOTALL | re.MULTILINE)[0]
    lake, copy = tmp_path / "home" / "lake", tmp_path / "backup"
    store = SeriesStore.open(str(lake))
    store.append(reading(1), None, app="ingest-0", version=1)
    first, rest = script.replace("/backup", str(copy)).split("        find ")
    environment = {"YUANJIAN_HOME": str(lake.parent), "PATH": "/usr/bin:/bin"}

    def run(text: str) -> None:
        subprocess.run(["bash", "-euc", text], env=environment, check=True)

    run(f"{first}    done\n")
    store.append(reading(2), None, app="ingest-0", version=2)  # comes in between the two halves
    run(f"for table in readings events; do find {rest}")
    restored = SeriesStore.open(str(copy / "lake"))
    assert restored.committed("ingest-0") == 1
    day = {"start": datetime(2026, 11, 21, tzinfo=UTC), "end": datetime(2026, 11, 22, tzinfo=UTC)}
    assert restored.readings(None, cadence="hour", **day)["value"].to_list() == [1.0]


def reading(number: int) -> pl.DataFrame:
    """One hour value."""
    time = datetime(2026, 11, 21, number, tzinfo=UTC)
    row = {"point": 1, "factor": "a21026", "cadence": "hour", "time": time, "value": float(number)}
    row |= {"flag": "N", "decimals": 1, "source": "live", "received": time, "shard": 0, "seq": number}
    blank = dict.fromkeys(READINGS.names())
    return pl.DataFrame([blank | row | {"day": time.date()}], schema=READINGS)
