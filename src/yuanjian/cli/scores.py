"""`yuanjian models score`: what the models find of known violations over real hours, and of an honest year.

Injected violations are not real ones: the figures check the code, they do not promise what happens in the
field. Every seed draws outlets, times and sizes anew, so nothing can be tuned to one draw.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from yuanjian.cli.progress import Steps
from yuanjian.errors import UserFault
from yuanjian.screening import catalogue
from yuanjian.screening.model import Model
from yuanjian.simulator.patterns import bases, clean, draws, judge, library
from yuanjian.simulator.patterns.clean import Year
from yuanjian.simulator.patterns.judge import Tally
from yuanjian.simulator.patterns.library import Pattern

PAGE = Path("docs/model-scores.md")
LIVE, RUN = frozenset({"live"}), frozenset({"live", "trial"})
PRECISE, MOST_WARNINGS = 0.9, 2.0
"""A model on trial deserves to go live with this precision, at most so many false warnings a year, and no
false work order."""


def run(
    *, seed: int, number: int, only: Sequence[str] = (), honest_only: bool = False, as_json: bool = False,
    page: Path = PAGE,
) -> int:  # fmt: skip
    """Score the catalogue; with everything in it, the page is written."""
    steps = Steps(quiet=as_json)
    models = [model for model in catalogue.load() if model.status in RUN]
    chosen = _chosen(only)
    tally = Tally()
    if not honest_only:
        with steps.step("draws", f"注入 {len(chosen) * number} 例 · injected violations") as advance:
            drawn = draws.draws(chosen, seed, number)
            tally = judge.judge(models, drawn, len(chosen) * number, advance)
    year = None
    if not only:
        with steps.step("year", "真实清洁数据一年 · an honest year") as advance:
            year = clean.screen(
                models, bases.all_plants(), progress=lambda _, done, total: advance(done, total)
            )
    report = {"seed": seed, "draws": number, **told(tally, models, year)}
    if year is not None and not honest_only:
        page.write_text("\n".join(text(report, models)), encoding="utf-8")
    print(json.dumps(report, ensure_ascii=False, indent=None if as_json else 1))
    return 0


def _chosen(only: Sequence[str]) -> list[Pattern]:
    known = library.patterns()
    unknown = [name for name in only if name not in known]
    if unknown:
        names = "、".join(unknown)
        raise UserFault("cli.no_such_pattern", f"没有违法模式 {names}", f"there is no pattern {names}")
    return [pattern for name, pattern in known.items() if not only or name in only]


def told(tally: Tally, models: Sequence[Model], year: Year | None) -> dict[str, Any]:
    """The figures as JSON; shares are null where there is nothing to judge."""
    total = sum(tally.patterns.values(), Counter())
    of_models = {model.code: _of_model(model, tally.model(model.code), year) for model in models}
    return {
        "pattern_recall": _share(total["found"], total["n"]),
        **_of_year(year),
        "patterns": {name: _of_pattern(counts) for name, counts in tally.patterns.items()},
        "models": of_models,
        "missed": tally.missed,
        "deserve_live": [code for code, row in of_models.items() if deserves_live(row)],
    }


def _of_year(year: Year | None) -> dict[str, Any]:
    if year is None:
        return {"level1_false_per_20_outlet_years": None}
    per_20 = {
        name: round(20 * year.clues(status) / year.outlet_years, 3) for name, status in _STATUSES.items()
    }
    return {**per_20, "outlet_years": year.outlet_years}


_STATUSES = {
    "level1_false_per_20_outlet_years": LIVE,
    "level1_false_with_trial_per_20_outlet_years": RUN,
}


def _of_pattern(counts: Counter[str]) -> dict[str, Any]:
    recall, precision = _share(counts["found"], counts["n"]), _share(counts["right"], counts["spoke"])
    return {"recall": recall, "precision": precision, "n": counts["n"]}


def _of_model(model: Model, counts: Counter[str], year: Year | None) -> dict[str, Any]:
    row = {"status": model.status, **_of_pattern(counts), "spoke": counts["spoke"]}
    row["precision_everywhere"] = _share(counts["so"], counts["said"])
    row["others_of_the_twin"] = _share(counts["anyway"], counts["said"] - counts["so"])
    if year is not None:
        row["per_outlet_year"] = year.rates()[model.code]
        row["level1_false"] = sum(finding.model == model.code for finding in year.work_orders(RUN))
    return row


def deserves_live(row: dict[str, Any]) -> bool:
    """Should a model on trial go live by these figures?"""
    if row["status"] != "trial" or "per_outlet_year" not in row or not row["recall"]:
        return False
    quiet = row["level1_false"] == 0 and row["per_outlet_year"]["2"] <= MOST_WARNINGS
    return bool(quiet and row["precision"] >= PRECISE)


def _share(good: int, total: int) -> float | None:
    return round(good / total, 4) if total else None


HEAD = """\
# Scores of the models over real hours

