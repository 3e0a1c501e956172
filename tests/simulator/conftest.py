"""Small worlds for the tests of the virtual province."""

from __future__ import annotations

from datetime import date

import pytest

from yuanjian.simulator import World

START = date(2026, 10, 1)


@pytest.fixture
def world() -> World:
    """Twelve outlets, every kind of plant among them, nothing injected."""
    return World.build(seed=5, outlets=16, start=START)


@pytest.fixture(scope="session")
def wild_world() -> World:
    """A hundred outlets with every kind of violation at every level within thirty days."""
    made = World.build(seed=7, outlets=120, start=START)
    made.inject(1, days=30, rate=0.4)
    return made
