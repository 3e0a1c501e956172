"""The models in force: those of the program, read once per process, and those built in this installation.

What was built here is read once per request or job: `forget` begins anew.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from asgiref.local import Local
from django.core.signals import request_started

from yuanjian.errors import OwnFault
from yuanjian.platform.clues.models import OwnModel, OwnState
from yuanjian.screening.catalogue import CLASSES, STATUSES, Catalogue, bases, load, read
from yuanjian.screening.model import Model

OWN = re.compile(r"U\d{3,}")
"""Codes of models built here."""
_memo = Local()
log = logging.getLogger(__name__)


@cache
def built_in() -> Catalogue:
    """All models of this program version."""
    return load()


@cache
def _bases() -> dict[str, dict[str, Any]]:
    return bases()


def catalogue() -> Catalogue:
    """The models of this program version, and of those built here the approved version."""
    return Catalogue({**built_in().models, **_own()})


def entry(code: str) -> Model | None:
    """A model in force; None if it left."""
    return built_in().models.get(code) or (_own().get(code) if OWN.fullmatch(code) else None)


def entry_of(row: OwnModel) -> Model:
    """A version of a model built here, as the engine takes it; raises `OwnFault` without content.

    What its method came to need since it was approved is as in the program's own model of that method.
    """
    content = row.content or {}
    params = {**usual_params(content.get("kernel", "")), **content.get("params", {})}
    return replace(read(row.code, content | {"params": params}, _bases()), hash=row.hash)


def usual_params(kernel: str) -> Mapping[str, Any]:
    """The parameters of the program's first model with a method; none if it has no such model."""
    return next((model.params for model in built_in() if model.kernel == kernel), {})


def _own() -> Mapping[str, Model]:
    found: Mapping[str, Model] | None = getattr(_memo, "own", None)
    if found is None:
        found = _memo.own = dict(_approved())
    return found


def _approved() -> Iterator[tuple[str, Model]]:
    """The approved versions, the highest of a code last."""
    for row in OwnModel.objects.filter(state=OwnState.APPROVED).order_by("code", "version"):
        try:
            yield row.code, entry_of(row)
        except OwnFault as fault:  # one that the program no longer understands must not stop the others
            log.error("%s v%s left out: %s", row.code, row.version, fault)


def forget(**_: Any) -> None:
    """Read what was built here again when it is next asked for."""
    _memo.own = None


request_started.connect(forget)


def class_text(category: str) -> str:
    """The class of a model in Chinese."""
    return CLASSES[category][0]


def class_text_en(category: str) -> str:
    """The class of a model in English."""
    return CLASSES[category][1]


def status_text(status: str) -> str:
    """The status of a model in Chinese."""
    return STATUSES[status][0]


def status_text_en(status: str) -> str:
    """The status of a model in English."""
    return STATUSES[status][1]
