"""Virtual loggers against a real server on a real socket."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from yuanjian.config import load
from yuanjian.errors import OwnFault
from yuanjian.simulator import Frame, World, frames, history_frames
from yuanjian.simulator.client import Sender, as_resent, frame_key, send_history
from yuanjian.simulator.live import State, run_live
from yuanjian.simulator.service import main
from yuanjian.wire.hj212 import (
    FrameReader,
    RawFrame,
    Rejected,
    answer,
    build_frame,
    build_segment,
    parse_frame,
    parse_segment,
)


class Gateway:
    """A small server that answers as the standard says, and can be told to misbehave."""

    def __init__(self, *, hang_up_after: int = 0, deaf: int = 0, noise: bytes = b"") -> None:
        self.got: list[bytes] = []
        self.connections = 0
        self.hang_up_after = hang_up_after
        self.deaf = deaf
        self.noise = noise
        self._server: asyncio.Server | None = None
        self.port = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Gateway:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.append(task)
        try:
            await self._talk(reader, writer)
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames_in = FrameReader()
        writer.write(self.noise)
        while data := await reader.read(65536):
            for item in frames_in.feed(data):
                assert not isinstance(item, Rejected)
                self.got.append(item.raw)
                if self.hang_up_after and len(self.got) == self.hang_up_after:
                    return
                self._answer(item, writer)

    def _answer(self, item: RawFrame, writer: asyncio.StreamWriter) -> None:
        if self.deaf:
            self.deaf -= 1
            return
        reply = answer(parse_segment(item.segment))
        assert reply is not None
        writer.write(build_frame(build_segment(reply)))

    def keys(self) -> Counter[tuple[str, str]]:
        """How often each frame came."""
        return Counter(frame_key(raw) for raw in self.got)


@pytest.fixture
def some(world: World) -> list[Frame]:
    """Two hours of history of sixteen outlets, all three standards among them."""
    begin = world.midnight(1)
    made = list(history_frames(world, begin, begin + timedelta(hours=2)))
    assert {parse_frame(frame.raw).standard.value for frame in made} == {"2005", "2017", "2025"}
    return made


def test_history_arrives_once_and_in_order_per_logger(some: list[Frame]) -> None:
    async def scene() -> None:
        async with Gateway() as gateway:
            counters = await send_history("127.0.0.1", gateway.port, some, connections=3, window=16)
        assert counters.sent == counters.acknowledged == len(some) == len(gateway.got)
        assert (counters.resent, counters.strange, counters.connections) == (0, 0, 3)
        for mn in {frame.mn for frame in some}:
            assert [raw for raw in gateway.got if frame_key(raw)[0] == mn] == [
                f.raw for f in some if f.mn == mn
            ]

    asyncio.run(scene())


def test_what_is_not_acknowledged_is_sent_again(some: list[Frame]) -> None:
    """The server dies in the middle: every frame still arrives, and those sent twice are counted."""

    async def scene() -> None:
        async with Gateway(hang_up_after=40) as gateway:
            counters = await send_history("127.0.0.1", gateway.port, some, connections=1, window=16)
        assert counters.connections == 2
        assert counters.acknowledged == len(some)
        assert counters.sent == len(some) + counters.resent
        assert 1 <= counters.resent <= 16
        assert set(gateway.keys()) == {frame_key(frame.raw) for frame in some}

    asyncio.run(scene())


def test_a_resent_frame_of_2025_says_so(some: list[Frame]) -> None:
    by_standard = {parse_frame(frame.raw).standard.value: frame.raw for frame in some}
    again = as_resent(by_standard["2025"])
    assert parse_frame(again).rf
    assert parse_frame(again).cp == parse_frame(by_standard["2025"]).cp
    assert as_resent(again) == again
    assert as_resent(by_standard["2017"]) == by_standard["2017"]
    assert as_resent(by_standard["2005"]) == by_standard["2005"]


def test_a_silent_server_is_called_again(some: list[Frame]) -> None:
    async def scene() -> None:
        async with Gateway(deaf=3) as gateway:
            sender = Sender("127.0.0.1", gateway.port, window=3, timeout=0.2)
            for frame in some[:5]:
                await sender.send(frame.raw)
            counters = await sender.finish()
        assert counters.acknowledged == 5
        assert counters.resent == counters.sent - 5 >= 3
        assert gateway.connections == counters.connections >= 2  # more where an answer is late

    asyncio.run(scene())


def test_a_server_that_comes_later_is_waited_for(some: list[Frame]) -> None:
    async def scene() -> None:
        async with Gateway() as gateway:
            port = gateway.port
        sender = Sender("127.0.0.1", port)
        sending = asyncio.create_task(sender.send(some[0].raw))
        await asyncio.sleep(0.3)
        assert not sending.done()
        gateway.port = port
        async with gateway:
            await sending
            counters = await sender.finish()
        assert (counters.sent, counters.acknowledged) == (1, 1)

    asyncio.run(scene())


def test_strange_answers_are_counted_and_harm_nothing(some: list[Frame]) -> None:
    wrong = b"QN=20260101000000000;ST=91;CN=9014;PW=123456;MN=X;Flag=4;CP=&&&&"
    broken = build_frame(wrong) + build_frame(b"ST=91;CN=9014;MN=X")

    async def scene() -> None:
        async with Gateway(noise=broken) as gateway:
            counters = await send_history("127.0.0.1", gateway.port, some[:20], connections=1)
        assert counters.acknowledged == 20
        assert counters.strange == 2

    asyncio.run(scene())


class Wall:
    """A wall clock a test turns by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def test_live_goes_on_where_it_was(world: World, tmp_path: Path) -> None:
    """Two runs with a pause between them send what one long run would have sent."""
    path = tmp_path / "live.json"
    begin = world.midnight(1) + timedelta(hours=9, minutes=55)
    wall = Wall(begin)

    async def run(gateway: Gateway, until: datetime) -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(
            run_live(
                world, "127.0.0.1", gateway.port, time_factor=1, stop_event=stop, state_path=path, now=wall
            )
        )
        await _until(path.exists)
        wall.now = until
        await _until(lambda: path.exists() and State.resume(path, begin, 1, wall()).done == until)
        stop.set()
        counters = await task
        assert counters.acknowledged == counters.sent

    async def scene() -> None:
        async with Gateway() as gateway:
            await run(gateway, begin + timedelta(minutes=3))
            await run(gateway, begin + timedelta(minutes=7))
        due = frames(world, begin, begin + timedelta(minutes=7))
        assert gateway.keys() == Counter((frame.mn, frame_key(frame.raw)[1]) for frame in due)
        assert gateway.connections > 2 * 16

    asyncio.run(scene())


