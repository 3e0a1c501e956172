"""Clues and models in English, put together when they are read: what is stored of them is Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from yuanjian.platform.clues.catalogue import class_text_en, entry
from yuanjian.platform.registry.selectors import factor_name_en
from yuanjian.screening import catalogue, limits, thresholds

Speaker = tuple[str, str | None]
"""Model and factor of a finding."""


def title(outlet: str, category: str, speakers: Sequence[Speaker]) -> str:
    """E.g. ``DA001 焚烧炉烟囱: Hourly stack-gas exceedance (Sulfur dioxide) and 1 more``; worst first.

    A clue whose findings went to another one has no speaker left: its class is said.
    """
    if not speakers:
        return f"{outlet}: {class_text_en(category)}"
    code, factor = speakers[0]
    model = entry(code)
    what = model.title_en if model else code
    of = f" ({factor_name_en(factor)})" if factor else ""
    more = len(set(speakers)) - 1
    return f"{outlet}: {what}{of}{f' and {more} more' if more else ''}"


def levels(code: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The thresholds of a finding; as they are where the model left the catalogue."""
    model = entry(code)
    return {level: thresholds.in_english(model, text) if model else text for level, text in texts.items()}


@lru_cache(maxsize=1)
def _sentences() -> dict[str, str]:
    """Sentences of the catalogue and its legal bases by their Chinese; see ``english.yaml`` of a model."""
    root = catalogue.folder()
    in_english = catalogue.parse(root / "basis_en.yaml")
    found = {basis["text"]: in_english[name] for name, basis in catalogue.bases(root).items()}
    for model in root.iterdir():
        if (words := model / "english.yaml").is_file():
            found |= catalogue.parse(words)
    return found


def sentences(chinese: Iterable[str]) -> list[str]:
    """Sentences of the catalogue in English; what people here wrote stays as it is."""
    return [_sentences().get(text) or limits.in_english(text) for text in chinese]
