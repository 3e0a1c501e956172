"""The main job in a browser: from a clue to a closed order, by the people who do it.

Leaves screenshots in artifacts/ for people to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from browser import Visitor
from playwright.sync_api import expect

Visit = Callable[..., Visitor]


def test_a_reminder_is_answered_and_accepted(installation: Any, visit: Visit) -> None:
    accounts = installation[1].accounts
    analyst = visit("analyst")
    analyst.sign_in(accounts["roles"]["analyst"])
    expect(analyst.page.get_by_test_id("decision-bar")).to_have_count(0)
    analyst.shot("overview")
    clue, firm = open_clue(analyst, installation, level=3, action="remind")
    analyst.shot("reminder-clue")
    analyst.click("decide-remind")
    analyst.fill("remind-text", "请核对该时段数据，说明原因并上传佐证。")
    analyst.confirm("remind")

    enterprise = visit("enterprise", phone=True)
    enterprise.sign_in(firm)
    enterprise.shot("home")
    enterprise.go("/portal/notices")
    enterprise.click("notice-row")
    enterprise.shot("notice")
    enterprise.click("kind-answer")
    enterprise.fill("answer-text", "数采仪网络故障，已更换模块，故障记录见附件。")
    enterprise.attach("answer-files", "故障记录.png")
    enterprise.page.get_by_text("故障记录.png").wait_for()
    enterprise.click("answer-send")
    expect(enterprise.see("replies")).to_contain_text("已更换模块")
    enterprise.shot("answered")

    analyst.go(f"/clues/{clue}")
    analyst.page.get_by_test_id("followed").get_by_role("link").first.click()
    analyst.click("review-accept")
    answer_verdicts(analyst)
    analyst.confirm("review")
    analyst.go(f"/clues/{clue}")
    expect(analyst.page.get_by_text("已办结").first).to_be_visible()
    analyst.shot("reminder-closed")


def test_a_work_order_is_checked_rectified_and_closed(installation: Any, visit: Visit) -> None:
    accounts = installation[1].accounts
    analyst = visit("duty")
    analyst.sign_in(accounts["roles"]["analyst"])
    clue, firm = open_clue(analyst, installation, level=1, action="order")
    analyst.click("decide-claim")
    analyst.click("decide-order")
    officer_account = accounts["roles"]["officer"]
    analyst.see("officers").get_by_text(officer_account["name"]).first.click()
    analyst.shot("order-dialog")
    analyst.confirm("order")

    officer = visit("officer", phone=True)
    officer.sign_in(officer_account)
    officer.go("/field")
    officer.shot("tasks")
    officer.click("task")
    officer.click("order-accept")
    officer.click("order-start")
    officer.confirm("start")
    check_on_site(officer)
    officer.click("order-finish")
    officer.click("conclusion-problem")
    answer_verdicts(officer)
    officer.click("next-rectify")
    officer.fill("requirement", "十日内修复治污设施并提交运行记录。")
    officer.shot("finish")
    officer.confirm("finish")
    officer.shot("finished")

    enterprise = visit("rectifying")
    enterprise.sign_in(firm)
    enterprise.go("/portal/rectifications")
    enterprise.fill("report-text", "已更换循环泵电机，运行正常，照片见附件。")
    enterprise.attach("report-files", "整改后.png")
    enterprise.page.get_by_text("整改后.png").wait_for()
    enterprise.shot("rectification")
    enterprise.click("report-send")
    enterprise.page.get_by_test_id("report-send").wait_for(state="hidden")

    dispatcher = visit("dispatcher")
    dispatcher.sign_in(accounts["roles"]["dispatcher"])
    dispatcher.go("/orders")
    dispatcher.shot("orders")
    dispatcher.click("order-row")
    dispatcher.click("rectification-accept")
    dispatcher.confirm("rectification-review")
    dispatcher.click("order-close")
    dispatcher.confirm("close")
    expect(dispatcher.page.get_by_text("已办结").first).to_be_visible()
    dispatcher.shot("order-closed")

    analyst.go(f"/clues/{clue}")
    expect(analyst.page.get_by_text("已办结").first).to_be_visible()
    analyst.go("/models")
    analyst.shot("models-with-precision")


def test_a_clue_that_is_not_valid_needs_a_reason_and_counts_against_the_model(
    installation: Any, visit: Visit
) -> None:
    analyst = visit("critic")
    analyst.sign_in(installation[1].accounts["roles"]["analyst"])
    clue, _ = open_clue(analyst, installation, level=3, action="invalid")
    analyst.click("decide-invalid")
    expect(analyst.see("invalid-confirm")).to_be_disabled()
    analyst.click("reason-process")
    analyst.fill("invalid-note", "与运维记录核对，为计划停机。")
    analyst.shot("invalid-dialog")
    analyst.confirm("invalid")
    expect(analyst.page.get_by_text("不成立").first).to_be_visible()
    detail = api(analyst, f"/api/clues/{clue}")
    assert detail["state"] == "invalid"
    assert any(finding["precision"]["wrong"] >= 1 for finding in detail["findings"])


def test_every_page_of_the_desk_opens_on_a_desktop_and_on_a_phone(installation: Any, visit: Visit) -> None:
    accounts = installation[1].accounts["roles"]
    for phone in (False, True):
        visitor = visit("phone" if phone else "desk", phone=phone)
        visitor.sign_in(accounts["dispatcher"])
        outlet = api(visitor, "/api/clues?size=1")["items"][0]["outlet"]["id"]
        enterprise = api(visitor, "/api/enterprises?size=1")["items"][0]["id"]
        for path, title in (
            ("/overview", "overview"),
            ("/clues", "clues"),
            ("/orders", "orders"),
            ("/notices", "notices"),
            ("/enterprises", "enterprises"),
            (f"/enterprises/{enterprise}", "dossier"),
            (f"/outlets/{outlet}", "outlet"),
            ("/links", "links"),
            ("/marks", "marks"),
            ("/models", "models"),
            ("/models/M101", "model"),
        ):
            visitor.go(path)
            visitor.page.wait_for_load_state("networkidle")
            visitor.shot(title)
            width = visitor.page.evaluate("document.documentElement.scrollWidth")
            assert width <= visitor.page.viewport_size["width"], f"{path} scrolls sideways"


def test_latest_values_stream_in_without_reload(installation: Any, visit: Visit) -> None:
    """A frame sent over TCP while the page is open changes what it shows."""
    province = installation[1]
    visitor = visit("live")
    visitor.sign_in(province.accounts["roles"]["analyst"])
    outlet = next(item for item in province.world.outlets if item.kind.medium == "gas")
    dossier = api(visitor, f"/api/enterprises?q={outlet.enterprise.name}")["items"][0]
    detail = api(visitor, f"/api/enterprises/{dossier['id']}")
    row = next(item for item in detail["outlets"] if item["code"] == outlet.code)
    visitor.go(f"/outlets/{row['id']}")
    visitor.page.wait_for_load_state("networkidle")
    send_one(installation, outlet, "a21026", "777")
    expect(visitor.page.get_by_text("777").first).to_be_visible()
    visitor.shot("streamed")


def open_clue(visitor: Visitor, installation: Any, *, level: int, action: str) -> tuple[int, dict[str, str]]:
    """Open the first clue of the level that allows the action; returns its id and the firm's account."""
    for row in api(visitor, f"/api/clues?level={level}&state=open&size=50")["items"]:
        detail = api(visitor, f"/api/clues/{row['id']}")
        if any(item["action"] == action and item["allowed"] for item in detail["actions"]):
            visitor.go(f"/clues/{row['id']}")
            visitor.see("decision-bar")
            return row["id"], installation[1].accounts["enterprises"][row["enterprise"]["id"]]
    raise AssertionError(f"no clue of level {level} that allows {action}")