def test_long_silence_is_made_up_without_instant_data(world: World, tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    begin = world.midnight(1)
    end = begin + timedelta(hours=2)
    State.resume(path, begin, 1, begin).save(path)

    async def scene() -> None:
        stop = asyncio.Event()
        async with Gateway() as gateway:
            task = asyncio.create_task(
                run_live(
                    world,
                    "127.0.0.1",
                    gateway.port,
                    time_factor=1,
                    stop_event=stop,
                    state_path=path,
                    now=Wall(end),
                )
            )
            await _until(lambda: State.resume(path, begin, 1, end).done == end)
            stop.set()
            await task
        commands = Counter(parse_frame(raw).cn for raw in gateway.got)
        hours = Counter(parse_frame(f.raw).cn for f in history_frames(world, begin, end))
        assert {cn: commands[cn] for cn in hours} == dict(hours)
        instant = frames(world, end - timedelta(minutes=40), end, {"realtime"})
        assert commands["2011"] == sum(1 for _ in instant)

    asyncio.run(scene())


def test_another_factor_keeps_the_simulated_now(tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    begin = World.build(outlets=1).midnight()
    State.resume(path, begin, 60, begin).save(path)
    later = begin + timedelta(minutes=2)
    state = State.resume(path, begin, 1, later)
    assert state.clock.at(later) == begin + timedelta(hours=2)
    assert state.clock.at(later + timedelta(seconds=1)) == begin + timedelta(hours=2, seconds=1)


def test_in_real_time_the_clock_is_right_from_the_first_moment(tmp_path: Path) -> None:
    """What lies before is caught up; shifted time would make every logger's clock seem slow."""
    begin = World.build(outlets=1).midnight()
    wall = begin + timedelta(minutes=41)
    state = State.resume(tmp_path / "live.json", begin, 1, wall)
    assert (state.done, state.clock.at(wall)) == (begin, wall)
    fast = State.resume(tmp_path / "live.json", begin, 60, wall)
    assert fast.clock.at(wall) == begin


def test_service_without_a_world_says_what_is_missing(tmp_path: Path) -> None:
    settings = load({"YUANJIAN_HOME": str(tmp_path)})
    with pytest.raises(OwnFault, match="no virtual province"):
        main(settings)


def test_service_is_ready_and_stops_on_sigterm(tmp_path: Path) -> None:
    world = World.build(seed=5, outlets=4)
    world.save(tmp_path / "simulator" / "world.json")
    code = (
        "from yuanjian.config import load; from yuanjian.simulator.service import main; "
        "raise SystemExit(main(load()))"
    )
    environment = {**os.environ, "YUANJIAN_HOME": str(tmp_path), "YUANJIAN_GATEWAY_PORT": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        numbers = {o.mn for o in world.outlets} | {o.meter_mn for o in world.outlets}
        assert process.stdout.readline() == f"ready simulator {len(numbers)} loggers\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "simulator sent 0" in process.stdout.read()


async def _until(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    for _ in range(int(seconds * 20)):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")
