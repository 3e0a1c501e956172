"""What codes are called: by the profile of the device, or by the tables everybody uses."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from yuanjian.ingest.codes import FOLDER, NATIONAL, codebook
from yuanjian.wire import hj212

Code = hj212.Factor | hj212.InfoCode


@lru_cache(maxsize=2)
def _book(folder: Path) -> hj212.Codebook:
    return codebook(folder)


def book() -> hj212.Codebook:
    """The profiles of this installation, read once per process."""
    return _book(settings.YUANJIAN.home / FOLDER)


def profiles() -> list[hj212.Profile]:
    """The profiles a device may be given; the national ones follow from its version."""
    return [profile for name, profile in book().profiles.items() if not name.startswith(NATIONAL)]


def factor(stored: str) -> hj212.Factor | None:
    """The factor of a code as readings have it; ``CODE@PROFILE`` is a profile's own."""
    code, _, profile = stored.partition("@")
    if profile:
        found = book().local(code, profile) if profile in book().profiles else None
        return found if isinstance(found, hj212.Factor) else None
    return hj212.factor(code)


def named(sent: str, code: str, standard: hj212.Standard, profile: str | None) -> dict[str, str]:
    """What a code in a frame is called: `name`, `name_en`, `unit`; an unknown one is called what it is."""
    known: Code | None = hj212.factor(code)
    if profile is not None and profile in book().profiles:
        known = book().local(sent, profile) or known
    known = known or hj212.info(code, standard)
    if known is None:
        return {"name": sent, "name_en": sent, "unit": ""}
    return {"name": known.name_zh, "name_en": known.name_en, "unit": known.unit}


def value(code: str, text: str, standard: hj212.Standard, profile: str | None) -> str | None:
    """What the value of an information code means, where its table lists values."""
    found = book().lookup(code, standard, profile if profile in book().profiles else None)
    return found.meaning(text) if isinstance(found, hj212.InfoCode) else None
