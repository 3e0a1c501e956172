"""The web process: granian serving the WSGI application, two threads per worker (measured best)."""

from __future__ import annotations

import os

from yuanjian.config import Settings


def main(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; 0 then."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    from granian import Granian
    from granian.constants import Interfaces

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

    @server.on_startup
    def ready() -> None:
        print(f"ready web {settings.web_url}", flush=True)

    server.serve()
    return 0
