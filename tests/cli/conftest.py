from __future__ import annotations

import pytest

from yuanjian.cli import doctor


@pytest.fixture
def free_port() -> int:
    return doctor.free_port()
