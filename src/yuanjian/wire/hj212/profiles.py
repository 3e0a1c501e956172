"""What a code means, by (standard, profile, code): never by the code alone.

Provinces reuse national codes. Hebei has the moisture range under i23005, where HJ 212-2025 has the
logger's number; so the profile of the device decides first, then its standard. A deployment adds a province
as a CSV file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .codes import Factor, InfoCode, shipped_codes
from .faults import LocalError
from .message import Standard
from .table import parse, rows

Code = Factor | InfoCode


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of codes. ``layers`` are searched in order before the national ones."""

    name: str
    layers: tuple[str, ...]
    name_zh: str
    name_en: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Collision:
    """A code that a profile and the national tables of a standard give different meanings."""

    code: str
    local: Code
    national: Code


_NATIONAL = {standard: f"national-{standard}" for standard in Standard}
_COLUMNS = {kind: set(kind.__dataclass_fields__) for kind in (Factor, InfoCode)}
_OPTIONAL = {"role", "means"}


class Codebook:
    """Profiles and their codes. Immutable: ``with_profile`` makes another."""

    def __init__(self, profiles: Iterable[Profile], codes: Iterable[tuple[str, Code]]) -> None:
        """``codes`` are (layer, code); of two alike in a layer the later counts."""
        self._profiles = {profile.name: profile for profile in profiles}
        self._codes = {(layer, code.code.upper()): code for layer, code in codes}

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles by name."""
        return self._profiles

    def with_profile(self, profile: Profile, table: str) -> Codebook:
        """This book and one more profile, whose own codes are the CSV text ``table``.

        Its columns are those of the shipped factor tables or of ``infocodes.csv``; a code with ``xx`` or
        ``x`` at its end stands for all numbers. Raises LocalError when a column is missing.
        """
        added = [(profile.name, _row(row)) for row in parse(table)]
        own = Profile(
            profile.name, (profile.name, *profile.layers), profile.name_zh, profile.name_en, profile.note
        )
        known = [(layer, code) for (layer, _), code in self._codes.items()]
        return Codebook([*self._profiles.values(), own], [*known, *added])

    def lookup(self, code: str, standard: Standard, profile: str | None = None) -> Code | None:
        """The meaning of a code (letter case ignored) for a device; ``None`` when no table has it.

        For a code with a number (``d20701``) that is the row of all numbers (``d207xx``). Raises LocalError
        for a profile that does not exist.
        """
        for layer in self._layers(standard, profile):
            if found := self._in_layer(layer, code):
                return found
        return None

    def local(self, code: str, profile: str) -> Code | None:
        """What a profile itself says of a code, the national tables left aside; raises as ``lookup``."""
        found = (self._in_layer(layer, code) for layer in self._profile(profile).layers)
        return next((each for each in found if each is not None), None)

    def collisions(self, standard: Standard, profile: str) -> tuple[Collision, ...]:
        """The codes of a profile that mean something else nationally: worth showing where it is chosen."""
        layers = self._profile(profile).layers
        found = []
        for code in dict.fromkeys(code.code for (layer, _), code in self._codes.items() if layer in layers):
            local, national = self.lookup(code, standard, profile), self.lookup(code, standard)
            if local and national and local.name_zh != national.name_zh:
                found.append(Collision(code, local, national))
        return tuple(found)

    def _layers(self, standard: Standard, profile: str | None) -> tuple[str, ...]:
        own = self._profile(profile).layers if profile else ()
        return own + self._profile(_NATIONAL[standard]).layers

    def _profile(self, name: str) -> Profile:
        try:
            return self._profiles[name]
        except KeyError:
            raise LocalError("hj212.profile", f"没有编码表 {name}", f"no code profile {name}") from None

    def _in_layer(self, layer: str, code: str) -> Code | None:
        upper = code.upper()
        for name in (upper, *_patterns(upper)):
            if found := self._codes.get((layer, name)):
                return found
        return None


def _patterns(code: str) -> tuple[str, ...]:
    """The table rows that may stand for a code with a number: ``D207XX``, ``I3331X``, ``SBX``."""
    stem = code.rstrip("0123456789")
    number = len(code) - len(stem)
    two = (f"{code[:-2]}XX",) if number >= 2 else ()
    one = (f"{code[:-1]}X",) if number else ()
    return two + one + ((f"{stem}X",) if number else ())


def _row(row: dict[str, str]) -> Code:
    for kind in (InfoCode, Factor):
        if _COLUMNS[kind] - _OPTIONAL <= set(row):
            return kind(**{name: row[name] or "" for name in row if name in _COLUMNS[kind]})
    raise LocalError(
        "hj212.profile", "编码表缺少列", "a column of the code profile is missing", columns=list(row)
    )


def _shipped() -> Codebook:
    profiles = [
        Profile(row["name"], tuple(row["layers"].split()), row["name_zh"], row["name_en"], row["note"])
        for row in rows("profiles.csv")
    ]
    return Codebook(profiles, shipped_codes())


CODEBOOK = _shipped()
"""The profiles shipped: national-2005, -2017, -2025, hebei, shandong, yuanjian-demo."""
