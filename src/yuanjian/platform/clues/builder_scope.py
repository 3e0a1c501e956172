"""Whom a model built here is about: who meets its findings, and who answers for it."""

from __future__ import annotations

from typing import Any

from yuanjian.platform.clues.catalogue import OWN, entry
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.common.scope import significant_prefix
from yuanjian.screening.model import Model


def concerns(model: Model, user: Any) -> bool:
    """Does the user meet findings of the model: its region lies within the user's, or around it?"""
    if user.role == "admin" or not OWN.fullmatch(model.code):
        return True
    own, theirs = _region(model), significant_prefix(user.region_code)
    return own.startswith(theirs) or theirs.startswith(own)


def require_mine(user: Any, code: str) -> None:
    """Raise `NotFound` for a model built here beyond the region the user answers for."""
    model = entry(code) if OWN.fullmatch(code) else None
    if model is None or user.role == "admin":
        return
    if not (user.region_code and _region(model).startswith(significant_prefix(user.region_code))):
        raise not_found("模型不存在", "No such model")


def _region(model: Model) -> str:
    return str(model.inputs["where"]["region"])
