"""A running installation with a small virtual province, and a Chromium to use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser import Visitor
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from yuanjian.cli import checks, doctor
from yuanjian.cli.progress import Steps

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 30_000
"""For what a person sees at once; a busy machine may stall for seconds."""
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
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        path = checks.ensure_chromium()
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


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
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        visitors.append(Visitor(context.new_page(), settings.web_url, name))
        return visitors[-1]

    yield open_visitor
    for context in contexts:
        context.close()
    for visitor in visitors:
        assert visitor.errors == [], f"{visitor.name} saw errors in the console"
