"""The worker process: background jobs and periodic tasks on a PostgreSQL queue (procrastinate).

The tasks are in the module `jobs` of each app.
"""

from __future__ import annotations

import asyncio
import os
import signal
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import procrastinate

from yuanjian.config import Settings

if TYPE_CHECKING:
    from yuanjian.platform.clues.fresh import Follower

CONCURRENCY = 3  # the minute lane, a slower lane or back-test, and everything else


def main(settings: Settings) -> int:
    """Make sure the tables are there, then run jobs until SIGTERM or SIGINT; 0 then."""
    from yuanjian.platform import migrate

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
    migrate.main(settings)
    from procrastinate.contrib.django import app

    import_jobs()
    asyncio.run(_work(app.with_connector(app.connector.get_worker_connector()), settings.database_url))
    return 0


def import_jobs() -> None:
    """Import the module `jobs` of every app of ours that has one; its tasks are known to the queue then."""
    from django.apps import apps

    for config in apps.get_app_configs():
        if config.name.startswith("yuanjian.") and find_spec(f"{config.name}.jobs"):
            import_module(f"{config.name}.jobs")


async def _work(app: procrastinate.App, url: str) -> None:
    loop = asyncio.get_running_loop()
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=CONCURRENCY, install_signal_handlers=False, shutdown_graceful_timeout=7
            )
        )
        follower = _follower(url)
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, worker.cancel)
        print("ready worker", flush=True)
        try:
            await worker
        except asyncio.CancelledError:
            return
        finally:
            follower.stop()
            await asyncio.to_thread(follower.join, 5)


def _follower(url: str) -> Follower:
    """The thread that has new values screened at once, beside the jobs."""
    from yuanjian.platform.clues.fresh import Follower

    follower = Follower(url)
    follower.start()
    return follower
