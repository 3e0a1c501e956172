from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def town(world: Any) -> Any:
    from stories import Town

    return Town.of(world)
