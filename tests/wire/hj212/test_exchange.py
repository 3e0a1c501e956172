"""One command from packet to outcome: the ways of the standard, of odd devices, and any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from yuanjian.wire.hj212 import (
    TRANSITIONS,
    Action,
    CommandExchange,
    LocalError,
    Message,
    Signal,
    Standard,
    State,
    build_request,
    build_response,
    reply,
)

V2005, V2017, V2025 = Standard
MN = "010000A8900016F000169DC0"
QN = "20160801085857223"
BEGIN, END = datetime(2016, 8, 1, 8), datetime(2016, 8, 1, 9)  # noqa: DTZ001 — the stamps carry no zone


def request(cn: str, standard: Standard = V2017, **values: Any) -> Message:
    return build_request(cn, standard=standard, st="32", mn=MN, pw="123456", qn=QN, values=values)


def upload(time: str, cn: str = "2051", qn: str = "20160801090000001") -> Message:
    return Message(qn, "32", cn, "123456", MN, flag=5, cp=f"DataTime={time};w01018-Avg=1.0")


SET, GET = request("1062", RtdInterval=30), request("1061")
QUERY, STOP = request("2051", BeginTime=BEGIN, EndTime=END), request("2012")


def run(message: Message, *received: Message, standard: Standard = V2017) -> CommandExchange:
    exchange = CommandExchange(message, standard)
    exchange.start(0)
    for each in received:
        exchange.receive(each, 1)
    return exchange


def accept(message: Message, code: int = 1) -> Message:
    return reply(message, "9011", f"QnRtn={code}")


def executed(message: Message, code: int = 1) -> Message:
    return reply(message, "9012", f"ExeRtn={code}")


def test_request_step_by_step() -> None:
    exchange = CommandExchange(SET, V2017)
    assert (exchange.state, exchange.deadline, exchange.is_open) == (State.READY, None, True)
    (event,) = exchange.start(100)
    assert (event.action, event.message, event.state) == (Action.SEND, SET, State.SENT)
    assert exchange.deadline == 110
    assert exchange.start(101) == []
    assert exchange.receive(accept(SET), 103) == []
    assert (exchange.state, exchange.deadline) == (State.ACCEPTED, 113)
    (event,) = exchange.receive(executed(SET), 105)
    assert (event.action, event.state) == (Action.FINISH, State.DONE)
    assert event.result is not None
    assert event.result.name_zh == "执行成功"
    assert (exchange.is_open, exchange.deadline) == (False, None)
    assert exchange.receive(executed(SET), 106) == []
    assert exchange.cancel(107) == []


@pytest.mark.parametrize(
    ("message", "received", "state", "words"),
    [
        (SET, [accept(SET, 3)], State.REFUSED, "PW 错误"),
        (SET, [accept(SET, 77)], State.REFUSED, "未知结果代码 77"),
        (SET, [accept(SET), executed(SET, 5)], State.FAILED, "系统繁忙，不能执行"),
        (SET, [executed(SET)], State.DONE, "执行成功"),
        (SET, [executed(SET, 2)], State.FAILED, "执行失败（原因未知）"),
        (SET, [executed(SET, 100)], State.EMPTY, "没有数据"),
        (QUERY, [accept(QUERY), executed(QUERY, 100)], State.EMPTY, "没有数据"),
        (SET, [accept(SET), accept(SET, 2), executed(SET)], State.DONE, "执行成功"),
        (STOP, [reply(STOP, "9013")], State.DONE, None),
    ],
)
def test_outcomes(message: Message, received: list[Message], state: State, words: str | None) -> None:
    exchange = run(message, *received)
    assert exchange.state is state
    assert (exchange.result and exchange.result.name_zh) == words


@pytest.mark.parametrize(
    "message",
    [
        replace(accept(SET), qn="20160801085857224"),
        replace(accept(SET), mn="other"),
        reply(SET, "9011", "QnRtn=x"),
        reply(SET, "9013"),
        reply(SET, "9014"),
        upload("20160801083000"),
        Message(QN, "32", "1061", "123456", MN, flag=4, cp="RtdInterval=30"),
    ],
)
def test_what_is_not_ours(message: Message) -> None:
    exchange = run(SET)
    assert exchange.receive(message, 1) == []
    assert (exchange.state, exchange.deadline) == (State.SENT, 10)


def test_answer_without_qn_is_ours() -> None:
    assert run(SET, replace(accept(SET), qn=None)).state is State.ACCEPTED


def test_2005_keeps_the_qn_inside() -> None:
    message = request("1062", V2005, RtdInterval=30)
    answered = reply(message, "9011", "QnRtn=1")
    assert answered.cp == f"QN={QN};QnRtn=1"
    assert run(message, answered, executed(message), standard=V2005).state is State.DONE
    other = replace(answered, cp="QN=20160801085857999;QnRtn=1")
    assert run(message, other, standard=V2005).state is State.SENT


def test_query_with_one_response() -> None:
    data = build_response(GET, V2017, {"RtdInterval": 30})
    exchange = CommandExchange(GET, V2017)
    exchange.start(0)
    exchange.receive(accept(GET), 1)
    (event,) = exchange.receive(data, 5)
    assert (event.action, event.message, exchange.deadline) == (Action.TAKE, data, 15)
    assert exchange.receive(replace(data, qn="20160801085857999"), 6) == []
    exchange.receive(executed(GET), 7)
    assert (exchange.state, exchange.packets) == (State.DONE, 1)


def test_history_takes_the_span_and_nothing_live() -> None:
    exchange = CommandExchange(QUERY, V2017, over_time=5)
    exchange.start(0)
    taken = []
    for now, time in enumerate(
        ("20160801080000", "20160801090000", "20160801090001", "20160801075959", "", "x")
    ):
        taken += [event.message and event.message.cp[9:23] for event in exchange.receive(upload(time), now)]
    assert taken == ["20160801080000", "20160801090000"]
    assert (exchange.state, exchange.deadline) == (State.ACCEPTED, 6)  # the 9011 was lost, data came
    assert exchange.receive(upload("20160801083000123"), 2)
    assert exchange.receive(upload("20160801083000", cn="2061"), 3) == []
    (event,) = exchange.tick(7)
    assert (event.state, exchange.packets) == (State.TIMED_OUT, 3)
    assert event.state.zh == "已应答但执行超时"


def test_same_packet_again_then_unanswered() -> None:
    exchange = CommandExchange(SET, V2017, over_time=10, re_count=3)
    exchange.start(0)
    sent = [
        event.message for now in range(1, 40) for event in exchange.tick(now) if event.action is Action.SEND
    ]
    assert sent == [SET] * 3
    (event,) = exchange.tick(40)
    assert (event.action, event.state, exchange.sends) == (Action.FINISH, State.UNANSWERED, 4)
    assert exchange.tick(1000) == []


def test_execution_timer_may_be_longer() -> None:
    message = request("3011", PolId="w01018")
    exchange = CommandExchange(message, V2017, over_time=5, execution_time=600)
    exchange.start(0)
    exchange.receive(accept(message), 1)
    assert exchange.tick(600) == []
    assert [event.state for event in exchange.tick(601)] == [State.TIMED_OUT]


@pytest.mark.parametrize("started", [True, False])
def test_cancel(started: bool) -> None:
    exchange = CommandExchange(SET, V2017)
    if started:
        exchange.start(0)
    assert [event.action for event in exchange.cancel(1)] == [Action.FINISH]
    assert exchange.state is State.CANCELLED


@pytest.mark.parametrize("message", [replace(SET, qn=None), replace(SET, cn="9999"), replace(SET, cn="1013")])
def test_what_is_no_command(message: Message) -> None:
    with pytest.raises(LocalError):
        CommandExchange(message, V2017)


def test_electricity_history_is_a_history() -> None:
    asked = request("2011", V2025, BeginTime=BEGIN, EndTime=END)
    assert CommandExchange(asked, V2025).command.name == "query_power"
    assert CommandExchange(request("2011", V2025), V2025).command.name == "start_realtime"


def test_the_table_ends_only_in_outcomes() -> None:
    open_states = {State.READY, State.SENT, State.ACCEPTED}
    assert {state for state, _ in TRANSITIONS} == open_states
    assert set(TRANSITIONS.values()) == set(State) - {State.READY}
    assert {signal for _, signal in TRANSITIONS} == set(Signal)
    assert all((state, Signal.CANCEL) in TRANSITIONS for state in open_states)


class AnyDevice(RuleBasedStateMachine):
    """A device that answers anything at any time, and a clock that goes on."""

    @initialize(
        message=st.sampled_from([SET, GET, QUERY, STOP]),
        over_time=st.integers(1, 30),
        re_count=st.integers(0, 5),
        execution_time=st.none() | st.integers(1, 600),
    )
    def begin(self, message: Message, over_time: int, re_count: int, execution_time: int | None) -> None:
        self.message, self.over_time, self.re_count = message, over_time, re_count
        self.execution_time = over_time if execution_time is None else execution_time
        self.exchange = CommandExchange(
            message, V2017, over_time=over_time, re_count=re_count, execution_time=execution_time
        )
        self.now = 0.0
        self.events: list[Any] = []
        self.data = 0
        self.final: State | None = None

    def take(self, events: list[Any]) -> None:
        self.events += events
        if self.final is None and not self.exchange.is_open:
            self.final = self.exchange.state

    @rule()
    def start(self) -> None:
        self.take(self.exchange.start(self.now))

    @rule(
        cn=st.sampled_from(["9011", "9012"]), code=st.sampled_from([1, 2, 3, 9, 77, 100]), ours=st.booleans()
    )
    def answer(self, cn: str, code: int, ours: bool) -> None:
        name = "QnRtn" if cn == "9011" else "ExeRtn"
        message = reply(self.message, cn, f"{name}={code}")
        self.take(self.exchange.receive(message if ours else replace(message, qn="1"), self.now))

    @rule()
    def notice(self) -> None:
        self.take(self.exchange.receive(reply(self.message, "9013"), self.now))

    @rule(time=st.sampled_from(["20160801083000", "20160801093000", "", "noon"]), own_qn=st.booleans())
    def data_packet(self, time: str, own_qn: bool) -> None:
        message = upload(time, self.message.cn, "20160801090000001" if own_qn else QN)
        before = self.exchange.state
        self.take(events := self.exchange.receive(message, self.now))
        self.data += len(events)
        assert not events or before in (State.SENT, State.ACCEPTED)

    @rule(seconds=st.floats(0, 700))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.exchange.tick(self.now))

    @precondition(lambda self: self.exchange.deadline is not None)
    @rule()
    def wait_for_the_timer(self) -> None:
        assert self.exchange.deadline is not None
        early = self.exchange.tick(min(self.now, self.exchange.deadline - 0.001))
        assert early == []
        self.now = max(self.now, self.exchange.deadline)
        events = self.exchange.tick(self.now)
        assert len(events) == 1
        self.take(events)

    @rule()
    def cancel(self) -> None:
        self.take(self.exchange.cancel(self.now))

    @invariant()
    def holds(self) -> None:
        exchange = self.exchange
        sent = [event.message for event in self.events if event.action is Action.SEND]
        assert sent == [self.message] * exchange.sends
        assert len(sent) <= self.re_count + 1
        finished = [event for event in self.events if event.action is Action.FINISH]
        assert len(finished) == (not exchange.is_open)
        assert self.final is None or exchange.state is self.final
        assert (exchange.deadline is None) == (exchange.state not in (State.SENT, State.ACCEPTED))
        assert exchange.packets == self.data == sum(event.action is Action.TAKE for event in self.events)
        if exchange.deadline is not None:
            assert exchange.deadline <= self.now + max(self.over_time, self.execution_time)

    def teardown(self) -> None:
        """Left alone, every command that was sent comes to an end."""
        if hasattr(self, "exchange"):
            for _ in range(self.re_count + 2):
                if self.exchange.deadline is not None:
                    self.exchange.tick(self.exchange.deadline)
            assert self.exchange.state is State.READY or not self.exchange.is_open


TestAnyDevice = AnyDevice.TestCase
TestAnyDevice.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
