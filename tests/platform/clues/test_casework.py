"""The tables themselves: states, permissions and conditions fit together."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from stories import T0, a_clue

from yuanjian.platform.accounts.permissions import PERMISSIONS
from yuanjian.platform.clues.models import Clue
from yuanjian.platform.clues.states import CLUE, SUGGESTED, suggested
from yuanjian.platform.common.casework import Machine, next_number
from yuanjian.platform.common.errors import Refused
from yuanjian.platform.orders.states import ORDER, RECTIFICATION
from yuanjian.platform.portal.states import NOTICE

MACHINES = (CLUE, NOTICE, ORDER, RECTIFICATION)
FINAL = {
    "clue": {"closed", "invalid", "merged"},
    "notice": {"accepted", "rejected"},
    "order": {"closed"},
    "rectification": {"accepted"},
}
rows = pytest.mark.parametrize(
    ("machine", "row"), [(machine, row) for machine in MACHINES for row in machine.rows.values()]
)


@rows
def test_every_row_names_known_states_and_permissions(machine: Machine, row: Any) -> None:
    assert row.sources <= set(machine.states)
    assert row.target is None or row.target in machine.states
    assert row.permission is None or any(row.permission in granted for granted in PERMISSIONS.values())


@rows
def test_texts_are_in_both_languages(machine: Machine, row: Any) -> None:
    for condition in row.conditions:
        assert condition.code.split(".")[0] == machine.noun
        assert any("\u4e00" <= char <= "\u9fff" for char in condition.zh)
        assert condition.en.isascii() or "“" in condition.en or "’" in condition.en


@pytest.mark.parametrize("machine", MACHINES)
def test_final_states_have_no_way_out_and_others_have(machine: Machine) -> None:
    leaving = {source for row in machine.rows.values() for source in row.sources}
    assert set(machine.states) - leaving == FINAL[machine.noun]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_can_be_reached(machine: Machine) -> None:
    start = next(iter(machine.states))
    reached = {start, *(row.target for row in machine.rows.values() if row.target)}
    entered_elsewhere = {"dispatched"}  # an order with an officer begins there
    assert reached | entered_elsewhere >= set(machine.states)


def test_only_the_platform_takes_rows_without_permission() -> None:
    order = SimpleNamespace(state="submitted")
    user = SimpleNamespace(role="admin", is_authenticated=True, is_active=True)
    with pytest.raises(Refused) as caught:
        ORDER.require("rectify", order, user)
    assert caught.value.details["codes"] == ["order.role"]
    assert caught.value.details["unmet"] == ["您的角色不能要求整改工单"]
    ORDER.advance("rectify", order, None)
    assert order.state == "rectifying"


def test_the_platform_takes_no_row_meant_for_people() -> None:
    with pytest.raises(Refused) as caught:
        NOTICE.require("read", SimpleNamespace(state="sent"), None)
    assert caught.value.details["codes"] == ["notice.role"]


@pytest.mark.parametrize(("level", "action"), SUGGESTED.items())
def test_suggestions(level: int, action: str) -> None:
    assert suggested(level, covert=False) == action
    assert suggested(level, covert=True) == ("order" if level == 1 else "check")


def test_numbers_go_on_after_9999(town: Any) -> None:
    clue = a_clue(town)
    Clue.objects.filter(pk=clue.pk).update(number="XS20261110-9999")
    assert next_number(Clue, "XS", T0) == "XS20261110-10000"
    Clue.objects.filter(pk=a_clue(town, "M205").pk).update(number="XS20261110-10000")
    assert next_number(Clue, "XS", T0) == "XS20261110-10001"
