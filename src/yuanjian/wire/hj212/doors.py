"""Door records of CN 3020: who opened which door when, as the code profile of the device has it.

National are only a log text (i31001) and the state of the door device (i32001); the record field by field
(i3310A–J, i41001, i41002) is Hebei's. Another province names its codes by ``role`` in its profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from .codes import InfoCode
from .faults import PeerError
from .message import Standard
from .profiles import CODEBOOK, Codebook
from .stamp import read_time
from .upload import Upload

_FIELDS = frozenset(
    ("door", "method", "type", "user", "time", "state", "card", "image", "image_url", "person")
)
_DEFAULT = "hebei"
"""The only published door codes: used where the profile of the device has none for a code."""


@dataclass(frozen=True, slots=True)
class DoorRecord:
    """One door record. ``time`` is Beijing wall time: that of the opening, or DataTime where none is sent.

    ``kind``: opening (field by field), log, record, power_cut (texts in ``text``), device or sampler (a
    state in ``state``). Values are as sent; what is not sent is empty. No source lists the values of
    ``method``, ``type`` and ``state``. ``sent`` are the codes and texts the record was made of.
    """

    kind: str
    time: datetime
    door: str = ""
    method: str = ""
    type: str = ""
    user: str = ""
    state: str = ""
    card: str = ""
    image: str = ""
    image_url: str = ""
    person: str = ""
    text: str = ""
    sent: tuple[tuple[str, str], ...] = ()


class Doors(NamedTuple):
    """The door records of an upload, and its other information as sent."""

    records: tuple[DoorRecord, ...]
    others: tuple[tuple[str, str], ...]


def read_doors(
    upload: Upload, standard: Standard, profile: str | None = None, book: Codebook = CODEBOOK
) -> Doors:
    """The door records of an upload of CN 3020; a field that comes again begins the next opening.

    Codes without a door role, known or not, are ``others``. Raises LocalError for an unknown profile.
    """
    openings: list[list[tuple[str, str, str]]] = []
    records: list[DoorRecord] = []
    others: list[tuple[str, str]] = []
    for code, text in upload.infos:
        role = _role(book, code, standard, profile)
        if role is None:
            others.append((code, text))
        elif role in _FIELDS:
            if not openings or any(role == known for known, _, _ in openings[-1]):
                openings.append([])
            openings[-1].append((role, code, text))
        else:
            records.append(_single(role, code, text, upload.data_time))
    return Doors((*(_opening(each, upload.data_time) for each in openings), *records), tuple(others))


def _role(book: Codebook, code: str, standard: Standard, profile: str | None) -> str | None:
    found = book.lookup(code, standard, profile) or book.lookup(code, standard, _DEFAULT)
    role = found.role if isinstance(found, InfoCode) else ""
    return role.removeprefix("door.") if role.startswith("door.") else None


def _single(role: str, code: str, text: str, time: datetime) -> DoorRecord:
    values = {"state" if role in ("device", "sampler") else "text": text}
    return DoorRecord(role, time, **values, sent=((code, text),))


def _opening(fields: list[tuple[str, str, str]], sent_at: datetime) -> DoorRecord:
    values = {role: text for role, _, text in fields}
    time = _opened(values.pop("time", ""), sent_at)
    return _record(values, time, tuple((code, text) for _, code, text in fields))


def _record(values: Mapping[str, str], time: datetime, sent: tuple[tuple[str, str], ...]) -> DoorRecord:
    return DoorRecord("opening", time, **values, sent=sent)


def _opened(stamp: str, sent_at: datetime) -> datetime:
    """When the door was opened, or the packet's own time if the record does not say."""
    try:
        return read_time(stamp)
    except PeerError:
        return sent_at
