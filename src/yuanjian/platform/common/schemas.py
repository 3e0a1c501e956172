"""Shapes that appear in many answers (CONTRACT of the API)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema


class Named(Schema):
    """A reference to an enterprise, a person…"""

    id: int
    name: str


class OutletRef(Schema):
    """A reference to an outlet."""

    id: int
    code: str
    name: str


class ActivityRow(Schema):
    """One line of a timeline."""

    at: datetime
    actor: str
    action: str
    text: str
    text_en: str
    data: dict[str, Any]


class ErrorOut(Schema):
    """Every error: a stable code, and what to tell the person."""

    code: str
    message: str
    message_en: str
    details: dict[str, Any]
