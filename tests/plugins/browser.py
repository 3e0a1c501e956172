"""Somebody at a screen: helpers of the browser story, usable by every test that wants a real Chromium."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Locator, Page

from yuanjian.cli import checks

ARTIFACTS = Path(os.environ.get("YUANJIAN_ARTIFACTS", checks.ROOT / "artifacts"))


def picture() -> bytes:
    """A small but real photograph-like PNG: a gradient, so that a thumbnail shows something."""
    width, height = 160, 120
    rows = b"".join(
        b"\0" + b"".join(bytes((40 + x, 90 + y, 120 + (x + y) // 4)) for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Visitor:
    """Somebody at a screen: a page that fails the test on any error the console shows."""

    def __init__(self, page: Page, base: str, name: str) -> None:
        self.page, self.base, self.name = page, base, name
        self.errors: list[str] = []
        self.shots = 0
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location}")

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def sign_in(self, account: dict[str, str]) -> None:
        self.go("/sign-in")
        self.page.locator("input[name=username]").fill(account["username"])
        self.page.locator("input[name=password]").fill(account["password"])
        self.click("submit")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def see(self, testid: str) -> Locator:
        """The element with that test id, waited for."""
        found = self.page.get_by_test_id(testid).first
        found.wait_for()
        return found

    def click(self, testid: str) -> None:
        self.see(testid).click()

    def fill(self, testid: str, text: str) -> None:
        self.see(testid).fill(text)

    def confirm(self, dialog: str) -> None:
        """Confirm a dialog and wait until it has done its work and closed."""
        self.click(f"{dialog}-confirm")
        self.page.get_by_test_id(f"{dialog}-confirm").wait_for(state="hidden")

    def attach(self, testid: str, name: str) -> None:
        """Give a picture to the file input inside the element with that test id (or to the input itself)."""
        place = self.page.get_by_test_id(testid)
        target = place if testid.endswith("-input") else place.locator("input[type=file]")
        target.set_input_files({"name": name, "mimeType": "image/png", "buffer": picture()})

    def shot(self, title: str) -> None:
        """Leave a screenshot for people to look at."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.shots += 1
        self.page.wait_for_timeout(600)  # charts finish drawing
        self.page.screenshot(path=ARTIFACTS / f"{self.name}-{self.shots:02d}-{title}.png")
