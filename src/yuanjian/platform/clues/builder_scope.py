"""Whom a model is about: who meets its findings, and who answers for it."""

from __future__ import annotations

from typing import Any

from yuanjian.platform.clues.catalogue import OWN, entry
from yuanjian.platform.common.errors import Forbidden, not_found
from yuanjian.platform.common.scope import significant_prefix, within
from yuanjian.screening.model import Model


def concerns(model: Model, user: Any) -> bool:
    """Does the user meet findings of the model: its region lies within the user's, or around it?"""
    if user.role == "admin" or not OWN.fullmatch(model.code):
        return True
    own, theirs = _region(model), significant_prefix(user.region_code)
    return own.startswith(theirs) or theirs.startswith(own)


def whole_province(user: Any) -> bool:
    """Does the user answer for what holds everywhere: an industry, a model of the catalogue?"""
    return bool(user.role == "admin" or user.region_code.endswith("0000"))


def decides(user: Any, code: str) -> bool:
    """Does the user answer for all whom the model judges? Its life, level 1 and learning are theirs."""
    model = entry(code) if OWN.fullmatch(code) else None
    if model is None:
        return whole_province(user)
    return user.role == "admin" or within(_region(model), user.region_code)


def require_mine(user: Any, code: str) -> None:
    """Raise for a model the user does not decide about: `NotFound` for one that others built."""
    if decides(user, code):
        return
    if OWN.fullmatch(code):
        raise not_found("模型不存在", "No such model")
    raise Forbidden(
        "models.scope",
        "目录模型对全省生效，须由省级人员决定；本辖区可设置阈值或静默",
        "a model of the catalogue holds everywhere: in your region, set a threshold or a suppression",
    )


def _region(model: Model) -> str:
    return str(model.inputs["where"]["region"])
