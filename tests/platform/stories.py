"""A small world and the steps of a story, for the tests of clues, orders, inspections, portal, analytics."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from world import NOW, latest, readings

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.models import User
from yuanjian.platform.clues import screening_run, services
from yuanjian.platform.clues.catalogue import catalogue
from yuanjian.platform.clues.models import Clue
from yuanjian.platform.common.models import Activity
from yuanjian.platform.evidence.models import Item
from yuanjian.platform.inspections.models import Inspection
from yuanjian.platform.orders import services as orders
from yuanjian.platform.orders.models import Rectification, WorkOrder
from yuanjian.platform.portal.models import Notice
from yuanjian.platform.registry.models import Enterprise, Outlet
from yuanjian.screening.findings import Finding as Found
from yuanjian.screening.findings import ModelRun as Ran
from yuanjian.screening.findings import RunReport

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
T0 = datetime(2026, 11, 10, 0, 0, tzinfo=UTC)
_number = count(1)


@dataclass
class Town:
    """The common world with short names, and more officers."""

    world: Any
    people: dict[str, User]

    @classmethod
    def of(cls, world: Any) -> Town:
        """Built on `tests/platform/world.py`."""
        people = dict(world.users) | {f"stranger_{role}": user for role, user in world.foreign.items()}
        people |= {"stranger": world.foreign["analyst"], "admin": world.admin, "province": world.province}
        people |= {"enterprise": world.own.user, "other_enterprise": world.other.user}
        people["officer2"] = make_user("officer", "640105")
        people["chief"] = make_user("author", "640000")  # answers for the catalogue
        return cls(world, people)

    @property
    def plant(self) -> Enterprise:
        return self.world.own.enterprise

    @property
    def outlet(self) -> Outlet:
        return self.world.own.gas

    @property
    def other_outlet(self) -> Outlet:
        return self.world.other.gas

    def __getattr__(self, role: str) -> User:
        if role not in self.people:
            raise AttributeError(role)
        return self.people[role]


def make_user(role: str, region: str) -> User:
    """One more person."""
    name = f"{role}{next(_number)}"
    return User.objects.create(username=name, name=name, role=role, region_code=region, password="!")


def found(outlet: Outlet, model: str = "M101", level: int = 2, start: datetime = T0, **fields: Any) -> Found:
    """What the engine would say; `hours` long."""
    entry = catalogue()[model]
    end = start + fields.pop("hours", 3) * HOUR
    factor = fields.pop("factor", "a21026")
    claim = f"{outlet.code} 的 {factor} 自 {start:%m-%d %H:%M} 起异常"
    values: dict[str, Any] = {
        "model": model,
        "model_version": entry.version,
        "model_hash": entry.hash,
        "class_": entry.class_,
        "outlet": outlet.pk,
        "enterprise": outlet.enterprise_id,
        "region": outlet.region_code,
        "point": outlet.points.values_list("pk", flat=True).first(),
        "factor": factor,
        "level": level,
        "start": start,
        "end": end,
        "open": False,
        "episodes": [(start, end)],
        "score": 1.5,
        "measures": {"ratio": 1.62, "hours": 3.0},
        "claim": claim,
        "claim_en": f"{factor} is abnormal",
        "crossed": {
            "level": level,
            "measure": "ratio",
            "value": 1.62,
            "unit": "",
            "text": "超",
            "text_en": "over",
        },
        "next_level": None,
        "thresholds": {"3": "a", "2": "b"},
        "threshold_source": "default",
        "exclusions": [],
        "basis": ["依据"],
        "input_hash": hashlib.sha256(claim.encode()).hexdigest(),
        "key": f"{model}|{outlet.pk}|{factor}|{start.isoformat()}",
    }
    return Found(**values | fields)


def take(
    *findings: Found,
    now: datetime | None = None,
    start: datetime = T0 - 30 * DAY,
    models: Collection[str] = (),
) -> screening_run.Screened:
    """Put findings into the tables as a run would of their models and others that found nothing."""
    now = now or utcnow()
    codes = sorted({finding.model for finding in findings}.union(models))
    runs = [Ran(code, catalogue()[code].version, 0.01, 1, 1.0, len(findings)) for code in codes]
    return screening_run.take(RunReport(list(findings), runs), start, now, now)


def exceed(town: Town) -> None:
    """Five days of SO2 with a bad night: 8 hours at more than twice the limit."""
    values = [30.0 + n % 7 for n in range(120)]
    values[100:108] = [120.0] * 8
    point = town.world.own.points["gas"].pk
    readings(point, "a21026", list(values), start=NOW - 120 * HOUR)
    readings(point, "a19001", [6.0] * 120, start=NOW - 120 * HOUR)
    latest(point, "a19001", 6.0)  # so the register knows that the outlet measures oxygen


def a_clue(town: Town, model: str = "M101", level: int = 2, **fields: Any) -> Clue:
    """A new clue of the town's plant, far from every other one."""
    start = T0 - 10 * DAY * next(_number)
    outlet = fields.pop("outlet", town.outlet)
    take(found(outlet, model, level, start, **fields), now=start + DAY)
    return Clue.objects.filter(outlet=outlet).latest("id")


