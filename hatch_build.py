"""Builds the web client into the wheel, so that an installed Yuanjian needs no Node.js."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebClientHook(BuildHookInterface):
    """Runs `web/build.py` before a wheel is packed; editable installs build it through `run.py`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the client and add its folder, which git ignores, to the wheel."""
        if self.target_name != "wheel" or version == "editable":
            return
        web = Path(self.root) / "web"
        sys.path.insert(0, str(web))
        try:
            import build as web_build
        finally:
            sys.path.pop(0)
        web_build.build()
        built = "src/yuanjian/platform/static/app"
        build_data["force_include"][str(Path(self.root) / built)] = "yuanjian/platform/static/app"
