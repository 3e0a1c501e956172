"""The size limit of uploads, applied before the first byte is kept."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler

from yuanjian.platform.common.errors import TooLarge

FORM_BYTES = 100_000  # room for the other fields of the form


def too_large(limit_mb: int) -> TooLarge:
    """The answer to a file over the limit."""
    zh, en = f"文件不能超过 {limit_mb} MB", f"A file may have {limit_mb} MB at most"
    return TooLarge("evidence.too_large", zh, en, limit_mb=limit_mb)


class Quota(FileUploadHandler):
    """Refuses a request by its announced length; what a server passes on is never longer than announced."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Called once, before parsing."""
        limit = settings.YUANJIAN.max_upload_mb
        if content_length > limit * 1024 * 1024 + FORM_BYTES:
            raise too_large(limit)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Not our business: the next handler stores it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Not our business either."""
