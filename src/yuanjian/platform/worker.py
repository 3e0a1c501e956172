"""The worker process: background jobs and periodic tasks on a PostgreSQL queue (procrastinate).

The tasks are in the module `jobs` of each app.
"""

from __future__ import annotations

import asyncio
import os
import signal

import procrastinate

from yuanjian.config import Settings

CONCURRENCY = 2


def main(settings: Settings) -> int:
    """Make sure the tables are there, then run jobs until SIGTERM or SIGINT; 0 then."""
    from yuanjian.platform import migrate

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    migrate.main(settings)
    from procrastinate.contrib.django import app

    asyncio.run(_work(app.with_connector(app.connector.get_worker_connector())))
    return 0


async def _work(app: procrastinate.App) -> None:
    loop = asyncio.get_running_loop()
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY, install_signal_handlers=False, shutdown_graceful_timeout=7
            )
        )
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, worker.cancel)
        print("ready worker", flush=True)
        try:
            await worker
        except asyncio.CancelledError:
            return
