"""The built web client and static files: same origin, no second server needed.

Files under `assets/` carry a hash of their content in their name and may be cached for ever; everything
else is asked for again each time. An address that is no file is a page of the client (`index.html`).
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotFound,
    JsonResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from yuanjian.platform.common.errors import not_found

ROOT = settings.BASE_DIR / "static" / "app"
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
_NOT_BUILT = (
    "网页尚未构建：请用 python3 run.py up 启动，它会先构建网页。\n"
    "The web client is not built: start with python3 run.py up, which builds it first.\n"
)
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".mjs")


def _inside(root: Path, path: str) -> Path | None:
    """The file at a path below root, or None; links and `..` that lead outside find nothing."""
    if "\0" in path:
        return None
    file = (root / path).resolve()
    return file if file.is_relative_to(root.resolve()) and file.is_file() else None


def _answer(request: HttpRequest, file: Path, caching: str) -> HttpResponseBase:
    stat = file.stat()
    etag = quote_etag(f"{stat.st_mtime_ns:x}-{stat.st_size:x}")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("json", "javascript", "svg+xml")):
        response: HttpResponseBase = HttpResponse(file.read_bytes(), content_type=f"{kind}; charset=utf-8")
    else:
        response = FileResponse(file.open("rb"), content_type=kind)
    response.headers["Cache-Control"] = caching
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


@require_safe
def page(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of the client, or its page."""
    file = _inside(ROOT, path)
    if file:
        return _answer(request, file, FOREVER if path.startswith("assets/") else ASK_AGAIN)
    if path.startswith("api/"):
        return JsonResponse(not_found("没有这个接口", "No such endpoint").as_dict(), status=404)
    if path.startswith(("assets/", "static/")) or Path(path).suffix:
        return HttpResponseNotFound("404\n", content_type="text/plain")
    index = _inside(ROOT, "index.html")
    if index is None:
        return HttpResponse(_NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    return _answer(request, index, ASK_AGAIN)


@require_safe
def static_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """A static file of an installed app (the admin site's)."""
    found = finders.find(path)
    if not isinstance(found, str):
        return HttpResponseNotFound("404\n", content_type="text/plain")
    return _answer(request, Path(found), "public, max-age=3600")
