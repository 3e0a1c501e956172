"""Loaded first of all: the database's address, then Django's settings; pytest-django comes after."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
# These parts know no Django; tested alone, they run without it (which proves it).
# The story starts an installation with a database of its own, so Django must not be loaded before.
ALONE = ("wire", "series", "screening", "gateway", "ingest", "plugins", "e2e")
WITHOUT_DJANGO = [TESTS / name for name in ALONE]

sys.path.insert(0, str(TESTS / "plugins"))
pytest_plugins = ["database"]

settings.register_profile("untimed", deadline=None)  # a slow machine is no failure
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    paths = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    alone = all(any(path.is_relative_to(part) for part in WITHOUT_DJANGO) for path in paths)
    if not alone and (TESTS.parent / "src/yuanjian/platform/settings.py").exists() and find_spec("django"):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
        from django.conf import settings

        assert (
            settings.DATABASES
        )  # loaded now: pytest-django leaves alone what was not loaded before its turn
