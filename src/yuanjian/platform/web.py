"""The web process: granian serving the WSGI application, two threads per worker (measured best)."""

from __future__ import annotations

import http.client
import os
import threading
import time

from granian import Granian
from granian.constants import Interfaces

from yuanjian.config import Settings


def main(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; 0 then."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    server = Granian(
        "yuanjian.platform.wsgi:application",
        address=settings.web_host,
        port=settings.web_port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=2,
        websockets=False,
        workers_kill_timeout=8,
        respawn_failed_workers=True,
        log_access=False,
    )
    threading.Thread(target=_announce, args=(settings,), daemon=True).start()
    server.serve()
    return 0


def _announce(settings: Settings) -> None:
    """Say so as soon as a worker answers: they load Django after the port is open."""
    wild = settings.web_host in {"0.0.0.0", "::"}
    while not _answers("127.0.0.1" if wild else settings.web_host, settings.web_port):
        time.sleep(0.05)
    print(f"ready web {settings.web_url}", flush=True)


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):  # half an answer, of a worker that just ended
        return False
    finally:
        connection.close()
    return True
