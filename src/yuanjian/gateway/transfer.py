"""Has the peer's system what was written to a connection?"""

from __future__ import annotations

import asyncio
import struct
import sys


def unacknowledged(writer: asyncio.StreamWriter) -> int:
    """Bytes written that the peer's system has not acknowledged; without Linux, only those in our hands."""
    waiting = writer.transport.get_write_buffer_size()
    sock = writer.get_extra_info("socket")
    if waiting or sock is None or sock.fileno() < 0 or not sys.platform.startswith("linux"):
        return waiting
    import fcntl
    import termios

    answer = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", answer)[0])
