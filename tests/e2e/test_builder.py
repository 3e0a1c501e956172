"""A model built in the browser: written by one person, approved by another, run by the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from browser import Visitor
from playwright.sync_api import expect

Visit = Callable[..., Visitor]
SLOW = 240_000
"""The worker may be busy with a run of all models on a small machine."""


def test_a_model_is_built_previewed_reviewed_and_run(installation: Any, visit: Visit) -> None:
    accounts = installation[1].accounts["roles"]
    author = visit("author")
    author.sign_in(accounts["author"])
    author.go("/models")
    author.click("to-builder")
    author.click("builder-new")
    fill_in(author)
    expect(author.see("sentence")).to_contain_text("二氧化硫的小时实测值高于 0.5 mg/m³")
    expect(author.see("read-back")).to_contain_text("内容完整")
    author.shot("form")
    author.click("builder-try")
    expect(author.see("builder-preview")).to_have_attribute("data-state", "done", timeout=SLOW)
    expect(author.see("preview-1")).not_to_have_text("0")
    author.shot("preview")
    author.click("builder-send")
    expect(author.see("builder-state")).to_have_text("待审核")
    expect(author.see("unmet")).to_contain_text("须由编写人以外的另一人审核")
    address = author.page.url.removeprefix(author.base)

    second = visit("second", phone=True)
    second.sign_in(accounts["admin"])
    second.go(address)
    expect(second.see("sentence")).to_contain_text("须由指定人员确认后才启用")
    second.shot("review")
    second.click("builder-approve")
    second.fill("reason", "数值合理，同意试运行")
    second.click("confirm")
    expect(second.see("builder-state")).to_have_text("已批准")

    author.go("/models/U001")
    expect(author.see("model-status")).to_contain_text("试运行")
    until(author, "(await (await fetch('/api/models/U001')).json()).runs.length > 0")
    until(author, "(await (await fetch('/api/models/U001/unheard')).json()).total > 0")
    author.go("/models/U001")
    author.shot("on-trial")


def fill_in(author: Visitor) -> None:
    """SO2 above half a milligram: every stack that measures it is found."""
    author.click("data-hour")
    author.click("block-compare_hour")
    author.click("builder-factors")
    author.page.keyboard.type("二氧化硫")
    author.page.get_by_role("option", name="二氧化硫 a21026").click()
    author.page.keyboard.press("Escape")
    number(author, "param-bound", "0.5")
    number(author, "level-1-run", "10")
    author.fill("builder-title", "二氧化硫持续有读数")
    author.fill("builder-purpose", "试一试自建模型")
    author.fill("builder-checks", "核对限值登记\n查看治理设施记录")
    author.fill("builder-fooled", "本来就正常排放")


def until(author: Visitor, holds: str) -> None:
    """Wait until something is so on the server."""
    for _ in range(SLOW // 2_000):
        if author.page.evaluate(f"async () => {holds}"):
            return
        author.page.wait_for_timeout(2_000)
    raise AssertionError(holds)


def number(author: Visitor, testid: str, value: str) -> None:
    """A number, taken when the field is left."""
    field = author.see(testid).locator("input")
    field.fill(value)
    field.blur()
