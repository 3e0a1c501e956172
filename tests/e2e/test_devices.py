"""A keeper of loggers at work: settings, a key, commands to a simulated logger, transmission rates."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from browser import Visitor
from playwright.sync_api import expect

from yuanjian.simulator.device import Device
from yuanjian.simulator.site import Site
from yuanjian.wire.hj212 import Standard

Visit = Callable[..., Visitor]
KEY = "e2e-key-16-chars"


@contextmanager
def logger(address: str, mn: str) -> Iterator[Device]:
    """A logger of 2025 that encrypts, sends real-time data every two seconds and carries out commands."""
    host, port = address.rsplit(":", 1)
    site = Site(mn, Standard.V2025, key=KEY.encode(), rtd_interval=2)
    device, stop, loop = Device(host, int(port), site), asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(device.run(stop)))
    thread.start()
    try:
        yield device
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def send(keeper: Visitor, group: str, offer: str, *, reason: str = "", span: str = "") -> None:
    """Ask for a command in the dialog and wait until the device has carried it out."""
    keeper.click("command-send")
    keeper.click(f"group-{group}")
    keeper.click(f"offer-{offer}")
    if span:
        keeper.click(span)
    if reason:
        expect(keeper.see("command-confirm")).to_be_disabled()
        expect(keeper.see("command-danger")).to_be_visible()
        keeper.fill("command-reason", reason)
    keeper.confirm("command")


def test_a_key_is_set_and_a_logger_answers(installation: Any, visit: Visit) -> None:
    province = installation[1]
    mn = next(outlet.mn for outlet in province.world.outlets if outlet.kind.medium == "gas")
    keeper = visit("keeper")
    keeper.sign_in(province.accounts["roles"]["integrator"])
    keeper.go("/devices")
    keeper.see("device-row")
    keeper.fill("device-search", mn)
    expect(keeper.page.get_by_test_id("device-row")).to_have_count(1)
    keeper.shot("devices")
    keeper.click("device-row")
    keeper.see("device-settings")
    keeper.click("device-edit")
    keeper.click("standard-2025")
    keeper.click("clear-no")
    keeper.fill("settings-reason", "更换为 2025 版数采仪")
    keeper.shot("settings")
    keeper.confirm("settings")
    expect(keeper.page.get_by_test_id("problem").filter(has_text="平台没有密钥")).to_be_visible()
    keeper.click("device-key")
    keeper.fill("key-value", KEY)
    keeper.fill("key-reason", "首次设置")
    keeper.confirm("key")
    expect(keeper.see("key-age")).to_contain_text("已用 0 天")
    expect(keeper.see("device-timeline")).to_contain_text("设置数采仪密钥，理由：首次设置")
    assert KEY not in keeper.page.content()

    with logger(province.gateway, mn) as device:
        expect(keeper.see("device-state")).to_have_text("在线", timeout=40_000)
        send(keeper, "time", "1012", reason="校准时钟")
        expect(row(keeper, 0)).to_have_attribute("data-state", "done")
        expect(row(keeper, 0)).to_contain_text("执行结果 9012 · 执行成功")
        send(keeper, "history", "2061h", span="span-24")
        # Whole hours up to the last one; one more if an hour ends before the logger answers.
        expect(row(keeper, 0)).to_contain_text(re.compile("收到数据 2[45] 包"), timeout=40_000)
        expect(row(keeper, 0)).to_have_attribute("data-state", "done")
        send(keeper, "interval", "1063")
        expect(row(keeper, 0)).to_contain_text("分钟数据间隔（分钟）10")
        expect(row(keeper, 0)).to_have_attribute("data-state", "done")
        assert device.site.executed == ["1012", "2061", "1063"]
        look_into_a_frame(keeper)
        keeper.shot("device")
    assert KEY not in keeper.page.content()


def row(keeper: Visitor, number: int) -> Any:
    """A command of the history, the newest first."""
    return keeper.page.get_by_test_id("command-row").nth(number)


def look_into_a_frame(keeper: Visitor) -> None:
    """An encrypted frame shows its meaning, since the platform has the key."""
    keeper.page.reload()
    keeper.page.get_by_test_id("frame-row").filter(has_text="2011").first.click()
    expect(keeper.see("frame-meaning")).to_contain_text("二氧化硫")
    expect(keeper.see("frame-opened")).to_contain_text("a21026-Rtd=")
    keeper.shot("frame")
    keeper.page.keyboard.press("Escape")
    keeper.page.get_by_test_id("frame-meaning").wait_for(state="hidden")


def test_transmission_from_the_region_down_to_the_point(installation: Any, visit: Visit) -> None:
    accounts = installation[1].accounts["roles"]
    leader = visit("rates")
    leader.sign_in(accounts["dispatcher"])
    leader.go("/transmission")
    leader.click("span-d30")
    leader.see("rates-overall")
    leader.shot("regions")
    leader.click("rate-row")
    expect(leader.page).to_have_url(re.compile("region=64"))
    expect(leader.page.get_by_role("heading", name="按企业")).to_be_visible()
    leader.click("rate-row")
    expect(leader.page.get_by_test_id("rate-row").first).to_contain_text("DA001")
    leader.shot("points")
    with leader.page.expect_download() as download:
        leader.click("rates-csv")
    assert download.value.suggested_filename.startswith("transmission-")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith("对象,时段,应收")
    assert "DA001" in text


def test_the_pages_of_devices_fit_a_phone(installation: Any, visit: Visit) -> None:
    province = installation[1]
    phone = visit("phone-devices", phone=True)
    phone.sign_in(province.accounts["roles"]["integrator"])
    for path in ("/devices", f"/devices/{province.world.outlets[0].mn}", "/transmission"):
        phone.go(path)
        phone.page.wait_for_load_state("networkidle")
        phone.shot(path.split("/")[1])
        width = phone.page.evaluate("document.documentElement.scrollWidth")
        assert width <= phone.page.viewport_size["width"], f"{path} scrolls sideways"
