"""`yuanjian models score`: what the models find in virtual provinces, against what was really done there.

Injected violations are not real ones: the figures check the code, they do not promise what happens in the
field. Every seed draws provinces and violations anew, so nothing can be tuned to one draw.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from yuanjian.cli.progress import Steps
from yuanjian.screening import catalogue, engine
from yuanjian.screening.findings import Finding
from yuanjian.screening.model import Model
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.simulator import offline
from yuanjian.simulator import score as scoring
from yuanjian.simulator.score import FindingLike
from yuanjian.simulator.truth import Truth
from yuanjian.simulator.world import World

START = date(2026, 10, 1)
PAGE = Path("docs/model-scores.md")
YEAR = 365.0


@dataclass
class Tally:
    """Counts over all seeds."""

    outlet_days: int = 0
    false_level1: int = 0
    patterns: dict[str, Counter[str]] = field(default_factory=dict)
    models: dict[str, Counter[str]] = field(default_factory=dict)

    def pattern(self, name: str) -> Counter[str]:
        """The counts of one kind of violation."""
        return self.patterns.setdefault(name, Counter())

    def model(self, code: str) -> Counter[str]:
        """The counts of one model."""
        return self.models.setdefault(code, Counter())


def run(*, seeds: int, outlets: int, days: int, rate: float, as_json: bool, page: Path | None = PAGE) -> int:
    """Score the catalogue and write the page (None: do not)."""
    steps = Steps(quiet=as_json)
    models = [model for model in catalogue.load() if model.status in {"trial", "live"}]
    tally = Tally()
    for seed in range(1, seeds + 1):
        with steps.step(f"seed{seed}", f"虚拟省 {seed} · province {seed}") as advance:
            world = World.build(seed=seed, outlets=outlets, start=START)
            truths = world.inject(seed, days=days, rate=rate)
            found = screen(world, models, days, advance)
            add(tally, found, truths, outlets * days, {m.code for m in models if m.status == "live"})
    report = told(tally, models)
    if page is not None:
        parameters = {"seeds": seeds, "outlets": outlets, "days": days, "rate": rate}
        page.write_text(text(report, models, parameters), encoding="utf-8")
    print(json.dumps(report, ensure_ascii=False, indent=None if as_json else 1))
    return 0


def screen(world: World, models: Sequence[Model], days: int, advance: Any = None) -> list[FindingLike]:
    """Findings of the models over a province, level 1 switched on for all of them."""
    start, end = world.midnight(), world.midnight(days)
    policy = CataloguePolicy(
        {model.code: model for model in models},
        {model.code: Confirmation("虚拟省", "按一级已启用计算") for model in models},
    )
    report = engine.run(
        models, offline.readings(world, start, end, advance), offline.registry(world, start, end), policy,
        start=start, end=end, now=end + timedelta(hours=1),
    )  # fmt: skip
    return [_like(world, finding) for finding in report.findings]


def _like(world: World, finding: Finding) -> FindingLike:
    outlet = world.outlets[finding.outlet].key
    return FindingLike(finding.model, outlet, finding.factor, finding.level, finding.start, finding.end)


def add(
    tally: Tally, found: Sequence[FindingLike], truths: Sequence[Truth], outlet_days: int, live: set[str]
) -> None:
    """Count one province; the definitions are those of `simulator.score`. On trial a model raises no clue."""
    figures = scoring.score(found, truths)
    false = set(figures.false)
    tally.outlet_days += outlet_days
    wrong = {(f.outlet, f.start.date()) for f in false if f.level == 1 and f.model in live}
    tally.false_level1 += len(wrong)
    for kind, (precision, recall) in figures.by_kind.items():
        tally.pattern(kind).update(
            right=precision.good, spoke=precision.total, found=recall.good, n=recall.total
        )
    for finding in found:
        counts = tally.model(finding.model)
        counts[f"level{finding.level}"] += 1
        if finding.level <= scoring.LEVEL:
            counts.update(spoke=1, right=finding not in false)
    missed = set(figures.missed)
    for truth in truths:
        for code in truth.models if truth.level <= scoring.LEVEL else ():
            tally.model(code).update(n=1, found=truth not in missed)


def told(tally: Tally, models: Sequence[Model]) -> dict[str, Any]:
    """The figures as JSON; shares are null where there is nothing to judge."""
    patterns = {
        kind: {
            "recall": _share(c["found"], c["n"]), "precision": _share(c["right"], c["spoke"]), "n": c["n"]
        }
        for kind, c in sorted(tally.patterns.items())
    }  # fmt: skip
    total = sum(tally.patterns.values(), Counter())
    years = tally.outlet_days / YEAR
    return {
        "pattern_recall": _share(total["found"], total["n"]),
        "level1_false_per_20_outlet_years": round(20 * tally.false_level1 / years, 3),
        "outlet_years": round(years, 2),
        "patterns": patterns,
        "models": {model.code: _of_model(model, tally.model(model.code)) for model in models},
    }


def _of_model(model: Model, counts: Counter[str]) -> dict[str, Any]:
    return {
        "status": model.status,
        "levels": {str(level): counts[f"level{level}"] for level in (1, 2, 3)},
        "precision": _share(counts["right"], counts["spoke"]),
        "recall": _share(counts["found"], counts["n"]),
        "n": counts["n"],
    }


def _share(good: int, total: int) -> float | None:
    return round(good / total, 4) if total else None


def text(report: dict[str, Any], models: Sequence[Model], parameters: dict[str, Any]) -> str:
    """The page: how it was made, and three tables."""
    command = "yuanjian models score " + " ".join(f"--{name} {value}" for name, value in parameters.items())
    titles = {model.code: model.title_en for model in models}
    false, years = report["level1_false_per_20_outlet_years"], report["outlet_years"]
    lines = [
        "# Scores of the models in virtual provinces",
        "",
        f"Written by `{command}`. Violations are injected into virtual provinces, one per seed; findings of",
        "level 1 and 2 count, level 1 switched on for every model. How a finding is judged right is told at",
        "the head of `simulator/score.py`. Injected violations are not real: this checks the code. A model",
        "without truths of its own (recall –) is right where it speaks during any violation at its outlet.",
        "",
        f"* recall over all patterns: **{report['pattern_recall']}**",
        f"* false level-1 clues of live models per 20 outlet-years: **{false}** ({years} outlet-years)",
        "",
        "| pattern | violations | recall | precision |",
        "|---|---|---|---|",
    ]
    for kind, row in report["patterns"].items():
        lines.append(f"| {kind} | {row['n']} | {_shown(row['recall'])} | {_shown(row['precision'])} |")
    lines += ["", "| model | | status | 1 / 2 / 3 | recall | precision |", "|---|---|---|---|---|---|"]
    for code, row in report["models"].items():
        levels = " / ".join(str(row["levels"][level]) for level in ("1", "2", "3"))
        shares = f"{_shown(row['recall'])} | {_shown(row['precision'])}"
        lines.append(f"| {code} | {titles[code]} | {row['status']} | {levels} | {shares} |")
    return "\n".join([*lines, ""])


def _shown(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"
