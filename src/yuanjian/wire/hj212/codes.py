"""The code tables: factors, process and electricity codes, site information codes.

The tables lie in ``tables/`` beside this module, each with its source in the first lines. Unknown codes are
normal: they are kept and shown with their values, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from .message import Standard
from .table import rows

DEFAULT_DECIMALS = 3
"""Digits after the point assumed where the standard prints no format: the finest in common use."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor code. ``unit`` is that of values, ``amount_unit`` that of ``-Cou``; both may be empty.

    ``medium``: water, gas, noise, process, power, condition, facility or position. ``standard``: 2005, 2017,
    2025, local (virtual province) or field (met in real frames, in no table). The resolution of a value is
    ``10 ** -decimals``; ``format`` is as printed (N5.2: five digits before, two after the point) or empty.
    ``means``: the code in common use for the same thing, where a profile has one of its own.
    """

    code: str
    old_code: str
    standard: str
    medium: str
    name_zh: str
    name_en: str
    unit: str
    amount_unit: str
    format: str
    note: str
    means: str = ""

    @property
    def decimals(self) -> int:
        """Digits after the point by ``format``."""
        whole, point, digits = self.format.partition(".")
        return int(digits) if point else 0 if whole else DEFAULT_DECIMALS


@dataclass(frozen=True, slots=True)
class InfoCode:
    """One site information code of CN 3020 within its profile (2017, 2025, hebei, shandong).

    ``kind``: instrument, logger, door, auxiliary, sampler or video. ``values`` as ``0 run;1 stopped;…``.
    ``role`` is what the code means to programs (``door.card``), or empty.
    """

    code: str
    profile: str
    kind: str
    name_zh: str
    name_en: str
    unit: str
    format: str
    values: str
    role: str = ""

    def meaning(self, value: str) -> str | None:
        """The text of a value by ``values``, leading zeros ignored; ``None`` when the list does not say."""
        listed = (each.strip().partition(" ") for each in self.values.split(";"))
        texts = {number: text for number, gap, text in listed if gap and number.isdigit()}
        return texts.get(value.strip().lstrip("0") or "0")

    @property
    def is_log(self) -> bool:
        """True for running text, sent between ``//`` and ``//``."""
        return self.format == "C890"


_ROWS = [Factor(**row) for row in rows("factors.csv")]
_EXACT = [row for row in _ROWS if row.medium != "facility"]
_PATTERNS = {
    factor.code: factor
    for factor in [
        *(row for row in _ROWS if row.medium == "facility"),
        *(Factor(**row) for row in rows("process.csv")),
        *(Factor(**row) for row in rows("profile_yuanjian.csv")),
    ]
}
_FACTORS_2025 = {row.code: row for row in _EXACT}  # a 2025 row stands after the 2017 row it replaces
FACTORS: Mapping[str, Factor] = MappingProxyType(
    _FACTORS_2025 | {row.code: row for row in _EXACT if row.standard != "2025"}
)
"""Factors by code, as 2017 has them; codes with a device number (``d20701``) only through ``factor()``."""

_MEDIUM_OF_ST = {
    **dict.fromkeys(("21", "24", "26", "32", "33", "34", "52"), "water"),
    **dict.fromkeys(("22", "27", "31", "39", "51"), "gas"),
    **dict.fromkeys(("23", "36"), "noise"),
}
_BY_UPPER = {code.upper(): code for code in FACTORS}
_BY_OLD = {(f.medium, f.old_code.upper()): f.code for f in FACTORS.values() if f.old_code}

_INFO_ROWS = [InfoCode(**row) for row in rows("infocodes.csv")]
_INFOS = {(info.profile, info.code.upper()): info for info in _INFO_ROWS}


def shipped_codes() -> Iterator[tuple[str, Factor | InfoCode]]:
    """Every row of the tables with its layer: the standard of a factor, the profile of an information code.

    Codes only met in field frames have the layer ``field``. The numbers of 2005 are codes of their own.
    """
    for row in [*_ROWS, *_PATTERNS.values()]:
        yield row.standard, row
        if row.old_code and row.standard != "2025":
            yield "2005", replace(row, code=row.old_code)
    for info_code in _INFO_ROWS:
        yield info_code.profile, info_code


def medium(st: str) -> str | None:
    """water, gas or noise for a system code (ST); ``None`` for any other."""
    return _MEDIUM_OF_ST.get(st)


@lru_cache(maxsize=4096)
def factor(code: str, standard: Standard | None = None) -> Factor | None:
    """The factor of a code, or ``None``; with 2025 the formats and names of that version where they differ.

    Codes with a device or facility number come with it in their name: ``d20701``, ``e10203``, ``SB2``.
    """
    exact = (_FACTORS_2025 if standard is Standard.V2025 else FACTORS).get(code)
    return exact or _numbered(code)


def _numbered(code: str) -> Factor | None:
    """A factor with a number: its pattern row (``d207xx``, ``SBx``), named with the number."""
    stem = code.rstrip("0123456789")
    for head, tail in ((code[:-2], "xx"), (stem, "x")):
        number = code[len(head) :]
        pattern = _PATTERNS.get(head + tail)
        if pattern and number.isascii() and number.isdigit():
            return replace(
                pattern,
                code=code,
                name_zh=f"{pattern.name_zh}（{number}号）",
                name_en=f"{pattern.name_en} no. {number}",
            )
    return None


@lru_cache(maxsize=4096)
def canonical(code: str, st: str) -> str:
    """The 2017 code of a code as sent: letter case put right, 2005 codes mapped by the medium of ST.

    ``011`` is COD in water and nothing in gas, so a code of another medium and any unknown code stay as sent.
    """
    if code in FACTORS:
        return code
    upper = code.upper()
    return _BY_OLD.get((_MEDIUM_OF_ST.get(st, ""), upper)) or _BY_UPPER.get(upper, code)


def code_2005(code: str, st: str) -> str:
    """The code a 2005 device sends for a 2017 code under an ST, or the code itself when there is none."""
    known = FACTORS.get(code)
    if known and known.old_code and known.medium == _MEDIUM_OF_ST.get(st):
        return known.old_code
    return code


def info(code: str, standard: Standard | None = None, profile: str | None = None) -> InfoCode | None:
    """The meaning of a site information code (letter case ignored), or ``None``.

    Provinces reuse national codes, so the order is: ``profile`` if given, 2025 if that is the standard, 2017,
    and at last Hebei, the only published door codes, for codes no national table has.
    """
    national = ("2025", "2017") if standard is Standard.V2025 else ("2017",)
    upper = code.upper()
    for name in ((profile,) if profile else ()) + national + ("hebei",):
        numbered = f"{upper[:-1]}X" if upper[-1:].isdigit() else upper
        if found := _INFOS.get((name, upper)) or _INFOS.get((name, numbered)):
            return found
    return None
