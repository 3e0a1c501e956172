"""`python -m yuanjian.platform.openapi` writes the description of the API the client is made from."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

TARGET = Path("web/openapi.json")


def text() -> str:
    """The OpenAPI document, the same bytes for the same code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    import django

    django.setup()
    from django.urls import get_resolver

    from yuanjian.platform.api import api

    _ = get_resolver().url_patterns  # mounts the API under its prefix
    document: Any = api.get_openapi_schema()
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document to the path given, or to web/openapi.json."""
    parser = argparse.ArgumentParser(prog="python -m yuanjian.platform.openapi", description=__doc__)
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    target: Path = parser.parse_args(arguments).target
    target.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
