"""Forms of the model builder as people fill them in."""

from __future__ import annotations

from datetime import date
from typing import Any

from yuanjian.platform.clues.builder_blocks import Block, blocks
from yuanjian.platform.clues.builder_form import Form, problems

TODAY = date(2026, 11, 22)
FACTORS = {"gas": ["a21026"], "water": ["w01018"]}


def suggested(block: Block, /, **changes: Any) -> Form:
    """A block with what it suggests, and a region."""
    params = {name: param.default for name, param in block.params.items()}
    if "bound" in params:
        params["bound"] = 60.0
    wanted: dict[str, Any] = {
        "block": block.name,
        "medium": block.media[0],
        "subject": block.subject[0],
        "factors": FACTORS[block.media[0]] if block.of_factors else [],
        "params": params,
        "excludes": list(block.suggested),
        "levels": {level: dict(numbers) for level, numbers in block.levels.items()},
        "clear_after": block.clear_after,
        "category": block.category,
        "title": "夜间二氧化硫偏高",
        "purpose": "看园区锅炉夜间排放",
        "basis": list(block.basis),
        "check_on_site": ["核对限值登记", "查看治理设施记录"],
        "false_positives": ["启炉阶段尚未标记"],
        "region": "640100",
    }
    return Form.model_validate(wanted | changes)


def a_form(name: str = "compare_hour", **changes: Any) -> Form:
    """SO2 above 60 mg/m³ in Yinchuan, or another block."""
    own: dict[str, Any] = {}
    if name == "compare_hour":
        levels = {"3": {"run": 2}, "2": {"run": 4, "events": 3}, "1": {"run": 12}}
        own = {"levels": levels, "excludes": ["marked_stop"]}
    return suggested(blocks()[name], **(own | changes))


def every_block() -> list[Form]:
    """Each block as it suggests itself."""
    return [suggested(block) for block in blocks().values()]


def says(form: Form) -> list[tuple[str, str]]:
    """What is wrong with it."""
    return [(problem.field, problem.text) for problem in problems(form, TODAY)]
