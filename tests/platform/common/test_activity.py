"""The activity log: words, scope, and that nothing can be changed afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from yuanjian.errors import OwnFault
from yuanjian.platform.common.activity import record, register_actions, timeline
from yuanjian.platform.common.models import Activity

register_actions({"tests.counted": ("{actor} 数到 {n}", "{actor} counted to {n}")})


def test_timeline_tells_what_happened_oldest_first(world: Any) -> None:
    outlet, analyst = world.own.gas, world.users["analyst"]
    record(analyst, "tests.counted", outlet, n=1)
    record(None, "tests.counted", outlet, n=2)
    rows = timeline(outlet)[-2:]
    assert [row["text"] for row in rows] == ["测试analyst 数到 1", "系统 数到 2"]
    assert rows[0]["text_en"] == "测试analyst counted to 1"
    assert rows[1]["data"] == {"n": 2}


def test_an_activity_carries_the_scope_of_its_object(world: Any) -> None:
    activity = record(None, "tests.counted", world.own.points["gas"], n=1)
    assert activity.region_code == "640105"
    assert activity.enterprise_id == world.own.enterprise.pk


def test_a_key_the_old_row_lacks_is_shown_empty(world: Any) -> None:
    record(None, "tests.counted", world.own.gas)
    assert timeline(world.own.gas)[-1]["text"] == "系统 数到 "


def test_an_unregistered_action_is_a_bug(world: Any) -> None:
    with pytest.raises(OwnFault, match=r"activity\.unknown"):
        record(None, "tests.never_registered", world.own.gas)


def test_an_action_has_one_text_only() -> None:
    with pytest.raises(OwnFault, match=r"activity\.twice"):
        register_actions({"tests.counted": ("别的", "other")})


def _by_hand(rows: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_activity SET data = '{}'")


@pytest.mark.parametrize(
    "change",
    [lambda rows: rows.update(action="tests.other"), lambda rows: rows.delete(), _by_hand],
    ids=["update", "delete", "by hand"],
)
def test_the_log_cannot_be_changed(world: Any, change: Callable[[Any], None]) -> None:
    activity = record(None, "tests.counted", world.own.gas, n=1)
    rows = Activity.objects.filter(pk=activity.pk)
    with pytest.raises(ProgrammingError, match="Cannot"), transaction.atomic():
        change(rows)
    assert rows.get().data == {"n": 1}
