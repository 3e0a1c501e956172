"""The catalogue, read once per process: it changes with the program only."""

from __future__ import annotations

from functools import cache

from yuanjian.screening.catalogue import CLASSES, STATUSES, Catalogue, load
from yuanjian.screening.model import Model


@cache
def catalogue() -> Catalogue:
    """All models of this program version."""
    return load()


def entry(code: str) -> Model | None:
    """A model of the catalogue; None if it left."""
    return catalogue().models.get(code)


def class_text(category: str) -> str:
    """The class of a model in Chinese."""
    return CLASSES[category][0]


def class_text_en(category: str) -> str:
    """The class of a model in English."""
    return CLASSES[category][1]


def status_text(status: str) -> str:
    """The status of a model in Chinese."""
    return STATUSES[status][0]


def status_text_en(status: str) -> str:
    """The status of a model in English."""
    return STATUSES[status][1]