def answer_verdicts(visitor: Visitor) -> None:
    """Say of every model asked about that it was right."""
    choices = visitor.page.locator("[data-testid^=verdict-][data-testid$=-yes]")
    choices.first.wait_for()
    for choice in choices.all():
        choice.click()


def check_on_site(officer: Visitor) -> None:
    """Fill the checklist in order, with a photograph of the first finding."""
    steps = officer.see("checklist").locator("li[data-testid^=check-]").count()
    assert steps >= 1
    for number in range(1, steps + 1):
        officer.click(f"check-{number}-{'problem' if number == 1 else 'ok'}")
        officer.fill(f"check-{number}-note", "循环泵未运行，电流为零。" if number == 1 else "与台账一致。")
    officer.attach("photo-1-input", "循环泵.png")
    officer.see("photo-stored")
    officer.fill("summary", "治污设施停运属实，已要求立即恢复。")
    officer.shot("checklist")


def api(visitor: Visitor, path: str) -> Any:
    """What the API answers to the visitor's own session."""
    answer = visitor.page.request.get(visitor.base + path)
    assert answer.ok, answer.text()
    return answer.json()


def send_one(installation: Any, outlet: Any, factor: str, value: str) -> None:
    """Send one real-time frame of now, as the outlet's logger would."""
    import socket
    from datetime import datetime

    from yuanjian.clock import BEIJING
    from yuanjian.wire.hj212 import Standard, build_upload

    now = datetime.now(BEIJING).replace(tzinfo=None, microsecond=0)
    frames = build_upload(
        standard=Standard(outlet.standard),
        st="31",
        cn="2011",
        pw="123456",
        mn=outlet.mn,
        qn=f"{now:%Y%m%d%H%M%S}000",
        data_time=now,
        factors=[(factor, {"Rtd": value, "Flag": "N"})],
    )
    host, port = installation[1].gateway.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as peer:
        for frame in frames:
            peer.sendall(frame)
        assert b"9014" in peer.recv(4096)
