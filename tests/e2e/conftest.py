"""A running installation with a small virtual province, and a Chromium to use it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from yuanjian.cli import checks, doctor
from yuanjian.cli.progress import Steps

ARTIFACTS = Path(os.environ.get("YUANJIAN_ARTIFACTS", checks.ROOT / "artifacts"))
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# No background traffic: the machine may have no network beyond its own.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """(settings, province): everything started on free ports and screened."""
    folder = tmp_path_factory.mktemp("installation")
    with doctor.trial(folder, Steps(), outlets=24, seed=11) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = checks.ensure_chromium()
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


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
        self.go("/")
        self.page.get_by_test_id("login-username").fill(account["username"])
        self.page.get_by_test_id("login-password").fill(account["password"])
        self.page.get_by_test_id("login-submit").click()
        self.page.get_by_test_id("login-submit").wait_for(state="detached")
        self.errors.clear()  # before signing in the session answers with «not signed in»

    def shot(self, title: str) -> None:
        """Leave a screenshot for people to look at."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.shots += 1
        self.page.wait_for_timeout(600)  # charts finish drawing
        self.page.screenshot(path=ARTIFACTS / f"{self.name}-{self.shots:02d}-{title}.png")


@pytest.fixture
def visit(browser: Browser, installation: Any) -> Iterator[Callable[..., Visitor]]:
    """Open a fresh browser context: `visit("analyst")`, `visit("officer", phone=True)`."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []
    settings, _ = installation

    def open_visitor(name: str, *, phone: bool = False) -> Visitor:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            is_mobile=phone,
            has_touch=phone,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            permissions=["geolocation"],
            geolocation={"longitude": 106.2, "latitude": 38.5},
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        visitors.append(Visitor(context.new_page(), settings.web_url, name))
        return visitors[-1]

    yield open_visitor
    for context in contexts:
        context.close()
    for visitor in visitors:
        assert visitor.errors == [], f"{visitor.name} saw errors in the console"
