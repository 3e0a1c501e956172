"""The words of `yuanjian models`; what they do is in `show`, `models`, `own_models`, `training`, `scores`."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(models: argparse.ArgumentParser) -> None:
    """Give the command its verbs."""
    verbs = models.add_subparsers(required=True, metavar="VERB", dest="verb")
    listing = verbs.add_parser("list", help="one row per model")
    listing.add_argument("--json", action="store_true")
    show = verbs.add_parser("show", help="one model, whole")
    show.add_argument("code")
    trial = verbs.add_parser("test", help="run the cases of the models named, or of all")
    trial.add_argument("codes", nargs="*")
    _add_backtest(verbs)
    export = verbs.add_parser("export", help="a model built with the form, as a folder for the catalogue")
    export.add_argument("code")
    export.add_argument("--to", default=".", help="where the folder is made")
    export.add_argument("--version", type=int, help="default: the version in force")
    export.add_argument("--as", dest="name", metavar="CODE", help="under a code of the catalogue")
    promote = verbs.add_parser("promote", help="put a model into another state: draft, trial, live, retired")
    promote.add_argument("code")
    promote.add_argument("status")
    promote.add_argument("--by", required=True, help="the account of who approves it")
    promote.add_argument("--reason", required=True)
    _add_training(verbs)
    score = verbs.add_parser(
        "score", help="known violations over real hours, and an honest year; writes docs/model-scores.md"
    )
    score.add_argument("--seed", type=int, default=1, help="what is drawn")
    score.add_argument("--draws", type=int, default=3, help="of each pattern")
    score.add_argument("--only", nargs="+", default=[], metavar="PATTERN", help="these alone, no page")
    score.add_argument("--clean", action="store_true", help="the honest year alone")
    score.add_argument("--json", action="store_true")
    kinds = verbs.add_parser("kinds", help="teach M734 the causes of the patterns; writes docs/kinds.md")
    kinds.add_argument("--seed", type=int, default=1, help="what is drawn to learn from")
    kinds.add_argument("--held-out", type=int, default=99, help="the seed it is judged by")
    kinds.add_argument("--draws", type=int, default=4, help="of each pattern")
    kinds.add_argument("--json", action="store_true")


def _add_training(verbs: Verbs) -> None:
    train = verbs.add_parser("train", help="let a model learn from the readings of this installation")
    train.add_argument("code")
    train.add_argument("--industry", default="", help="the beginning of an industry code; default: all")
    train.add_argument("--from", dest="start", default="", help="Beijing day or time; default: 180 days ago")
    train.add_argument("--to", dest="end", default="", help="likewise, not included; default: today")
    train.add_argument("--seed", type=int, default=1)
    adopt = verbs.add_parser("adopt", help="put what a model has learned in force for its industry")
    adopt.add_argument("code")
    adopt.add_argument("artefact", metavar="HASH", help="of the artefact, or the beginning of it")
    adopt.add_argument("--by", required=True, help="the account of who approves it")
    adopt.add_argument("--reason", required=True)
    trained = verbs.add_parser("trained", help="what a model has learned here")
    trained.add_argument("code")


def _add_backtest(verbs: Verbs) -> None:
    back = verbs.add_parser(
        "backtest", help="what models would have found in the readings of this installation"
    )
    back.add_argument("codes", nargs="+", metavar="CODE")
    back.add_argument("--from", dest="start", required=True, help="Beijing day or time")
    back.add_argument("--to", dest="end", required=True, help="likewise, not included")
    back.add_argument("--region", default="000000", help="GB/T 2260 code; its prefix is the scope")
    back.add_argument("--level1", action="store_true", help="as if level 1 were switched on")
    back.add_argument("--json", action="store_true")
