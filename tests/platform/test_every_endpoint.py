"""No GET endpoint without its scope tests."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from harness import COUNTS, Endpoint, ListEndpoint, operations

# Open to everybody, and tested where they live: tests/platform/accounts, tests/platform/common.
OPEN = {"/api/session", "/api/health"}


def _classes(kind: type[Endpoint]) -> set[type[Endpoint]]:
    found = {kind}
    for child in kind.__subclasses__():
        found |= _classes(child)
    return found


def _load() -> None:
    for path in sorted(Path(__file__).parent.glob("*/test_*.py")):
        if "harness" in path.read_text(encoding="utf-8"):
            spec = importlib.util.spec_from_file_location(f"endpoints_{path.parent.name}_{path.stem}", path)
            assert spec is not None
            assert spec.loader is not None
            spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_every_get_endpoint_is_tested_for_scope() -> None:
    _load()
    tested = {item.path for item in _classes(Endpoint) if "path" in vars(item)}
    assert set(operations()) - OPEN == tested


def test_every_list_has_a_query_count() -> None:
    _load()
    lists = {item.path for item in _classes(ListEndpoint) if "path" in vars(item)}
    assert lists == set(json.loads(COUNTS.read_text()))
