"""Fuzz target of the HJ 212 core.

The invariant: any bytes either parse or raise PeerError, none is lost, and what was parsed can be written and
read again to the same message.

With atheris installed, run it for as long as you like: ``python tests/fuzz/fuzz_hj212.py [folder of inputs]``
(``src`` must be on the path). Without it, pytest runs the same target over seeded inputs.
"""

from __future__ import annotations

import contextlib
import sys

from yuanjian.wire import hj212

KEY = b"0123456789abcdef"
CHOICES = len(hj212.Standard)


def one_input(data: bytes) -> None:
    """Judge one input: its first byte says how it is cut and which version the device is registered with."""
    first, stream = data[:1] or b"\0", data[1:]
    standard = tuple(hj212.Standard)[first[0] % CHOICES]
    for item in cut(stream, 1 + first[0] // CHOICES):
        opened = hj212.open_frame(item, standard, KEY, KEY[::-1])
        if isinstance(opened, hj212.Opened):
            read(opened.frame.segment, standard, opened.frame)
    read(stream, standard, None)
    with contextlib.suppress(hj212.PeerError):
        hj212.parse_frame(stream)


def cut(stream: bytes, size: int) -> list[hj212.RawFrame | hj212.Rejected]:
    """Feed the stream in pieces; every byte must come out once, in order, but for line ends of the last."""
    reader = hj212.FrameReader()
    found = []
    for at in range(0, len(stream), size):
        found += reader.feed(stream[at : at + size])
    found += reader.flush()
    out = b"".join(item.raw for item in found)
    rest = stream.removeprefix(out)
    if out + rest != stream or rest.strip(b"\r\n") or reader.pending:
        raise AssertionError(f"bytes lost: {stream!r}")
    return found


def read(segment: bytes, standard: hj212.Standard, frame: hj212.RawFrame | None) -> None:
    """Read a segment in every way there is; only PeerError may come out."""
    try:
        message = hj212.parse_segment(segment)
    except hj212.PeerError:
        return
    if hj212.parse_segment(hj212.build_segment(message)) != message:
        raise AssertionError(f"not the same again: {segment!r}")
    hj212.remarks(message, standard, frame)
    hj212.read_result(message, standard)
    due = hj212.answer(message)
    if due is not None and hj212.parse_segment(hj212.build_segment(due)) != due:
        raise AssertionError(f"answer cannot be read: {segment!r}")
    for step in (hj212.read_request, hj212.read_response):
        with contextlib.suppress(hj212.PeerError):
            step(message, standard)
    with contextlib.suppress(hj212.PeerError):
        hj212.SplitTracker().add(message)
    with contextlib.suppress(hj212.PeerError):
        upload = hj212.read_upload(message)
        if upload is not None:
            hj212.read_doors(upload, standard)


def main() -> None:
    """Run under atheris, with the command line of libFuzzer."""
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
