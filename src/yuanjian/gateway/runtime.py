"""What every asyncio process of the gateway needs around its work."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable


def stop_event() -> asyncio.Event:
    """Set by SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def raise_descriptor_limit() -> None:
    """Each connection needs a descriptor; the usual soft limit of 1,024 is a relic of select()."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long; True, at once, if the stop came."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
