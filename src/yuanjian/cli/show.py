"""Commands that only print: settings, the catalogue of models."""

from __future__ import annotations

import json
from dataclasses import fields

from rich.console import Console
from rich.table import Table

from yuanjian import config
from yuanjian.errors import UserFault


def settings(current: config.Settings, *, as_json: bool) -> int:
    """Every setting with its variable, value in force and meaning; secrets are masked."""
    rows = []
    for item in fields(current):
        value = str(getattr(current, item.name))
        shown = "••••" if item.metadata["secret"] and value else value
        rows.append({"variable": item.metadata["variable"], "value": shown, "meaning": item.metadata["help"]})
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    table = Table("variable", "value", "meaning", box=None, header_style="bold")
    for row in rows:
        table.add_row(row["variable"], row["value"], row["meaning"])
    Console().print(table)
    return 0


def models(*, as_json: bool) -> int:
    """The catalogue, one row per model."""
    from yuanjian.screening import catalogue

    rows = [
        {
            "code": model.code,
            "title": model.title,
            "class": model.class_,
            "status": model.status,
            "kernel": model.kernel,
            "version": model.version,
            "hash": model.hash,
        }
        for model in catalogue.load()
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    table = Table(*rows[0], box=None, header_style="bold")
    for row in rows:
        table.add_row(*(str(value)[:16] for value in row.values()))
    Console().print(table)
    return 0


def model(code: str) -> int:
    """The reviewed text of one model; raises `UserFault` if there is none."""
    from yuanjian.screening import catalogue

    path = catalogue.folder() / code / "model.yaml"
    if not path.is_file():
        raise UserFault("cli.no_such_model", f"没有模型 {code}", f"there is no model {code}")
    print(path.read_text(encoding="utf-8"))
    return 0


def model_cases(codes: list[str]) -> int:
    """Run the cases of the models named, or of all; 1 if one fails."""
    from yuanjian.screening import cases

    return cases.main(codes)
