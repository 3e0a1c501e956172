"""A model read back as sentences, from a form that may still be incomplete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from yuanjian.platform.clues.builder_blocks import Block, exclusions
from yuanjian.platform.registry.geography import name_of
from yuanjian.platform.registry.selectors import factor_name, factor_name_en
from yuanjian.screening.model import Measure

if TYPE_CHECKING:
    from yuanjian.platform.clues.builder_form import Form

Both = tuple[str, str]
LEVELS: dict[str, Both] = {
    "3": ("三级提醒", "reminder (level 3)"),
    "2": ("二级警告", "warning (level 2)"),
    "1": ("一级执法工单", "work order (level 1)"),
}
MEDIA: dict[str, Both] = {"gas": ("废气", "stack-gas"), "water": ("废水", "waste-water")}
SUBJECTS: dict[str, Both] = {
    "production": ("生产设施", "production facilities"),
    "treatment": ("治污设施", "treatment facilities"),
    "meter": ("电表（生产与治污）", "meters of production and treatment"),
    "outlet": ("排放口的产治排链", "the outlet's chain of facilities"),
    "factor": ("因子", "factors"),
}
RUNS: dict[str, Both] = {"hour": ("每小时", "every hour"), "day": ("每天", "every day")}
MISSING = "…"


@dataclass(frozen=True)
class Words:
    """The sentences of one form."""

    form: Form

    def sentence(self, *, english: bool = False) -> str:
        """The whole model in a few sentences; blank without a block."""
        block = self.form.found
        if block is None:
            return ""
        parts = (
            self._condition(block, english),
            *self._levels(block, english),
            self._follows(block, english),
        )
        return (" " if english else "").join(parts)

    def _condition(self, block: Block, english: bool) -> str:
        when, comma = self._when(block, english), (", " if english else "、")
        left = comma.join(exclusions()[code][english] for code in self._excluded(block))
        if english:
            rest = f"; left out: {left}" if left else ""
            return f"At {MEDIA[self.form.medium][1]} outlets of {self._where(True)}: {when}{rest}."
        rest = f"；不计入{left}" if left else ""
        return f"在{self._where(False)}的{MEDIA[self.form.medium][0]}排放口，{when}{rest}。"

    def _where(self, english: bool) -> str:
        region = name_of(self.form.region) if self.form.region else MISSING
        industry = self.form.industry.strip()
        if not industry:
            return region
        return f"{region}, industry {industry}" if english else f"{region}、行业 {industry} "

    def _when(self, block: Block, english: bool) -> str:
        values = {
            name: param.shown(self.form.params.get(name), english=english)
            for name, param in block.params.items()
        }
        text = block.when_en if english else block.when
        values |= {"factors": self._factors(english), "unit": self.form.unit}
        values["subject"] = SUBJECTS.get(self.form.subject, (MISSING, MISSING))[english]
        for name, value in values.items():  # names hold dots, which format() would follow
            text = text.replace("{" + name + "}", value)
        return " ".join(text.split())

    def _factors(self, english: bool) -> str:
        if self.form.factors == ["*"]:
            return ("全部因子", "all factors")[english]
        name = factor_name_en if english else factor_name
        return (", " if english else "、").join(name(code) for code in self.form.factors) or MISSING

    def _excluded(self, block: Block) -> list[str]:
        return [
            code for code in (*block.excludes, *block.always) if code in {*self.form.excludes, *block.always}
        ]

    def _levels(self, block: Block, english: bool) -> list[str]:
        measures = block.measures_for(self.form.params, self.form.unit)
        said = []
        for level, names in LEVELS.items():
            text = self.level_text(level, measures, english)
            if english:
                off = ", off until a named person confirms it" if level == "1" else ""
                said.append(f"{text[:1].upper()}{text[1:] or MISSING}: {names[1]}{off}.")
            else:
                off = "（须由指定人员确认后才启用）" if level == "1" else ""
                said.append(f"{text or MISSING}，{names[0]}{off}。")
        return said

    def level_text(self, level: str, measures: dict[str, Measure], english: bool) -> str:
        """The numbers of a level in words, as they were typed."""
        both, either = (" and ", " or ") if english else ("且", "，或")
        parts = [
            _need(measures[name], number, english)
            for name, number in self.form.numbers(level).items()
            if name in measures
        ]
        return (both if self.form.every else either).join(parts)

    def _follows(self, block: Block, english: bool) -> str:
        covert = self.form.category == "data-falsification"
        hours, run = self.form.clear_after, RUNS[block.run][english]
        if english:
            told = "the enterprise hears nothing before the check" if covert else "the enterprise is told"
            return f"Pauses shorter than {hours} h belong to the same finding; runs {run}; {told}."
        told = "核查前不通知企业" if covert else "通知企业"
        return f"间隔不到 {hours} 小时的算同一次；{run}运行一次；{told}。"


def _need(measure: Measure, number: float, english: bool) -> str:
    label = measure.en if english else measure.zh
    unit = measure.unit if measure.unit == "%" else f" {measure.unit}".rstrip()
    return label if measure.flag else f"{label} ≥ {number:g}{unit}"
