"""Shapes of evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from yuanjian.platform.common.schemas import Instant


class FileRow(Schema):
    """A file with the hash that proves it."""

    id: int
    name: str
    kind: str
    size: int
    content_type: str
    sha256: str
    captured_at: datetime | None
    received_at: datetime
    author: str


class FileIn(Schema):
    """What the sender says of a file; `captured_at` is the camera's clock."""

    kind: Literal["photo", "file"] = "file"
    captured_at: Instant | None = None
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
