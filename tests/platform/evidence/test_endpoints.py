"""Scope of evidence files."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from harness import DetailEndpoint

from yuanjian.platform.evidence.services import store


class TestFile(DetailEndpoint):
    path = "/api/files/{id}"

    def prepare(self, world: Any) -> None:
        enterprise = world.own.enterprise
        item = store(
            world.own.user,
            SimpleUploadedFile("说明.txt", "整改说明".encode()),
            kind="file",
            name="说明.txt",
            region_code=enterprise.region_code,
            enterprise=enterprise,
        )
        world.extra["file"] = item.pk

    def url(self, world: Any, plant: Any) -> str:
        return f"/api/files/{world.extra['file']}"