Written by `yuanjian models score --seed {seed} --draws {draws}`. Violations are laid over real series; what
they are, and what of an outlet is synthetic, is told in `simulator/data/README.md`. Level 1 is switched on
for every model; findings of level 1 and 2 count, and an honest twin of each outlet tells what is said anyway
(see the head of `simulator/patterns/judge.py`). Injected violations are not real: this checks the code, it
is no estimate of precision or recall in the field. No labelled real falsification is public. Electricity,
doors, flue-gas and process parameters, furnaces, ovens and waste water are synthetic: that a model of these
is quiet in the honest year says little, and a person decides what goes live.

* recall over all patterns: **{pattern_recall}**
* false work orders of an honest year per 20 outlet-years ({outlet_years:.0f} outlet-years of real series):
  **{level1_false_per_20_outlet_years}**; were all models on trial live:
  {level1_false_with_trial_per_20_outlet_years}
* models on trial that deserve to go live by these figures: {deserving}
"""
HONEST = """\
Precision of a model is that at outlets with a violation it should see; everywhere: at all outlets with any of
the violations, where real events are told again with every draw of the same outlet; twin: the share of the
other findings there that the model makes of the honest twin as well. The last two columns are the honest
year: findings of level 1 / 2 / 3 per year of an outlet the model could judge, synthetic ones too, and
findings at outlets of real series that would be false work orders. Exceedance is not judged there: the limits
are made from the data.
"""
ALLOWED = """\
Level-1 findings of the honest year that are right or known (`simulator/patterns/clean_allowed.yaml`):
"""


def text(report: dict[str, Any], models: Sequence[Model]) -> Iterator[str]:
    """The page in parts: how it was made, and the tables."""
    yield HEAD.format(**report, deserving=", ".join(report["deserve_live"]) or "–")
    yield from _pattern_table(report)
    yield HONEST
    yield from _model_table(report, models)
    yield ALLOWED
    yield from _allowed_table()


def _pattern_table(report: dict[str, Any]) -> Iterator[str]:
    known = library.patterns()
    yield from ("| pattern | | found by any of | n | recall | precision |", "|---|---|---|---|---|---|")
    for name, row in report["patterns"].items():
        pattern = known[name]
        shares = f"{row['n']} | {_shown(row['recall'])} | {_shown(row['precision'])}"
        yield f"| {name} | {pattern.zh} · {pattern.en} | {', '.join(pattern.models)} | {shares} |"
    yield from ("", "Missed: " + ("; ".join(report["missed"]) or "none") + ".", "")


_SHARES = ("recall", "precision", "precision_everywhere", "others_of_the_twin")


def _model_table(report: dict[str, Any], models: Sequence[Model]) -> Iterator[str]:
    titles = {model.code: model.title_en for model in models}
    shown = "n | recall | precision | everywhere | twin | honest year | false work orders"
    yield from (f"| model | | status | {shown} |", "|---" * 10 + "|")
    for code, row in report["models"].items():
        shares = f"{row['n']} | " + " | ".join(_shown(row[name]) for name in _SHARES)
        rates = " / ".join(f"{row['per_outlet_year'][level]:.2f}" for level in ("1", "2", "3"))
        yield f"| {code} | {titles[code]} | {row['status']} | {shares} | {rates} | {row['level1_false']} |"
    yield ""


def _allowed_table() -> Iterator[str]:
    yield from ("| outlet | model | from | to | why |", "|---|---|---|---|---|")
    for entry in clean.allow_list():
        yield f"| {entry.unit} | {entry.model} | {entry.first} | {entry.last} | {entry.reason} |"
    yield ""


def _shown(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"
