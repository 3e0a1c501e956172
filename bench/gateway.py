"""Measure the gateway under many loggers and print JSON: `yuanjian bench gateway [--connections 100000]`.

Three lanes over the same connections, from loopback addresses 127.0.0.2, .3 …: all connect and idle; all
send, each at its own moment of a common period (open loop: a late answer delays nothing); some send as fast
as answers come. Every logger has an MN of its own. Each frame asks for an answer, and an answer means that it
is committed. Where one process may not open enough files, several gateways share the port and several clients
the loggers. Processor time tells more than seconds on a busy machine. Nothing is asserted; docs/gateway.md
states what was measured and where.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import platform
import socket
import time
from array import array
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, cast

import uvloop
from _site import Site, descriptors, processor_s, raise_descriptor_limit, resident_kib, site, upload

PER_ADDRESS = 20_000  # of the 28,232 local ports Linux gives out
AT_ONCE = 100  # connections a client makes at a time
SLICE = 500  # connections a client makes before it is seen that the gateways have taken them
ACCEPT_S = 60.0  # to take a slice, on a busy machine
SPARE = 500  # files a process opens beside its connections
UNEVEN = 0.95  # the kernel's choice among gateways is a hash: not all get the same
IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h: choose the local port at connect, so that ports serve again


class Logger(asyncio.Protocol):
    """One connection. An answer ends in CR LF and holds no other: counting line ends is reading enough."""

    __slots__ = ("client", "frame", "sent", "transport")

    def __init__(self, client: Client, frame: bytes) -> None:
        self.client, self.frame = client, frame
        self.sent: deque[float] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self.transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        """Send the frame and remember when."""
        if self.transport.is_closing():
            return
        self.sent.append(time.perf_counter())
        self.client.sent += 1
        self.transport.write(self.frame)

    def data_received(self, data: bytes) -> None:
        """Count answers; in a closed loop each makes room for the next frame."""
        now, client = time.perf_counter(), self.client
        for _ in range(data.count(b"\n")):
            client.latencies.append(now - self.sent.popleft())
            if client.closed_loop:
                self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that ends by itself is a loss."""
        self.client.dropped += 1


class Client:
    """Some of the loggers, and what they saw. Each method is a lane; all clients run the same one."""

    def __init__(self, port: int, numbers: range) -> None:
        self.port, self.numbers = port, numbers
        self.loggers: list[Logger] = []
        self.latencies = array("d")
        self.sent = self.dropped = 0
        self.closed_loop = False
        self._frames = [upload(f"BENCH{number:019d}", number) for number in numbers]  # dearer than sending

    async def connect(self, count: int) -> int:
        """Open so many more connections; returns how many there are."""
        numbers = self.numbers[len(self.loggers) : len(self.loggers) + count]
        for first in range(0, len(numbers), AT_ONCE):
            self.loggers += await asyncio.gather(*map(self._one, numbers[first : first + AT_ONCE]))
        return len(self.loggers)

    async def _one(self, number: int) -> Logger:
        frame = self._frames[number - self.numbers.start]
        loop = asyncio.get_running_loop()
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
        await loop.sock_connect(sock, ("127.0.0.1", self.port))
        _, logger = await loop.create_connection(lambda: Logger(self, frame), sock=sock)
        return logger

    async def steady(self, rate: float, seconds: float) -> array[float]:
        """All in turn, so many frames a second; returns the seconds each answer took."""
        started, done = time.perf_counter(), 0
        while (passed := time.perf_counter() - started) < seconds:
            due = int(passed * rate)
            for number in range(done, due):
                self.loggers[number % len(self.loggers)].send()
            done = due
            await asyncio.sleep(0.005)
        await self.settle()
        return self.latencies

    async def flat_out(self, loggers: int, window: int, seconds: float) -> tuple[float, array[float]]:
        """So many loggers with so many frames unanswered each; returns answers a second, and their times."""
        self.latencies, self.closed_loop = array("d"), True
        started = time.perf_counter()
        for logger in self.loggers[:loggers]:
            for _ in range(window):
                logger.send()
        await asyncio.sleep(seconds)
        answers, taken = len(self.latencies), time.perf_counter() - started
        self.closed_loop = False
        await self.settle()
        return answers / taken, self.latencies

    async def settle(self) -> None:
        """Wait for outstanding answers, while any come."""
        unanswered = -1
        while (waiting := self.unanswered()) not in (0, unanswered):
            unanswered = waiting
            await asyncio.sleep(5)

    def unanswered(self) -> int:
        """Frames without an answer."""
        return sum(len(logger.sent) for logger in self.loggers)

    async def end(self) -> tuple[int, int, int]:
        """Frames sent, frames unanswered, connections lost."""
        return self.sent, self.unanswered(), self.dropped


def client(pipe: Connection, port: int, numbers: range) -> None:
    """A process of loggers: run the lanes the other side of the pipe names, until it hangs up."""
    work = Client(port, numbers)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        while (order := pipe.recv()) is not None:
            name, arguments = order
            pipe.send(runner.run(getattr(work, name)(*arguments)))
        os._exit(0)  # closing 100,000 connections in order would take longer than the measurement


