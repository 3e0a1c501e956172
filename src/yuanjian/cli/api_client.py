"""A small client of our own HTTP API, as an integrator would write one: sign in, ask, send, upload."""

from __future__ import annotations

import http.cookiejar
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

TIMEOUT = 30.0


class ApiError(Exception):
    """The API refused: `status` and the error envelope `body`."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"HTTP {status}: {body}")
        self.status = status
        self.body = body


class ApiClient:
    """One signed-in session; `get`, `post` and `put` speak JSON."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self.jar = http.cookiejar.CookieJar()
        # No proxy: the client talks to an installation's own address.
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.jar))
        self._opener = urllib.request.build_opener(*handlers)

    def sign_in(self, username: str, password: str) -> Any:
        """Open a session; raises `ApiError` when refused."""
        self.get("/api/session")  # sets the CSRF cookie
        return self.post("/api/session", {"username": username, "password": password})

    def get(self, path: str) -> Any:
        """GET a path such as ``/api/clues?level=1``."""
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST JSON."""
        return self._json("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """PUT JSON."""
        return self._json("PUT", path, body)

    def upload(self, name: str, content: bytes, content_type: str, kind: str = "photo") -> Any:
        """Upload one evidence file; returns its FileRow."""
        boundary = uuid.uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="kind"\r\n\r\n{kind}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        return self._send(
            "POST", "/api/files", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        )

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        data = json.dumps(body or {}).encode()
        return self._send(method, path, data, {"Content-Type": "application/json"})

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Any:
        token = next((cookie.value for cookie in self.jar if cookie.name == "csrftoken"), None)
        if token:
            headers = {**headers, "X-CSRFToken": token, "Referer": self.base}
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return _decode(answer.read())
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, _decode(error.read())) from error


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
