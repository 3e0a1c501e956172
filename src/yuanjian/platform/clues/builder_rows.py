"""Rows of the model builder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import yaml
from django.db.models import Count

from yuanjian.clock import beijing_day, utcnow
from yuanjian.platform.clues import builder, model_rows
from yuanjian.platform.clues import english as in_english
from yuanjian.platform.clues.builder_blocks import FACTOR_UNIT, Block, Param, blocks, exclusions
from yuanjian.platform.clues.builder_form import CLASSES, Form, bases, content, in_force
from yuanjian.platform.clues.builder_states import BUILDER
from yuanjian.platform.clues.builder_words import SUBJECTS, Words
from yuanjian.platform.clues.catalogue import class_text, class_text_en, entry, status_text, status_text_en
from yuanjian.platform.clues.models import Model, OwnModel, OwnState
from yuanjian.platform.common.activity import timeline
from yuanjian.platform.registry.geography import name_of
from yuanjian.screening.model import Measure

STATES_EN = {"draft": "draft", "review": "in review", "approved": "approved", "discarded": "discarded"}
MEASURE = ("name", "zh", "en", "unit", "decimals", "flag", "scale")


def offer(user: Any) -> dict[str, Any]:
    """What the form offers (`BuilderOut`)."""
    today = beijing_day(utcnow())
    return {
        "blocks": [_block(block) for block in blocks().values()],
        "bases": [_basis(name, row, today) for name, row in bases().items()],
        "categories": [_choice(code, class_text(code), class_text_en(code)) for code in CLASSES],
        "region": user.region_code or "000000",
    }


def _choice(value: str, zh: str, en: str) -> dict[str, str]:
    return {"value": value, "zh": zh, "en": en}


def _block(block: Block) -> dict[str, Any]:
    plain = (
        "name", "data", "title", "title_en", "explain", "explain_en", "category", "clear_after", "levels",
    )  # fmt: skip
    lists = {name: list(getattr(block, name)) for name in ("media", "basis", "suggested")}
    start = {name: param.default for name, param in block.params.items()}
    return {name: getattr(block, name) for name in plain} | {
        **lists,
        "subject": [_choice(code, *SUBJECTS[code]) for code in block.subject],
        "params": [_param(param) for param in block.params.values()],
        "measures": _measures(block, start, FACTOR_UNIT),
        "excludes": [_choice(code, *exclusions()[code]) for code in block.excludes],
        "always": [_choice(code, *exclusions()[code]) for code in block.always],
        "every_factor": block.every_factor,
    }


def _param(param: Param) -> dict[str, Any]:
    plain = ("name", "kind", "zh", "en", "default", "unit", "min", "max", "hint", "hint_en")
    return {name: getattr(param, name) for name in plain} | {"choices": [dict(one) for one in param.choices]}


def _measures(block: Block, params: dict[str, Any], unit: str) -> list[dict[str, Any]]:
    found = block.measures_for(params, unit)
    return [_measure(found[name]) for name in block.offered]


def _measure(measure: Measure) -> dict[str, Any]:
    return {name: getattr(measure, name) for name in MEASURE}


def _basis(name: str, row: dict[str, Any], today: date) -> dict[str, Any]:
    dates = {"since": row.get("from"), "until": row.get("to")}
    [english] = in_english.sentences([row["text"]])
    return {"name": name, "text": row["text"], "text_en": english, "now": in_force(row, today), **dates}


def reading(form: Form, code: str = "U000", version: int = 1) -> dict[str, Any]:
    """A form read back (`Reading`)."""
    said, found, block = Words(form), builder.check(form), form.found
    text = "" if found else yaml.safe_dump(content(form, code, version), allow_unicode=True, sort_keys=False)
    return {
        "sentence": said.sentence(),
        "sentence_en": said.sentence(english=True),
        "problems": [vars(problem) for problem in found],
        "measures": _measures(block, form.params, form.unit) if block else [],
        "yaml": text,
    }


def rows(listed: Iterable[OwnModel]) -> list[dict[str, Any]]:
    """`OwnRow`s; one query for the status of their codes, and one for what is in force."""
    found = list(listed)
    known = Model.objects.in_bulk({row.code for row in found})
    return [_row(row, known.get(row.code)) for row in found]


def _row(row: OwnModel, model: Model | None) -> dict[str, Any]:
    plain = ("id", "code", "version", "title", "state", "hash", "region_code", "updated_at")
    decided = ("decided_at", "decided_reason")
    now = entry(row.code)
    in_force_now = now is not None and now.version == row.version and row.state == OwnState.APPROVED
    status = model.status if model and in_force_now else ""
    block = blocks().get(row.form["block"])
    return {name: getattr(row, name) for name in (*plain, *decided)} | {
        "state_text": row.get_state_display(),
        "state_text_en": STATES_EN[row.state],
        "complete": row.content is not None,
        "block": row.form["block"],
        "block_title": block.title if block else "",
        "block_title_en": block.title_en if block else "",
        "region_name": name_of(row.region_code),
        "author": model_rows.named(row.author),
        "editor": model_rows.named(row.editor),
        "decided_by": model_rows.named(row.decided_by),
        "in_force": in_force_now,
        "status": status,
        "status_text": status_text(status) if status else "",
        "status_text_en": status_text_en(status) if status else "",
    }


def counts(user: Any) -> dict[str, int]:
    """How many versions of the user's region are in each state; one query."""
    by_state = OwnModel.objects.visible_to(user).order_by().values_list("state")
    return dict.fromkeys(OwnState.values, 0) | dict(by_state.annotate(n=Count("id")))


def detail(row: OwnModel, user: Any) -> dict[str, Any]:
    """One version (`OwnOut`)."""
    previews = row.previews.select_related("author").defer("result").order_by("-id")[:5]
    seen = builder.previewed(row)
    return {
        **rows([row])[0],
        "form": row.form,
        "reading": reading(Form.model_validate(row.form), row.code, row.version),
        "actions": BUILDER.actions(row, user),
        "previews": [model_rows.backtest_row(one) for one in previews],
        "previewed": seen.pk if seen else None,
        "versions": rows(builder.visible(user).filter(code=row.code)),
        "timeline": timeline(row),
    }
