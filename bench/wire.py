"""Measure the HJ 212 core and print figures: `python bench/wire.py --json [--peers DIR] [--peer
NAME=COMMAND]`.

One pass is what the gateway does with a stream: cut it into packets, check length and CRC, read header and
values. The stream is the mix of all printable sample frames, right and wrong ones, repeated.

A peer is any command that reads the same frames as lines on its standard input and prints, on its last
line, how many it could parse and in how many seconds; it should leave its own start and warm-up out.
``--peers`` takes every executable file of a folder as one. Nothing is asserted; docs/hj212.md states what
was measured and where.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from yuanjian.wire.hj212 import FrameReader, PeerError, RawFrame, crc16, parse_segment, read_upload, unseal

SAMPLES = Path(__file__).parents[1] / "tests" / "data" / "hj212_samples.jsonl"
KEY = b"0" * 16
CHUNK = 1460
"""Bytes fed at a time: a TCP segment."""


def samples() -> tuple[list[bytes], list[bytes]]:
    """The printable frames of the sample file and the encrypted ones."""
    rows = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").strip().split("\n")]
    plain = [row["frame"].strip().encode() + b"\r\n" for row in rows if "frame_hex" not in row]
    return plain, [bytes.fromhex(row["frame_hex"]) for row in rows if "frame_hex" in row]


def one_pass(stream: bytes) -> int:
    """How many packets of a stream were accepted and read to the last value."""
    reader = FrameReader()
    done = 0
    for at in range(0, len(stream), CHUNK):
        for item in reader.feed(stream[at : at + CHUNK]):
            if isinstance(item, RawFrame):
                try:
                    read_upload(parse_segment(item.segment))
                except PeerError:
                    continue
                done += 1
    return done


def seconds(work: Callable[[], object], times: int) -> list[float]:
    """Processor seconds of each run, after one to warm up."""
    work()
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return taken


def rates(frames: list[bytes], repeat: int, times: int) -> dict[str, object]:
    """Packets per second of one core over a mix, the best and the median run."""
    stream = b"".join(frames) * repeat
    taken = seconds(lambda: one_pass(stream), times)
    count = len(frames) * repeat
    return {
        "frames": count,
        "accepted": one_pass(stream),
        "mean_bytes": round(len(stream) / count),
        "frames_per_second": round(count / min(taken)),
        "frames_per_second_median": round(count / statistics.median(taken)),
        "microseconds_per_frame": round(min(taken) / count * 1e6, 2),
    }


def steps(frames: list[bytes], times: int) -> dict[str, float]:
    """Microseconds per packet of each step alone, over the accepted packets."""
    found = [item for frame in frames for item in FrameReader().feed(frame) if isinstance(item, RawFrame)]
    segments = [item.segment for item in found]
    messages = [parse_segment(segment) for segment in segments]

    def each(step: Callable[[], Iterator[object]]) -> float:
        taken = seconds(lambda: [None for _ in range(20) for _ in step()], times)
        return round(min(taken) / len(segments) / 20 * 1e6, 2)

    return {
        "crc": each(lambda: (crc16(segment) for segment in segments)),
        "segment": each(lambda: (parse_segment(segment) for segment in segments)),
        "values": each(lambda: (read_upload(message) for message in messages)),
    }


def peer_rate(command: str, frames: list[bytes], repeat: int, times: int) -> dict[str, object]:
    """Run a peer several times over the same packets as lines; its best run counts, as ours does."""
    lines = b"".join(frame.strip() + b"\n" for frame in frames) * repeat
    best, count = float("inf"), "0"
    for _ in range(times):
        done = subprocess.run(shlex.split(command), input=lines, stdout=subprocess.PIPE, check=True)
        count, taken = done.stdout.decode().strip().splitlines()[-1].split()
        best = min(best, float(taken))
    total = len(frames) * repeat
    return {"parsed": int(count), "frames": total, "frames_per_second": round(total / best)}


def peers(folder: Path | None, named: list[str]) -> dict[str, str]:
    """Peer commands by name, from a folder of executables and from NAME=COMMAND."""
    found = dict(each.split("=", 1) for each in named)
    for path in sorted(folder.iterdir()) if folder else []:
        if path.is_file() and os.access(path, os.X_OK):
            found[path.stem] = shlex.quote(str(path))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--peers", type=Path, help="folder of executables, each a peer")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--repeat", type=int, default=60, help="how often the mix is repeated in a pass")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--peer-runs", type=int, default=3)
    args = parser.parse_args()
    frames, sealed = samples()
    mix = rates(frames, args.repeat, args.runs)
    right = [frame for frame in frames if one_pass(frame)]
    others = {
        name: peer_rate(line, frames, args.repeat, args.peer_runs)
        for name, line in peers(args.peers, args.peer).items()
    }
    ours = int(str(mix["frames_per_second"]))
    report = {
        "frames_per_second_per_core": ours,
        "ratio": {
            name: round(ours / int(str(rate["frames_per_second"])), 1) for name, rate in others.items()
        },
        "mix": mix,
        "right_frames_only": rates(right, args.repeat, args.runs),
        "microseconds_per_step": steps(right, args.runs),
        "microseconds_to_decrypt": round(
            min(seconds(lambda: [unseal(raw, [KEY]) for _ in range(200) for raw in sealed], args.runs))
            / (200 * len(sealed))
            * 1e6,
            2,
        ),
        "peers": others,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
    }
    print(json.dumps(report) if args.json else json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
