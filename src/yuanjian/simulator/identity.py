"""Invented names and numbers: well-formed, and plainly not real."""

from __future__ import annotations

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FIRST = "云朔清沐澄岚溯霁昀翊璟禾望牧砚泓曜苒屿煦"
_SECOND = "岫川禾源岳汀原陌舟峦泽野桥津滩坪台湾渡林"


def credit_code(county: str, serial: int) -> str:
    """A unified social credit code whose check digits hold (GB 32100-2015, GB 11714-1997).

    Its organisation part starts with XN (虚拟), which no registry hands out in this form.
    """
    body = f"XN{serial:06d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(char, 36) * weight for char, weight in zip(body, weights, strict=True))
    head = f"91{county}{body}{'0123456789X0'[(11 - total % 11) % 11]}"
    total = sum(_CREDIT.index(char) * pow(3, place, 31) for place, char in enumerate(head))
    return head + _CREDIT[(31 - total % 31) % 31]


def enterprise_name(county: str, trade: str, serial: int) -> tuple[str, str]:
    """(full name, short name), both ending in （虚拟）; different for every serial below 400."""
    brand = _FIRST[serial % 20] + _SECOND[(serial // 20 + serial * 7) % 20]
    more = str(serial // 400 + 1) if serial >= 400 else ""
    return f"{county}{brand}{trade}{more}有限公司（虚拟）", f"{brand}{trade}{more}（虚拟）"


def logger_number(standard: str, county: str, index: int, *, meter: bool = False) -> str:
    """An MN in the form of its standard: 14 characters (2005) or 24 hexadecimal ones."""
    if standard == "2005":
        return f"{county}9{index:07d}"
    return f"EEEE{county}{int(meter)}{index:013X}"