class Clients:
    """All client processes."""

    def __init__(self, port: int, connections: int, count: int) -> None:
        self.count = count
        self._pipes: list[Connection] = []
        self._processes = []
        bounds = [connections * number // count for number in range(count + 1)]
        for first, last in itertools.pairwise(bounds):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=client, args=(theirs, port, range(first, last)))
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [process.pid for process in self._processes if process.pid is not None]

    def do(self, name: str, *arguments: object) -> list[Any]:
        """Let all run a lane; returns what each brought."""
        for pipe in self._pipes:
            pipe.send((name, arguments))
        return [pipe.recv() for pipe in self._pipes]

    def end(self) -> None:
        """Let them go."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.send(None)
            process.join()


def percentile(parts: Sequence[array[float]], share: float) -> float:
    """Milliseconds within which that share of the answers came."""
    ordered = sorted(value for part in parts for value in part)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3, 1) if ordered else 0.0


class Meter:
    """Processor time of gateways, database and clients since it was made."""

    def __init__(self, place: Site, gateways: Sequence[int], clients: Clients) -> None:
        self._place, self._gateways, self._clients = place, gateways, clients
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        return {
            "gateway": processor_s(self._gateways),
            "database": processor_s(self._place.database_pids()),
            "client": processor_s(self._clients.pids),
        }

    def per_frame(self, frames: int) -> dict[str, float]:
        """Microseconds for each of so many frames."""
        return {name: round((now - self._before[name]) / frames * 1e6) for name, now in self._read().items()}


def connect(gateways: Sequence[int], clients: Clients, wanted: int) -> None:
    """Connect slice by slice: to a client a connection stands before the gateway has taken it, and those that
    overflow the gateway's queue are reset at their first frame. (Loggers would connect again.)"""
    before, opened = sum(map(descriptors, gateways)), 0
    while opened < wanted:
        opened = sum(clients.do("connect", SLICE))
        deadline = time.perf_counter() + ACCEPT_S
        while sum(map(descriptors, gateways)) - before < opened and time.perf_counter() < deadline:
            time.sleep(0.05)


def run(place: Site, pids: list[int], clients: Clients, wanted: argparse.Namespace) -> dict[str, object]:
    """The three lanes."""
    empty, started = sum(map(resident_kib, pids)), time.perf_counter()
    connect(pids, clients, wanted.connections)
    connecting = time.perf_counter() - started
    time.sleep(2)
    idle = sum(map(resident_kib, pids))
    meter = Meter(place, pids, clients)
    steady = clients.do("steady", wanted.rate / clients.count, wanted.seconds)
    cost = meter.per_frame(sum(map(len, steady)))
    busy = sum(map(resident_kib, pids))
    each = max(wanted.peak_loggers // clients.count, 1)
    meter = Meter(place, pids, clients)
    peak = clients.do("flat_out", each, wanted.peak_window, wanted.peak_seconds)
    peak_cost = meter.per_frame(sum(len(times) for _, times in peak))
    sent, unanswered, dropped = map(sum, zip(*clients.do("end"), strict=True))
    journaled = place.value("SELECT count(*) FROM intake.frame WHERE fault IS NULL")
    return {
        "connections": wanted.connections,
        "seconds": wanted.seconds,
        "frames_per_second": round(sum(map(len, steady)) / wanted.seconds),
        "lost": unanswered + max(sent - unanswered - journaled, 0),
        "ack_p50_ms": percentile(steady, 0.5),
        "ack_p99_ms": percentile(steady, 0.99),
        "rss_kib_per_connection": round((idle - empty) / wanted.connections, 2),
        "rss_kib_per_connection_busy": round((busy - empty) / wanted.connections, 2),
        "connections_per_second": round(wanted.connections / connecting),
        "dropped_connections": dropped,
        "peak_frames_per_second": round(sum(rate for rate, _ in peak)),
        "peak_ack_p99_ms": percentile([part for _, part in peak], 0.99),
        "processor_us_per_frame": cost,
        "peak_processor_us_per_frame": peak_cost,
        "frames_journaled": journaled,
    }


def main() -> None:
    """Run all lanes against gateways of our own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=3_500, help="frames a second of the steady lane")
    parser.add_argument("--peak-seconds", type=float, default=20)
    parser.add_argument("--peak-loggers", type=int, default=500)
    parser.add_argument("--peak-window", type=int, default=8, help="unanswered frames of each")
    parser.add_argument(
        "--gateways", type=int, default=1, help="processes that share the port (SO_REUSEPORT)"
    )
    wanted = parser.parse_args()
    room = raise_descriptor_limit(wanted.connections + SPARE) - SPARE
    gateways = max(wanted.gateways, -(-wanted.connections // int(room * UNEVEN)))
    limits = {"gateway_per_ip": 0, "gateway_ip_bytes": 0, "gateway_mn_frames": 0}
    with site(gateway_connections=wanted.connections, gateway_shared_port=1, **limits) as place:
        clients = Clients(place.port, wanted.connections, -(-wanted.connections // room))
        processes = [place.start("gateway", gateway_shard=shard) for shard in range(gateways)]
        report = run(place, [process.pid for process in processes], clients, wanted)
        clients.end()
    machine = {"gateways": gateways, "clients": clients.count, "cores": os.cpu_count()}
    print(json.dumps(report | machine | {"python": platform.python_version()}, indent=2))


if __name__ == "__main__":
    main()
