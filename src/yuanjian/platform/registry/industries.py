"""Industries by their code in GB/T 4754-2017: names in both languages, and those a person answers for."""

from __future__ import annotations

import csv
from functools import lru_cache
from typing import Any

from yuanjian.platform.registry.geography import DATA
from yuanjian.platform.registry.models import Enterprise

DIVISION = 3  # a letter and two digits


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[str, str]]:
    with (DATA / "industries.csv").open(encoding="utf-8") as file:
        return {row["code"]: (row["name"], row["name_en"]) for row in csv.DictReader(file)}


def name_of(code: str) -> tuple[str, str]:
    """Chinese and English of the narrowest industry known that a code lies in; blank for none."""
    beginnings = (code[:length] for length in range(len(code), 0, -1))
    return next((_names()[known] for known in beginnings if known in _names()), ("", ""))


def present(user: Any) -> list[dict[str, str]]:
    """Industries of the enterprises a person sees, and the divisions they lie in, by code; one query."""
    found = Enterprise.objects.visible_to(user).exclude(industry_code="").order_by()
    own = dict(found.values_list("industry_code", "industry").distinct())
    codes = sorted(own.keys() | {code[:DIVISION] for code in own})
    return [_row(code, own.get(code, "")) for code in codes]


def _row(code: str, said: str) -> dict[str, str]:
    name, english = name_of(code)
    return {"code": code, "name": said or name, "name_en": english or said}
