"""Frames say what the physics says, in the form of their standard, and time can be cut anywhere."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuanjian.clock import from_beijing
from yuanjian.simulator import HISTORY, LIVE, World, frames, history_frames
from yuanjian.simulator.hours import daily, summarise
from yuanjian.simulator.layout import Press, meter_codes, period_columns
from yuanjian.simulator.physics import day
from yuanjian.simulator.slots import day_number, first_slot, start_of
from yuanjian.wire.hj212 import Message, Upload, build_upload, factor, parse_frame, read_upload

CUT = World.build(seed=9, outlets=6)
CUT.inject(1, days=3, rate=1.0)


def _parsed(raw: bytes) -> tuple[Message, Upload]:
    message = parse_frame(raw)
    upload = read_upload(message)
    assert upload is not None
    return message, upload


def _start(upload: Upload) -> datetime:
    return from_beijing(upload.data_time)


def test_hour_frames_carry_the_averages(world: World) -> None:
    """Every number parsed from the wire is the physics' number to the last digit sent."""
    hours = summarise(world.fleet, day(world, day_number(world.start) + 1))
    by_mn = {outlet.mn: outlet for outlet in world.outlets}
    seen = 0
    midnight = world.midnight(1)
    sent = frames(world, midnight + timedelta(minutes=5), midnight + timedelta(days=1, minutes=5), {"hour"})
    for frame in sent:
        message, upload = _parsed(frame.raw)
        outlet = by_mn[message.mn]
        assert message.standard.value == outlet.standard
        assert upload.cadence == "hour"
        at = (_start(upload) - midnight) // timedelta(hours=1)
        values = {item.code: item.fields for item in upload.factors}
        for place, pollutant in enumerate(outlet.kind.pollutants):
            fields = values[pollutant.code]
            n = outlet.index
            half = 0.5 * 10 ** (outlet.coarse - pollutant.decimals) + 1e-9
            assert float(fields["avg"]) == pytest.approx(hours.average[n, place, at], abs=half)
            assert float(fields["cou"]) == pytest.approx(hours.amount[n, place, at], abs=1e-4)
            if outlet.kind.medium == "gas":
                assert float(fields["zsavg"]) == pytest.approx(hours.reference[n, place, at], abs=half)
            assert fields["flag"] == "NFMCD"[hours.flag[n, at]]
        flow = values["a00000" if outlet.kind.medium == "gas" else "w00000"]
        assert float(flow["avg"]) == pytest.approx(hours.flow[outlet.index, at], abs=0.0051)
        seen += 1
    assert seen == int(hours.due.sum()) > 300


def test_power_frames_carry_every_meter(world: World) -> None:
    now = day(world, day_number(world.start))
    meters = {outlet.meter_mn: outlet for outlet in world.outlets}
    seen: Counter[str] = Counter()
    begin = world.midnight() + timedelta(minutes=5)
    for frame in frames(world, begin, world.midnight() + timedelta(hours=2), {"power"}):
        message, upload = _parsed(frame.raw)
        outlet = meters[message.mn]
        assert (message.st, upload.cadence) == ("44", "minute")
        slot = (_start(upload) - start_of(first_slot(day_number(world.start)))) // timedelta(minutes=10)
        sent = {item.code: float(item.fields["avg"]) for item in upload.factors}
        codes = meter_codes(outlet)
        assert set(sent) <= {code for pair in codes for code in pair}
        power = now.power[outlet.index][np.isfinite(world.fleet.rated[outlet.index])]
        for kilowatt, (kw_code, _) in zip(power[:, slot], codes, strict=True):
            if kw_code in sent:
                assert sent[kw_code] == pytest.approx(kilowatt, abs=0.0051)
        seen[message.mn] += 1
    assert len(seen) == 16
    assert max(seen.values()) == 11  # the slot that ends at 02:00 is sent after 02:00


def test_day_frames_are_flow_weighted_for_water(world: World) -> None:
    midnight = world.midnight(1)
    values = daily(world.fleet, summarise(world.fleet, day(world, day_number(world.start))))
    waters = {o.mn: o for o in world.outlets if o.kind.medium == "water"}
    found = 0
    for frame in frames(world, midnight, midnight + timedelta(minutes=1), {"day"}):
        message, upload = _parsed(frame.raw)
        assert upload.cadence == "day"
        assert _start(upload) == world.midnight()
        if message.mn in waters:
            item = next(item for item in upload.factors if item.code == "w01018")
            outlet = waters[message.mn]
            assert float(item.fields["avg"]) == pytest.approx(values.average[outlet.index, 0], abs=0.051)
            found += 1
    assert found >= 4


def test_a_template_is_what_the_wire_package_would_build(world: World) -> None:
    """The short way of making frames gives the bytes of the long way."""
    outlet = next(o for o in world.outlets if o.kind.medium == "gas" and o.standard == "2017")
    columns = period_columns(outlet)
    values = [float(n) + 0.25 for n in range(sum(len(fields) for _, fields in columns))]
    fast = Press().frame(outlet, "31", "2061", columns, "N", "20261001090003005", "20261001080000", values)
    numbers = iter(values)
    made = [(code, {**{name: form % next(numbers) for name, form in fields}, "Flag": "N"})
            for code, fields in columns]  # fmt: skip
    message = parse_frame(fast)
    slow = build_upload(
        standard=message.standard, st="31", cn="2061", pw="123456", mn=outlet.mn, qn="20261001090003005",
        data_time=datetime.fromisoformat("2026-10-01T08:00:00"), factors=made,
    )  # fmt: skip
    assert slow == [fast]


