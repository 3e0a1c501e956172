"""No GET endpoint without its scope tests."""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from harness import COUNTS, Endpoint, ListEndpoint, operations

# Open to everybody, and tested where they live: tests/platform/accounts, tests/platform/common.
OPEN = {"/api/session", "/api/health"}


def _classes(kind: type[Endpoint]) -> set[type[Endpoint]]:
    found = {kind}
    for child in kind.__subclasses__():
        found |= _classes(child)
    return found


@lru_cache
def _modules() -> list[ModuleType]:
    """The modules with such classes; held, for a class nobody holds is forgotten."""
    return [_load(path) for path in sorted(Path(__file__).parent.glob("*/test_*.py")) if _inherits(path)]


def _inherits(path: Path) -> bool:
    return "harness" in path.read_text(encoding="utf-8")


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"endpoints_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_get_endpoint_is_tested_for_scope() -> None:
    assert _modules()
    tested = {item.path for item in _classes(Endpoint) if "path" in vars(item)}
    assert set(operations()) - OPEN == tested


def test_every_list_has_a_query_count() -> None:
    assert _modules()
    lists = {item.path for item in _classes(ListEndpoint) if "path" in vars(item)}
    assert lists == set(json.loads(COUNTS.read_text()))
