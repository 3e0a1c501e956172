"""What a device's codes mean: its profile first, then what everybody uses.

A province that is not shipped is data: ``profiles.csv`` in the folder ``profiles`` of the installation, with
the columns of the shipped table, and beside it ``NAME.factors.csv`` and ``NAME.infos.csv``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from yuanjian.errors import OwnFault
from yuanjian.wire.hj212 import (
    CODEBOOK,
    Codebook,
    Doors,
    Factor,
    FactorValue,
    InfoCode,
    LocalError,
    Message,
    Profile,
    Standard,
    Upload,
    read_doors,
)
from yuanjian.wire.hj212.table import parse

log = logging.getLogger(__name__)

FOLDER = "profiles"
TABLES = ("factors", "infos")
NATIONAL = "national-"


class Dialect(NamedTuple):
    """What is set for a device: its version, if any, and its profile."""

    standard: Standard | None = None
    profile: str | None = None


def codebook(folder: Path) -> Codebook:
    """The shipped profiles and those of a folder; raises `OwnFault` for tables that cannot be read.

    Better no ingest than one that gives values a wrong meaning.
    """
    listing = folder / "profiles.csv"
    if not listing.is_file():
        return CODEBOOK
    book = CODEBOOK
    try:
        for row in parse(listing.read_text(encoding="utf-8")):
            profile = Profile(
                row["name"], tuple(row["layers"].split()), row["name_zh"], row["name_en"], row["note"]
            )
            for table in TABLES:
                path = folder / f"{profile.name}.{table}.csv"
                if path.is_file():
                    book = book.with_profile(profile, path.read_text(encoding="utf-8"))
    except (KeyError, TypeError, LocalError, UnicodeDecodeError) as error:
        raise OwnFault(
            "ingest.profiles", f"编码表 {folder} 无法读取：{error}", f"code profiles in {folder}: {error}"
        ) from error
    return book


class Codes:
    """The meaning of codes by device. A device without settings has the national codes of its frames."""

    def __init__(self, book: Codebook = CODEBOOK, dialects: Mapping[str, Dialect] | None = None) -> None:
        self._book = book
        self._dialects = dialects or {}
        self._known: dict[tuple[str, str, Standard], str] = {}

    def dialect(self, message: Message) -> tuple[Standard, str | None]:
        """The version and the profile a message is read by."""
        found = self._dialects.get(message.mn, Dialect())
        return found.standard or message.standard, self._usable(found.profile)

    def factor(self, sent: FactorValue, standard: Standard, profile: str | None) -> str:
        """The code a value is stored under: the common one the profile names, else the one sent.

        A code that means something else nationally becomes ``CODE@PROFILE``: no rule takes it for the
        national one. An unknown code stays as it is.
        """
        if profile is None:
            return sent.code
        key = (sent.sent_code, profile, standard)
        if key not in self._known:
            self._known[key] = self._stored(sent, standard, profile)
        return self._known[key]

    def doors(self, upload: Upload, standard: Standard, profile: str | None) -> Doors:
        """Door records by the roles the profile gives its codes."""
        return read_doors(upload, standard, profile, self._book)

    def is_log(self, code: str, standard: Standard, profile: str | None) -> bool:
        """Whether an information code holds running text; for an unknown code its third digit says so."""
        found = self._book.lookup(code, standard, profile)
        return found.is_log if isinstance(found, InfoCode) else code[2:3] == "1"

    def _stored(self, sent: FactorValue, standard: Standard, profile: str) -> str:
        own = self._book.local(sent.sent_code, profile)
        if not isinstance(own, Factor):
            return sent.code
        if own.means:
            return own.means
        national = self._book.lookup(sent.sent_code, standard)
        collides = national is not None and national.name_zh != own.name_zh
        return f"{sent.sent_code}@{profile}" if collides else sent.code

    def _usable(self, profile: str | None) -> str | None:
        if profile is None or profile.startswith(NATIONAL):
            return None
        if profile not in self._book.profiles:
            log.warning("no code profile %s: read by the national codes", profile)
            return None
        return profile
