"""Pushes one clue of each level through to its end over the HTTP API, as its people would.

Level 3 is a reminder and level 2 a warning that the enterprise answers and an analyst accepts;
level 1 is a work order that an officer checks on site, the enterprise rectifies and another person reviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yuanjian.cli.api_client import ApiClient

Accounts = Mapping[str, Any]  # role → {username, password}; "enterprises": enterprise id → the same
# The smallest valid PNG: stands for the photographs people would attach.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d"
    "49444154789c63304898f01f0004040220e4f2a5820000000049454e44ae426082"
)


def carry_through(base: str, accounts: Accounts) -> dict[str, str]:
    """Carry one clue of each level to its end; returns level → state reached.

    A level without a clue that may be carried is missing from the result.
    """
    analyst = _signed_in(base, accounts["analyst"])
    reached = {}
    for level, action in (("3", "remind"), ("2", "warn"), ("1", "order")):
        clue = _first_clue(analyst, level, action)
        if clue is None:
            continue
        analyst.post(f"/api/clues/{clue['id']}/decide", {"action": "claim"})
        if action == "order":
            reached[level] = _order(base, accounts, analyst, clue)
        else:
            reached[level] = _notice(base, accounts, analyst, clue, action)
    return reached


def _signed_in(base: str, account: Mapping[str, str]) -> ApiClient:
    client = ApiClient(base)
    client.sign_in(account["username"], account["password"])
    return client


def _first_clue(analyst: ApiClient, level: str, action: str) -> Any:
    """An open clue of the level on which the action is allowed to the analyst."""
    for row in analyst.get(f"/api/clues?level={level}&state=open&size=50")["items"]:
        clue = analyst.get(f"/api/clues/{row['id']}")
        if any(item["action"] == action and item["allowed"] for item in clue["actions"]):
            return clue
    return None


def _enterprise(base: str, accounts: Accounts, clue: Any) -> ApiClient:
    return _signed_in(base, accounts["enterprises"][clue["enterprise"]["id"]])


def _notice(base: str, accounts: Accounts, analyst: ApiClient, clue: Any, action: str) -> str:
    decided = analyst.post(
        f"/api/clues/{clue['id']}/decide", {"action": action, "note": "请核实并说明原因", "due_days": 5}
    )
    notice = decided["notices"][0]
    enterprise = _enterprise(base, accounts, clue)
    enterprise.post(f"/api/notices/{notice['id']}/read")
    proof = enterprise.upload("现场照片.png", PIXEL, "image/png")
    answer = {"kind": "answer", "text": "已核实，设备已检修并恢复正常。", "file_ids": [proof["id"]]}
    enterprise.post(f"/api/notices/{notice['id']}/answer", answer)
    analyst.post(f"/api/notices/{notice['id']}/review", {"accept": True, "note": "说明充分"})
    return str(analyst.get(f"/api/clues/{clue['id']}")["state"])


def _order(base: str, accounts: Accounts, analyst: ApiClient, clue: Any) -> str:
    dispatcher = _signed_in(base, accounts["dispatcher"])
    officer = _signed_in(base, accounts["officer"])
    officer_id = officer.get("/api/session")["user"]["id"]
    decided = analyst.post(
        f"/api/clues/{clue['id']}/decide",
        {"action": "order", "note": "派单现场核查", "assignee_id": officer_id, "due_days": 7},
    )
    order = decided["orders"][0]
    path = f"/api/orders/{order['id']}"
    officer.post(f"{path}/accept")
    officer.post(f"{path}/start", _position(officer, clue))
    photo = officer.upload("取证.png", PIXEL, "image/png")
    detail = officer.get(path)
    answers = [
        {"n": n, "result": "problem" if n == 1 else "ok", "note": "已现场核对", "file_ids": []}
        for n in (item["n"] for item in detail["instructions"])
    ]
    form = {"answers": answers, "summary": "现场情况与线索一致", "file_ids": [photo["id"]]}
    officer.put(f"{path}/inspection", form)
    models = [model["code"] for model in clue["models"]]
    verdicts = [{"model_code": code, "right": "yes", "reason": "现场核实"} for code in models]
    finish = {"conclusion": "problem", "summary": "线索属实", "verdicts": verdicts, "next": "rectify"}
    officer.post(f"{path}/finish", {**finish, "rectification": {"requirement": "限期整改", "due_days": 10}})
    rectification = officer.get(path)["rectifications"][0]
    enterprise = _enterprise(base, accounts, clue)
    proof = enterprise.upload("整改后.png", PIXEL, "image/png")
    report = {"text": "已完成整改", "file_ids": [proof["id"]]}
    enterprise.post(f"/api/rectifications/{rectification['id']}/report", report)
    review = {"accept": True, "note": "整改到位"}
    dispatcher.post(f"/api/rectifications/{rectification['id']}/review", review)
    state = dispatcher.get(path)["state"]
    if state != "closed":
        dispatcher.post(f"{path}/close", {"note": "予以销号"})
    return str(analyst.get(f"/api/clues/{clue['id']}")["state"])


def _position(client: ApiClient, clue: Any) -> dict[str, float]:
    """Where the officer stands: at the enterprise."""
    dossier = client.get(f"/api/enterprises/{clue['enterprise']['id']}")
    return {"lon": dossier["lon"], "lat": dossier["lat"]}
