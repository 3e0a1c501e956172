"""Whatever people do in whatever order: no wrong way through clue, notice, order and rectification."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from stories import Town, a_clue, activities, answers, verdicts

from yuanjian.errors import UserFault
from yuanjian.platform.clues import services as clues
from yuanjian.platform.clues.selectors import models_without_verdict
from yuanjian.platform.clues.states import CLUE
from yuanjian.platform.orders import services as orders
from yuanjian.platform.orders.models import WorkOrder
from yuanjian.platform.orders.states import ORDER, RECTIFICATION
from yuanjian.platform.portal import services as portal
from yuanjian.platform.portal.states import NOTICE

WHO = st.sampled_from(
    ["analyst", "dispatcher", "officer", "officer2", "enterprise", "other_enterprise", "stranger", "admin"]
)
YES = st.booleans()
TRIED = (
    *("claim", "invalid", "remind", "warn", "order", "read", "answer", "review_notice"),
    *("reassign", "accept", "start", "fill_in", "finish", "close", "report", "review"),
)
MACHINES = {"clue": CLUE, "notice": NOTICE, "order": ORDER, "rectification": RECTIFICATION}
FINAL = {"clue": {"closed", "invalid", "merged"}, "order": {"closed"}, "notice": {"accepted", "rejected"}}


class Casework(RuleBasedStateMachine):
    """Random people do random things to one clue and all that follows from it."""

    town: Any = None
    reached: set[tuple[str, str]]

    @initialize(model=st.sampled_from(["M101", "M205", "M301"]), level=st.integers(1, 3))
    def begin(self, model: str, level: int) -> None:
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.clue = a_clue(self.town, model, level)
        self.seen: dict[tuple[str, int], tuple[str, int]] = {}
        self._look()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.stack.close()

    @rule(who=WHO, what=st.sampled_from(TRIED), yes=YES, text=st.sampled_from(["", "device"]))
    def anybody_tries_anything(self, who: str, what: str, yes: bool, text: str) -> None:
        user, officer = getattr(self.town, who), self.town.officer if yes else self.town.officer2
        if what in {"claim", "invalid", "remind", "warn", "order"}:
            assignee = officer.pk if text else None
            self._run(clues.decide, user, self.clue.pk, what, reason=text, assignee_id=assignee)
        for notice in self.clue.notices.all():
            self._with_notice(what, user, notice, yes, text)
        for order in self.clue.orders.all():
            self._with_order(what, user, order, officer, yes, text)

    def _with_notice(self, what: str, user: Any, notice: Any, yes: bool, text: str) -> None:
        if what == "read":
            self._run(portal.read, user, notice.pk)
        elif what == "answer":
            kind = "answer" if yes else "objection"
            self._run(portal.answer, user, notice.pk, kind=kind, text=text)
        elif what == "review_notice":
            self._run(portal.review, user, notice.pk, accept=yes, note=text)

    def _with_order(self, what: str, user: Any, order: WorkOrder, officer: Any, yes: bool, text: str) -> None:
        if what == "reassign":
            self._run(orders.reassign, user, order.pk, assignee_id=officer.pk, reason=text)
        elif what in {"accept", "start", "close"}:
            self._run(getattr(orders, what), user, order.pk)
        elif what == "fill_in":
            self._run(orders.save_inspection, user, order.pk, answers=answers(order)[: None if yes else 1])
        elif what == "finish":
            self._finish(user, order, rectify=yes, complete=bool(text))
        for row in order.rectifications.all():
            if what == "report":
                self._run(orders.report, user, row.pk, text=text)
            elif what == "review":
                self._run(orders.review, user, row.pk, accept=yes, note=text)

    def _finish(self, user: Any, order: WorkOrder, *, rectify: bool, complete: bool) -> None:
        said = {"conclusion": "problem", "summary": "已查", "verdicts": verdicts(order) if complete else []}
        following = {"next": "rectify" if rectify else "close", "requirement": "修复"}
        self._run(orders.finish, user, order.pk, **said, **following)

    @rule(yes=YES, judgement=st.sampled_from(["claim", "order", "warn", "invalid"]))
    def somebody_does_the_next_right_thing(self, yes: bool, judgement: str) -> None:
        """Without this the far states would hardly ever be reached."""
        self.clue.refresh_from_db()
        town, order = self.town, self.clue.orders.first()
        notice = self.clue.notices.order_by("-id").first()
        duty = order.rectifications.first() if order else None
        officer = (order.assignee if order else None) or town.officer
        if order is None and self.clue.state in {"open", "claimed"}:
            given = {"reason": "device", "assignee_id": town.officer.pk if yes else None}
            self._run(clues.decide, town.analyst, self.clue.pk, judgement, **given)
        elif duty is not None and duty.state in {"pending", "returned"}:
            self._run(orders.report, town.enterprise, duty.pk, text="已改")
        elif duty is not None and duty.state == "reported":
            self._run(orders.review, town.analyst, duty.pk, accept=yes, note="缺照片")
        elif order is not None:
            self._next_step(order, officer, yes)
        elif notice is not None:
            step = {"sent": "read", "read": "answer"}.get(notice.state, "review_notice")
            who = town.analyst if step == "review_notice" else town.enterprise
            self._with_notice(step, who, notice, yes, "已核实")

    @rule(yes=YES, judgement=st.sampled_from(["order", "warn"]))
    def and_then_the_one_after(self, yes: bool, judgement: str) -> None:
        """As often again: a story has ten right steps, and any of them may be tried wrongly before."""
        self.somebody_does_the_next_right_thing(yes, judgement)
        self.somebody_does_the_next_right_thing(not yes, judgement)

    def _next_step(self, order: WorkOrder, officer: Any, yes: bool) -> None:
        if order.state == "on_site":
            self._run(orders.save_inspection, officer, order.pk, answers=answers(order))
            self._finish(officer, order, rectify=yes, complete=True)
        else:
            step = {"draft": "reassign", "dispatched": "accept", "accepted": "start"}.get(
                order.state, "close"
            )
            who = self.town.dispatcher if step in {"reassign", "close"} else officer
            self._with_order(step, who, order, officer, yes, "")

    # --- what must hold ----------------------------------------------------------------------------------

    def _run(self, call: Any, user: Any, *args: Any, **given: Any) -> None:
        before = dict(self.seen)
        try:
            call(user, *args, **given)
        except UserFault:
            self._look()
            assert self.seen == before  # a refused action leaves no trace
            return
        self._look()
        self._judge(before)

    def _objects(self) -> list[tuple[str, Any]]:
        self.clue.refresh_from_db()
        found: list[tuple[str, Any]] = [("clue", self.clue)]
        found += [("notice", row) for row in self.clue.notices.all()]
        for order in self.clue.orders.all():
            found += [("order", order), *(("rectification", row) for row in order.rectifications.all())]
        return found

    def _look(self) -> None:
        self.reached |= {(noun, obj.state) for noun, obj in self._objects()}
        self.seen = {(noun, obj.pk): (obj.state, len(activities(obj))) for noun, obj in self._objects()}

    def _judge(self, before: dict[tuple[str, int], tuple[str, int]]) -> None:
        for key, (state, told) in self.seen.items():
            if key not in before:
                assert told == 1 + (key[0] == "order" and state == "rectifying")
                continue
            old_state, old_told = before[key]
            assert old_state == state or old_state not in FINAL.get(key[0], set())
            if old_state != state:
                assert told - old_told == steps(key[0], old_state, state)

    @invariant()
    def a_closed_order_has_conclusion_verdict_and_accepted_rectification(self) -> None:
        for order in WorkOrder.objects.filter(state="closed"):
            assert order.inspections.exclude(conclusion="").filter(finished_at__isnull=False).exists()
            assert not models_without_verdict(self.clue.pk)
            assert not order.rectifications.exclude(state="accepted").exists()
            self.clue.refresh_from_db()
            assert self.clue.state == "closed"

    @invariant()
    def a_covert_clue_is_never_announced(self) -> None:
        if hasattr(self, "clue"):
            assert not (self.clue.covert and self.clue.notices.exists())

    @invariant()
    def states_of_clue_notice_and_order_fit(self) -> None:
        if not hasattr(self, "clue"):
            return
        running = self.clue.orders.exclude(state="closed").count()
        assert running == (1 if self.clue.state == "ordered" else 0)
        assert self.clue.orders.count() <= 1
        if self.clue.state == "noticed":
            assert self.clue.notices.exclude(state__in=["accepted", "rejected"]).count() == 1


def steps(noun: str, source: str, target: str) -> int:
    """How many rows of the table lead from one state to the other; fails if none does."""
    pairs = {(s, row.target) for row in MACHINES[noun].rows.values() for s in row.sources}
    if (source, target) in pairs:
        return 1
    assert any((source, middle) in pairs and (middle, target) in pairs for middle in MACHINES[noun].states)
    return 2


@pytest.mark.timeout(280)
def test_no_wrong_way(town: Town) -> None:
    machine = type("Here", (Casework,), {"town": town, "reached": set()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        ),
    )
    # The walk went everywhere it should (a merge needs a second clue, time does not pass here).
    everywhere = {(noun, state) for noun, table in MACHINES.items() for state in table.states}
    assert everywhere - machine.reached <= {("clue", "merged"), ("notice", "overdue")}  # type: ignore[attr-defined]
