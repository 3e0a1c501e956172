"""The pages about models say what is so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from yuanjian.screening import cases, catalogue

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "add-a-model.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The catalogue the walk-through makes."""
    model, case = _blocks("yaml")
    folder = tmp_path / "M900" / "cases" / "positive"
    folder.mkdir(parents=True)
    (tmp_path / "M900" / "model.yaml").write_text(model, encoding="utf-8")
    (folder / "case.yaml").write_text(case, encoding="utf-8")
    (folder / "hours.csv").write_text(_blocks("csv")[0], encoding="utf-8")
    shutil.copy(Path(str(catalogue.folder())) / "basis.yaml", tmp_path)
    return tmp_path


def test_the_walk_through_ends_with_a_passing_case(example: Path) -> None:
    model = catalogue.load(example)["M900"]
    outcome = cases.run(cases.read("M900", example)[0], model)
    assert outcome.problems == ()
    assert outcome.findings[0].claim == (
        "2026-11-01 02:00 至 05:00，氯化氢折算浓度连续 3 小时高于限值 60 mg/m³（最高 75.0）。"
    )


def test_a_draft_is_not_run_by_itself(example: Path) -> None:
    assert catalogue.load(example).live() == ()


def test_the_table_lists_every_model() -> None:
    table = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    for model in catalogue.load():
        assert re.search(
            rf"\| {model.code} \| {re.escape(model.title)} \| `{model.kernel}` .* {model.certainty} \|", table
        )


@pytest.mark.parametrize(("name", "status"), [("Live", "live"), ("On trial", "trial"), ("Draft", "draft")])
def test_the_page_tells_which_models_are_live(name: str, status: str) -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    (listed,) = re.findall(rf"^{name}:\n((?:M\d+\s+)+)", page, re.MULTILINE)
    assert listed.split() == [model.code for model in catalogue.load() if model.status == status]
