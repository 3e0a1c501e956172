"""Helpers of the screening tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from yuanjian.screening import catalogue
from yuanjian.screening.catalogue import Catalogue

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def models() -> Catalogue:
    """The catalogue."""
    return catalogue.load()


@pytest.fixture
def run(models: Catalogue, request: pytest.FixtureRequest) -> Any:
    """The model is named by the test's marker argument."""
    from tools import Run

    return Run(models, request.param)
