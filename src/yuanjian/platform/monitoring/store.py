"""The store of readings of this installation, opened once per process."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from yuanjian.series import SeriesStore


def store() -> SeriesStore:
    """The store the settings name."""
    options = settings.YUANJIAN.lake_options
    return _open(settings.YUANJIAN.lake_uri, tuple(sorted(options.items())))


@lru_cache(maxsize=2)
def _open(uri: str, options: tuple[tuple[str, str], ...]) -> SeriesStore:
    return SeriesStore.open(uri, dict(options))
