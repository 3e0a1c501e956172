"""Emission limits of national and local standards, read once per process from `data/` (see its README).

A row becomes a limit of an outlet only where it can be judged as it stands: an upper bound (or range) at an
outlet, a factor of HJ 212, a unit that converts, one averaging time, one oxygen base. The others are kept and
shown with the reason.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from yuanjian.wire import hj212

DATA = Path(__file__).parent / "data"
REASONS = {
    "place": ("不是排放口限值（厂界、环境质量、噪声或移动源）", "not a limit at an outlet"),
    "policy": (
        "政策承诺，写入许可证后按许可限值录入",
        "a commitment of policy; enter it if the permit has it",
    ),
    "kind": ("不是浓度上限或范围", "not an upper bound or range"),
    "varies": (
        "限值随水温等条件变化，请按许可证录入",
        "depends on conditions; enter what the permit says",
    ),
    "factor": ("没有对应的 HJ 212 因子", "no factor of HJ 212 is clearly meant"),
    "unit": ("单位不能换算成因子的单位", "the unit does not convert to the factor's"),
    "averaging": ("取值时间不能自动判定", "the averaging time cannot be judged"),
    "oxygen": ("基准氧含量因工艺而异，请按许可证录入", "the oxygen base depends on the process"),
    "medium": ("与排放口的介质不符", "of another medium than the outlet"),
    "dates": ("标准已被代替，须给出截止日期", "the standard was replaced: an end date is needed"),
    "twice": ("该时段已套用这一行", "applied for this time already"),
    "unknown": ("标准中没有这一行", "no such row"),
}
"""Why a row is not applied, in Chinese and English."""
_SCALE = {("mg/L", "μg/L"): 1000.0, ("μg/m³", "mg/m³"): 0.001, ("g/m³", "mg/m³"): 1000.0}
_BARE = {"无量纲", "级"}  # what HJ 212 gives no unit


@dataclass(frozen=True, slots=True)
class Row:
    """One limit of a standard, as text; `averaging` empty and `o2` other than a number: not to be judged.

    ``certainty``: A read from the official text, B second hand, C to be checked against the text.
    """

    row: str
    standard: str
    status: str
    replaced_by: str
    region: str
    industry: str
    industry_en: str
    scope: str
    medium: str
    outlet: str
    condition: str
    condition_en: str
    pollutant: str
    kind: str
    limit: str
    low: str
    high: str
    unit: str
    averaging: str
    averaging_text: str
    averaging_text_en: str
    o2: str
    certainty: str
    source: str

    @property
    def basis(self) -> str:
        """What a limit of this row is called: ``GB 18485-2014 表4``."""
        return f"{self.standard} {self.condition}".strip()

    @property
    def factor(self) -> str | None:
        """The code of HJ 212, where it is clear."""
        return _factors().get((self.medium, self.pollutant))

    @property
    def factor_unit(self) -> str:
        """The unit the readings of the factor are in, and so the limit."""
        known = hj212.factor(self.factor) if self.factor else None
        return known.unit if known else ""

    @property
    def scale(self) -> float | None:
        """From the unit of the row to that of the factor."""
        if self.unit == self.factor_unit or (self.unit in _BARE and not self.factor_unit):
            return 1.0
        return _SCALE.get((self.unit, self.factor_unit))

    @property
    def refusal(self) -> str | None:
        """Why it can be applied nowhere (`REASONS`), None where it can."""
        checks = {
            "place": self.scope == "outlet",
            "policy": self.status != "policy",
            "varies": self.kind != "varies",
            "kind": self.kind in {"max", "range"},
            "factor": self.factor is not None,
            "unit": self.scale is not None,
            "averaging": bool(self.averaging),
            "oxygen": not self.o2 or self.o2.replace(".", "", 1).isdigit(),
        }
        return next((reason for reason, passed in checks.items() if not passed), None)

    def bound(self, text: str) -> float | None:
        """A bound in the factor's unit."""
        return float(f"{float(text) * (self.scale or 1.0):.6g}") if text else None


@lru_cache(maxsize=1)
def _factors() -> dict[tuple[str, str], str]:
    with (DATA / "pollutant_factors.csv").open(encoding="utf-8") as file:
        return {
            (row["medium"], name): row["factor"]
            for row in csv.DictReader(file)
            for name in row["pollutants"].split("|")
        }


@lru_cache(maxsize=1)
def table() -> dict[str, Row]:
    """All rows by their id."""
    with gzip.open(DATA / "emission_limits.csv.gz", "rt", encoding="utf-8") as file:
        names = [field.name for field in fields(Row)]
        return {row["row"]: Row(*(row[name] for name in names)) for row in csv.DictReader(file)}


def rows(standard: str) -> list[Row]:
    """The rows of a standard, in its order."""
    return [row for row in table().values() if row.standard == standard]


def listed(q: str = "", medium: str = "") -> list[tuple[str, list[Row]]]:
    """Standards with their rows whose name or industry holds ``q``; with ``medium`` only its rows."""
    found: dict[str, list[Row]] = {}
    wanted = q.strip().lower()
    for row in table().values():
        said = f"{row.standard} {row.industry} {row.industry_en}".lower()
        if wanted in said and (not medium or (row.medium == medium and row.scope == "outlet")):
            found.setdefault(row.standard, []).append(row)
    return list(found.items())
