"""The long-running processes, by name."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys

from yuanjian import config

MODULES = {
    "gateway": "yuanjian.gateway.server",
    "ingest": "yuanjian.ingest.service",
    "forwarder": "yuanjian.gateway.forward",
    "worker": "yuanjian.platform.worker",
    "web": "yuanjian.platform.web",
    "push": "yuanjian.platform.push",
    "simulator": "yuanjian.simulator.service",
}
SUPERVISOR = "YUANJIAN_SUPERVISOR"


def run(name: str, settings: config.Settings) -> int:
    """Become the process of that name until SIGTERM; returns its exit status."""
    die_with_supervisor()
    main = importlib.import_module(MODULES[name]).main
    return int(main(settings))


def die_with_supervisor() -> None:
    """Ask the kernel for SIGTERM when the supervisor dies, so that no process is left behind."""
    parent = os.environ.get(SUPERVISOR)
    if parent is None or not sys.platform.startswith("linux"):
        return
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before we asked
        sys.exit(0)