def a_notice(town: Town, kind: str = "warn") -> Notice:
    """A notice sent to the town's plant."""
    clue = a_clue(town, level=3 if kind == "remind" else 2)
    services.decide(town.analyst, clue.pk, kind)
    return clue.notices.get()


def an_order(town: Town, state: str = "dispatched", **clue: Any) -> WorkOrder:
    """An order brought to `state` by the officer of the town."""
    raised = a_clue(town, **{"level": 1} | clue)
    assignee = None if state == "draft" else town.officer.pk
    services.decide(town.analyst, raised.pk, "order", assignee_id=assignee)
    order: WorkOrder = raised.orders.get()
    steps = (
        ("accepted", "on_site", "rectifying")
        if state == "rectifying"
        else ("accepted", "on_site", "submitted", "closed")
    )
    for step in steps[: steps.index(state) + 1] if state in steps else ():
        _STEPS[step](town, order)
    order.refresh_from_db()
    return order


def answers(order: WorkOrder) -> list[dict[str, Any]]:
    """Every instruction answered."""
    return [{"n": step["n"], "result": "ok", "note": "", "file_ids": []} for step in order.instructions]


def verdicts(order: WorkOrder, right: str = "yes") -> list[dict[str, Any]]:
    """A verdict for every model of the clue."""
    models = services.models_of(order.clue) if order.clue else {}
    return [{"model_code": code, "right": right, "reason": "现场核实"} for code in models]


def finish(town: Town, order: WorkOrder, **given: Any) -> WorkOrder:
    """Fill in the form and submit."""
    orders.save_inspection(town.officer, order.pk, answers=answers(order), summary="已查")
    wanted = {"conclusion": "problem", "summary": "已查", "verdicts": verdicts(order)}
    return orders.finish(town.officer, order.pk, **wanted | given)


_STEPS: dict[str, Any] = {
    "accepted": lambda town, order: orders.accept(town.officer, order.pk),
    "on_site": lambda town, order: orders.start(town.officer, order.pk, lon=106.2, lat=38.5),
    "submitted": finish,
    "rectifying": lambda town, order: finish(town, order, next="rectify", requirement="修复设施"),
    "closed": lambda town, order: orders.close(town.dispatcher, order.pk),
}


def a_rectification(town: Town) -> Rectification:
    """What the town's plant has to put right."""
    return an_order(town, "rectifying").rectifications.get()


def activities(obj: Any) -> list[str]:
    """The actions on an object, oldest first."""
    rows = Activity.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
    return list(rows.order_by("id").values_list("action", flat=True))


def an_item(author: User, **fields: Any) -> Item:
    """A file, without bytes."""
    wanted = {
        "kind": "photo",
        "name": "照片.jpg",
        "content_type": "image/jpeg",
        "size": 3,
        "sha256": "0" * 64,
    }
    place = {"region_code": author.region_code or author.enterprise.region_code, "path": "00/" + "0" * 64}
    return Item.objects.create(author=author, enterprise=author.enterprise, **wanted | place | fields)


def signed_in(user: User) -> Client:
    """A browser in which `user` is signed in; no CSRF check, which has tests of its own."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def get(user: User, path: str, status: int = 200) -> Any:
    """The answer to a GET."""
    response = signed_in(user).get(f"/api{path}")
    assert response.status_code == status, response.content.decode()
    return response.json()


def send(user: User, path: str, body: dict[str, Any], status: int = 200, method: str = "post") -> Any:
    """The answer to a POST or PUT."""
    call = getattr(signed_in(user), method)
    response = call(f"/api{path}", data=body, content_type="application/json")
    assert response.status_code == status, response.content.decode()
    return response.json()


def visit_of(order: WorkOrder) -> Inspection:
    """The visit of an order."""
    visit: Inspection = order.inspections.get()
    return visit
