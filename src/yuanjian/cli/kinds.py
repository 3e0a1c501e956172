"""`yuanjian models kinds`: teach M734 the causes of the patterns, and write down how reliable it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from yuanjian.cli.progress import Steps
from yuanjian.screening import catalogue
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.learnt.kinds import KINDS, NOT_HEARD, NUMBERS, chances, softmax
from yuanjian.screening.model import Model
from yuanjian.screening.training import kinds as training
from yuanjian.screening.training.kinds import Example
from yuanjian.simulator.patterns import kinds

CODE = "M734"
PAGE = Path("docs/kinds.md")


def run(*, seed: int, held_out: int, number: int, as_json: bool, page: Path = PAGE) -> int:
    """Draw, learn, keep the artefact of the catalogue, judge draws of another seed, write the page."""
    steps = Steps(quiet=as_json)
    models = heard()
    drawn = {}
    for name, own, count in (("learned", seed, number), ("held out", held_out, max(number // 2, 1))):
        with steps.step(name, f"样例 · examples, seed {own}") as advance:
            drawn[name] = list(kinds.examples(models, own, count, advance))
    artefact = training.learn(catalogue.load()[CODE], drawn["learned"], seed)
    artefact.save(cast("Path", catalogue.folder() / CODE / "trained.npz"))
    report = told(artefact, drawn["learned"], drawn["held out"]) | {"seed": seed, "held_out": held_out}
    page.write_text("\n".join(text(artefact, report)), encoding="utf-8")
    print(
        json.dumps({"artefact": artefact.hash, **report}, ensure_ascii=False, indent=None if as_json else 1)
    )
    return 0


def heard() -> list[Model]:
    """The models whose findings it learns from."""
    return [
        model
        for model in catalogue.load().live()
        if model.class_ not in NOT_HEARD and "trained" not in model.inputs["needs"]
    ]


def told(artefact: Artefact, learned: Sequence[Example], held_out: Sequence[Example]) -> dict[str, Any]:
    """Reliability on other draws of the same patterns, and on patterns it had never seen."""
    names = artefact.facts["features"]
    own, other = training.table(learned, names), training.table(held_out, names)
    scores = training.left_out(own, artefact.facts["metrics"]["c"])
    return {
        "metrics": dict(artefact.facts["metrics"]),
        "same_patterns": training.reliability(chances(artefact, other.samples), other),
        "unseen_patterns": training.reliability(softmax(artefact.arrays["beta"] * scores), own),
    }


HEAD = """\
# What is behind a clue: how reliable M734 is

Written by `yuanjian models kinds --seed {seed} --held-out {held_out}`, which also makes the artefact that the
platform uses (`{hash}`). It learns from {examples} examples of {names} patterns and accidents
(`simulator/patterns`: `library.yaml`, `accidents.yaml`) laid over real hours; the cause is known because it
was drawn: {kinds}.
Kinds count the same, and within a kind each pattern. **No labelled real case is public**: the figures say how
well it tells our patterns apart, not how well it will do outside. Much looks the same whoever did it; low
certainty is right then.

| examples | n | Brier (0 perfect, 0.667 guessing) | log loss (1.099 guessing) | right |
|---|---|---|---|---|"""
WAYS = {
    "same_patterns": "other draws of the same patterns",
    "unseen_patterns": "patterns left out of learning",
}


def text(artefact: Artefact, report: dict[str, Any]) -> Iterator[str]:
    """The page in lines."""
    words = "; ".join(f"{zh} ({en})" for zh, en in KINDS.values())
    yield HEAD.format(**report["metrics"], **report, kinds=words, hash=artefact.hash[:12])
    for way, name in WAYS.items():
        row = report[way]
        yield f"| {name} | {row['n']} | {row['brier']} | {row['log_loss']} | {row['accuracy']:.0%} |"
    yield "\nThe temperature is set on the patterns left out, so on known ones it says less than it could.\n"
    yield "| examples | kind | n | right |\n|---|---|---|---|"
    for way, name in WAYS.items():
        for kind, row in report[way]["of_kind"].items():
            yield f"| {name} | {KINDS[kind][1]} | {row['n']} | {row['right']:.0%} |"
    yield "\nCalibration: of what it says with such a probability, how much is right.\n"
    yield "| examples | probability | n | said | right |\n|---|---|---|---|---|"
    for way, name in WAYS.items():
        for row in report[way]["calibration"]:
            share = f"{row['from']:.2f}–{row['to']:.2f} | {row['n']} | {row['said']:.2f} | {row['right']:.2f}"
            yield f"| {name} | {share} |"
    yield "\nWhat speaks most for each kind (weight against the mean of the kinds):\n"
    for at, (_, english) in enumerate(KINDS.values()):
        yield f"* {english}: {', '.join(_strongest(artefact, at))}"
    yield ""


def _strongest(artefact: Artefact, kind: int, most: int = 8) -> Iterator[str]:
    weights = artefact.arrays["weights"]
    lifts = weights[kind] - weights.mean(axis=0)
    for at in (-lifts).argsort()[:most]:
        name = artefact.facts["features"][at]
        yield f"{NUMBERS[name][1] if name in NUMBERS else name} ({lifts[at]:+.2f})"
