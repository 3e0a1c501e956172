"""Upload and download of evidence files."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest
from ninja import File, Form, Router
from ninja.files import UploadedFile

from yuanjian.platform.common.api import Signed
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.evidence import filetypes, selectors, services
from yuanjian.platform.evidence.schemas import FileIn, FileRow
from yuanjian.platform.evidence.vault import open_kept

router = Router(tags=["evidence"])


@router.post("/files", response=FileRow, auth=Signed("files.write"))
def upload(request: HttpRequest, file: File[UploadedFile], about: Form[FileIn]) -> Any:
    """Take one file; the answer carries the SHA-256 it is kept under."""
    user: Any = request.user
    region = user.enterprise.region_code if user.enterprise else user.region_code
    item = services.store(
        user,
        file,
        name=file.name or "",
        region_code=region,
        enterprise=user.enterprise,
        **about.model_dump(),
    )
    return selectors.file_row(item)


@router.get("/files/{int:id}", auth=Signed("files.view"), response={200: bytes})
def download(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """The bytes of a file; pictures and videos may be shown in place, all else is downloaded."""
    item = selectors.items(request.user).filter(pk=id).first()
    if item is None:
        raise not_found("文件不存在或无权查看", "No such file, or not visible to you")
    kind = filetypes.of_media(item.content_type)
    response = FileResponse(
        open_kept(item.path),
        as_attachment=not (kind and kind.inline),
        filename=item.name,
        content_type=item.content_type,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Content-SHA256"] = item.sha256
    return response
