"""Device marks of HJ 212 as small numbers, so that a cube can hold them as bytes.

Source: HJ 212-2017 data marks (N normal, F stopped, M maintenance, S manual, D fault, C calibration,
T over range, B communication) [C]; P power failure (HJ 75-2017 app. H) [C-]; Td as seen in frames
of HJ 212-2025 devices [B].
"""

from __future__ import annotations

from enum import IntEnum

import polars as pl


class FlagCode(IntEnum):
    """What a cell of `Cube.flags` holds; `MISSING` means that no reading was received at all."""

    MISSING = 0
    N = 1
    F = 2
    M = 3
    S = 4
    D = 5
    C = 6
    T = 7
    B = 8
    P = 9
    TD = 10
    OTHER = 255


_BY_TEXT = {
    "": FlagCode.N,  # a reading sent without a mark: the device reports nothing wrong
    **{code.name: code for code in FlagCode if code not in {FlagCode.MISSING, FlagCode.OTHER}},
}


_BLANK = " \t\r\n"
"""What may stand around a mark; what else counts as blank differs between Python and Polars."""


def flag_code(text: str | None) -> FlagCode:
    """The code of a mark as sent; upper and lower case alike, unknown marks are `OTHER`."""
    return _BY_TEXT.get((text or "").strip(_BLANK).upper(), FlagCode.OTHER)


def flag_codes(column: str) -> pl.Expr:
    """The same over a text column, as UInt8."""
    texts, codes = list(_BY_TEXT), [int(code) for code in _BY_TEXT.values()]
    text = pl.col(column).fill_null("").str.strip_chars(_BLANK).str.to_uppercase()
    return text.replace_strict(texts, codes, default=int(FlagCode.OTHER), return_dtype=pl.UInt8)
