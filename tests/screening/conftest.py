"""Helpers of the screening tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from yuanjian.screening import catalogue
from yuanjian.screening.catalogue import Catalogue

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def models() -> Catalogue:
    """The catalogue."""
    return catalogue.load()
