from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuanjian.wire.hj212 import Fault, Message, PeerError, SplitKey, SplitTracker, parse_frame


def part(pno: int | None, pnum: int | None = 3, time: str = "20160801080000", mn: str = "M") -> Message:
    cp = f"DataTime={time};w01018-Avg={pno}" if time else "x-Info=//text//"
    return Message(f"2016080108585753{pno}", "32", "2061", "123456", mn, flag=7, pnum=pnum, pno=pno, cp=cp)


def test_the_printed_example(samples: list[Any]) -> None:
    """HJ 212-2017 Annex C.50 and 2025 C.58: two packets with QN of their own."""
    tracker = SplitTracker()
    messages = [parse_frame(sample.raw) for sample in samples if b";PNUM=2" in sample.raw]
    done = [tracker.add(message) for message in messages]
    assert [each and (each.pno, each.complete, each.repeated) for each in done] == [
        (1, False, False),
        (2, True, False),
    ] * 2
    assert messages[0].qn != messages[1].qn
    assert tracker.incomplete() == ()


def test_what_is_missing() -> None:
    tracker = SplitTracker()
    first = tracker.add(part(3))
    assert first is not None
    assert first.key == SplitKey("M", "32", "2061", "20160801080000", 3)
    assert tracker.missing(first.key) == (1, 2)
    assert tracker.incomplete() == (first.key,)
    again = tracker.add(part(3))
    assert again is not None
    assert (again.complete, again.repeated) == (False, True)
    tracker.add(part(1))
    last = tracker.add(part(2))
    assert last is not None
    assert (last.complete, last.repeated) == (True, False)
    assert tracker.missing(last.key) == ()
    once_more = tracker.add(part(1))
    assert once_more is not None
    assert (once_more.complete, once_more.repeated) == (True, True)


@pytest.mark.parametrize("other", [part(1, time="20160801090000"), part(1, mn="N"), part(1, 2)])
def test_records_are_kept_apart(other: Message) -> None:
    tracker = SplitTracker()
    tracker.add(part(1))
    found = tracker.add(other)
    assert found is not None
    assert not found.repeated
    assert len(tracker) == 2


def test_without_a_time_the_qn_tells() -> None:
    tracker = SplitTracker()
    found = [tracker.add(replace(part(pno, 2, time=""), qn=qn)) for qn, pno in (("1", 1), ("2", 2), ("1", 2))]
    assert [each and each.complete for each in found] == [False, False, True]
    lone = tracker.add(replace(part(1, 2, time=""), qn=None))
    assert lone is not None
    assert lone.key.data_time == ""


def test_whole_records_are_no_parts() -> None:
    tracker = SplitTracker()
    assert tracker.add(part(None, None)) is None
    assert tracker.add(part(1, 1)) is None
    assert len(tracker) == 0


@pytest.mark.parametrize("pno", [0, 4, None])
def test_impossible_numbers(pno: int | None) -> None:
    with pytest.raises(PeerError) as caught:
        SplitTracker().add(part(pno))
    assert caught.value.fault is Fault.PART
    assert caught.value.zh == f"分包序号无效：{pno or 0}/3"


def test_bounded() -> None:
    tracker = SplitTracker(most=2)
    times = [f"2016080108000{second}" for second in range(4)]
    for pno in (1, 2, 3):
        tracker.add(part(pno, time=times[0]))
    tracker.add(part(1, time=times[1]))
    third = tracker.add(part(1, time=times[2]))  # pushes out a whole record: nothing is lost
    fourth = tracker.add(part(1, time=times[3]))
    assert third is not None
    assert fourth is not None
    assert (third.lost, fourth.lost and fourth.lost.data_time) == (None, times[1])
    assert len(tracker) == 2
    assert fourth.lost is not None
    assert tracker.missing(fourth.lost) == (1, 2, 3)


@given(st.integers(2, 40).flatmap(lambda pnum: st.tuples(st.just(pnum), st.permutations(range(1, pnum + 1)))))
def test_complete_exactly_with_the_last(case: tuple[int, list[int]]) -> None:
    pnum, order = case
    tracker = SplitTracker()
    found = [tracker.add(part(pno, pnum)) for pno in order]
    assert [each and each.complete for each in found] == [False] * (pnum - 1) + [True]