def test_every_frame_fits_a_packet_and_names_known_codes(world: World) -> None:
    codes: set[str] = set()
    longest = 0
    begin = world.midnight(2)
    for frame in frames(world, begin, begin + timedelta(minutes=61), LIVE | {"minute"}):
        message, upload = _parsed(frame.raw)
        assert message.wants_answer
        assert not message.is_split
        longest = max(longest, len(message.cp.encode()))
        codes |= {item.code for item in upload.factors}
    assert all(factor(code) is not None for code in codes)
    assert 300 < longest <= 950


def test_frames_come_in_order_and_answers_can_be_told_apart(world: World) -> None:
    begin = world.midnight(1)
    made = list(frames(world, begin - timedelta(hours=2), begin + timedelta(hours=3), LIVE))
    assert [frame.time for frame in made] == sorted(frame.time for frame in made)
    keys = Counter((frame.mn, parse_frame(frame.raw).qn) for frame in made)
    assert max(keys.values()) == 1
    assert len(made) > 18_000


def test_qn_is_the_time_of_sending(world: World) -> None:
    begin = world.midnight(1) + timedelta(hours=9)
    for frame in frames(world, begin, begin + timedelta(minutes=11), LIVE):
        message, upload = _parsed(frame.raw)
        sent = from_beijing(datetime.strptime(message.qn or "", "%Y%m%d%H%M%S%f"))  # noqa: DTZ007
        assert sent == frame.time
        assert timedelta(0) < sent - _start(upload) < timedelta(hours=1, seconds=10)


def test_door_records_name_the_visitor(wild_world: World) -> None:
    opened = closed = 0
    begin = wild_world.midnight(4)
    for frame in frames(wild_world, begin, begin + timedelta(days=2), {"door"}):
        message, upload = _parsed(frame.raw)
        infos = dict(upload.infos)
        assert message.cn == "3020"
        assert infos["i3310E"] == f"{upload.data_time:%Y%m%d%H%M%S}"
        assert infos["i3310J"]
        opened += infos["i3310F"] == "1"
        closed += infos["i3310F"] == "0"
    assert opened == closed > 5


def test_a_sampler_outlet_sends_ten_minute_flow() -> None:
    world = World.build(seed=5, outlets=60)
    samplers = {o.mn for o in world.outlets if o.sampler}
    assert samplers
    begin = world.midnight(1)
    seen = Counter(f.mn for f in frames(world, begin, begin + timedelta(hours=1), {"flow"}))
    assert set(seen) == samplers
    assert set(seen.values()) == {6}


def _window(world: World) -> tuple[datetime, datetime]:
    return world.midnight(3), world.midnight(3) + timedelta(hours=3)


def test_the_same_world_gives_the_same_bytes() -> None:
    def digest() -> list[bytes]:
        world = World.build(seed=4, outlets=10)
        world.inject(2, rate=0.5)
        return [frame.raw for frame in frames(world, *_window(world), LIVE)]

    first = digest()
    assert first == digest()
    other = World.build(seed=5, outlets=10)
    assert first != [frame.raw for frame in frames(other, *_window(other), LIVE)]


def test_a_day_is_the_same_whether_the_days_before_were_made_or_not() -> None:
    walked, jumped = World.build(seed=4, outlets=10), World.build(seed=4, outlets=10)
    for number in range(4):
        list(history_frames(walked, walked.midnight(number), walked.midnight(number + 1)))
    window = (walked.midnight(4), walked.midnight(5))
    assert list(history_frames(walked, *window)) == list(history_frames(jumped, *window))


SECONDS = st.integers(0, 3 * 86400)


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.tuples(SECONDS, SECONDS, SECONDS).map(sorted),
    cadences=st.sampled_from([HISTORY, {"minute", "door"}]),
)
def test_time_can_be_cut_anywhere(cuts: list[int], cadences: frozenset[str]) -> None:
    a, b, c = (CUT.midnight() + timedelta(seconds=second) for second in cuts)
    whole = list(frames(CUT, a, c, cadences))
    assert list(frames(CUT, a, b, cadences)) + list(frames(CUT, b, c, cadences)) == whole
    assert all(a <= frame.time < c for frame in whole)


@settings(max_examples=15, deadline=None)
@given(start=st.integers(86400 - 400, 86400 + 400), first=st.integers(0, 300), second=st.integers(0, 300))
def test_live_time_can_be_cut_anywhere(start: int, first: int, second: int) -> None:
    """Around midnight, where days meet, with instant data."""
    a = CUT.midnight() + timedelta(seconds=start)
    b, c = a + timedelta(seconds=first), a + timedelta(seconds=first + second)
    assert list(frames(CUT, a, b)) + list(frames(CUT, b, c)) == list(frames(CUT, a, c))


def test_instant_data_come_every_thirty_seconds(world: World) -> None:
    begin = world.midnight(1) - timedelta(minutes=5)
    made = list(frames(world, begin, begin + timedelta(minutes=10), {"realtime"}))
    seen = Counter((f.mn, parse_frame(f.raw).st) for f in made)
    assert set(seen.values()) <= {19, 20}
    assert len(seen) >= 30


def test_a_frozen_instrument_is_frozen_in_instant_data_too() -> None:
    world = World.build(seed=7, outlets=120)
    world.inject(1, rate=0.4)
    frozen = next(v for v in world.violations if v.kind.name == "constant")
    outlet = world.outlets[frozen.outlet]
    code = outlet.kind.pollutants[frozen.place].code
    begin = start_of(frozen.start) + timedelta(minutes=30)
    sent = [
        next(item.fields["rtd"] for item in _parsed(f.raw)[1].factors if item.code == code)
        for f in frames(world, begin, begin + timedelta(minutes=20), {"realtime"})
        if f.mn == outlet.mn and b"ST=44" not in f.raw
    ]
    assert len(sent) > 30
    assert len(set(sent)) == 1
