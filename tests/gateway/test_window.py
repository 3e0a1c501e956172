"""What a target gets and when, without any socket."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.gateway.window import Item, Window


def item(seq: int, mn: str = "A", *, waits: bool = True, shard: int = 0) -> Item:
    return Item(shard, seq, mn, f"q{seq}", b"frame %d" % seq, waits)


def window(*items: Item, size: int = 10, tries: int = 3) -> Window:
    made = Window(size=size, answer_s=10, tries=tries)
    made.add(0, items, items[-1].seq if items else 0)
    return made


def send(made: Window, now: float = 0.0) -> list[int]:
    ready = list(made.ready())
    for each in ready:
        made.sent(each, now)
    return [each.seq for each in ready]


def test_frames_of_an_mn_go_one_by_one_and_mns_do_not_wait_for_each_other() -> None:
    made = window(item(1), item(2), item(3, "B"), item(4, "B"))
    assert send(made) == [1, 3]
    assert send(made) == []
    assert made.answered("B", "q3", 1)
    assert send(made) == [4]
    assert made.positions() == {0: 0}
    assert made.answered("A", "q1", 1)
    assert made.positions() == {0: 1}
    assert send(made) == [2]


def test_frames_that_ask_for_no_answer_are_done_when_delivered() -> None:
    made = window(item(1, waits=False), item(2, waits=False), item(3), item(4, waits=False))
    assert send(made) == [1, 2, 3]  # 4 waits for the answer to 3
    assert made.delivered()
    assert made.positions() == {0: 2}
    assert not made.delivered()
    assert made.answered("A", "q3", 1)
    assert send(made) == [4]
    made.delivered()
    assert made.positions() == {0: 4}
    assert len(made) == 0


def test_no_more_are_on_the_way_than_the_window_holds() -> None:
    made = window(*(item(seq, f"M{seq}") for seq in range(1, 9)), size=3)
    assert send(made) == [1, 2, 3]
    assert made.answered("M2", "q2", 1)
    assert send(made) == [4]


@pytest.mark.parametrize(("mn", "qn"), [("A", "q2"), ("B", "q1"), ("A", None), ("A", "q9")])
def test_an_answer_to_something_else_is_none(mn: str, qn: str | None) -> None:
    made = window(item(1), item(2))
    send(made)
    assert not made.answered(mn, qn, 1)
    assert made.positions() == {0: 0}


def test_a_lost_connection_sends_all_again_that_is_not_done() -> None:
    made = window(item(1), item(2, "B"), item(3, "C", waits=False))
    send(made)
    made.answered("B", "q2", 1)
    made.lost()
    assert [each.tries for each in made.ready()] == [1, 1]
    assert send(made) == [1, 3]


def test_a_frame_that_a_live_peer_does_not_answer_is_sent_three_times_and_let_go() -> None:
    made = window(item(1), item(2, "B"), item(3, "B"), item(4, "B"), item(5, "B"))
    assert send(made, 0) == [1, 2]
    for number, now in enumerate((10.0, 20.0, 30.0)):
        assert made.answered("B", f"q{number + 2}", now - 1)
        assert not made.deaf(now)
        assert send(made, now) == ([1, number + 3] if number < 2 else [5])
    assert made.unanswered == 1
    assert made.positions() == {0: 4}


def test_a_peer_that_answers_nothing_is_deaf_and_nothing_is_let_go() -> None:
    made = window(item(1), item(2))
    for attempt in range(10):
        now = attempt * 100.0
        send(made, now)
        assert not made.deaf(now + 9)
        assert made.deaf(now + 10)
        made.lost()
    assert made.unanswered == 0
    assert made.positions() == {0: 0}


def test_the_next_frame_of_its_mn_tells_whether_a_peer_lives_that_refused_one() -> None:
    made = window(item(1), item(2))
    for attempt in range(4):
        assert send(made, attempt * 100.0) == ([1] if attempt < 3 else [1, 2])
        if attempt < 3:
            assert made.deaf(attempt * 100.0 + 10)
            made.lost()
    assert made.answered("A", "q2", 301)
    assert not made.deaf(310)
    assert (made.unanswered, made.positions()) == (1, {0: 2})


def test_shards_have_positions_of_their_own() -> None:
    made = window(item(1), item(5))
    made.add(1, [item(1, "B", shard=1)], 40)
    made.add(2, [], 7)
    send(made)
    made.answered("B", "q1", 1)
    assert made.positions() == {0: 0, 1: 40, 2: 7}
    assert (made.read(1), made.read(9)) == (40, 0)


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 6),
    st.integers(0, 2**32),
)
def test_whatever_happens_all_arrive_in_the_order_of_their_mn(
    frames: list[tuple[str, bool]], size: int, seed: int
) -> None:
    chance = random.Random(seed)
    items = [item(seq, mn, waits=waits) for seq, (mn, waits) in enumerate(frames, 1)]
    made, now, arrived = window(*items, size=size), 0.0, []
    for _ in range(2_000):
        now += 1
        for each in list(made.ready()):
            made.sent(each, now)
            arrived.append(each)
        action = chance.randrange(3)
        waiting = [each for each in items if each.waits and each.sent_at is not None and not each.done]
        if action == 0 and waiting:
            one = chance.choice(waiting)
            made.answered(one.mn, one.qn, now)
        elif action == 1:
            made.delivered()
        elif chance.random() < 0.1:
            made.lost()
        if not len(made):
            break
    assert made.positions() == {0: len(items)}
    for mn in "ABC":
        first = list(dict.fromkeys(each.seq for each in arrived if each.mn == mn))
        assert first == [each.seq for each in items if each.mn == mn]
