"""`yuanjian emissions`: the amounts an outlet of this installation emitted, as JSON."""

from __future__ import annotations

import argparse

from yuanjian import config
from yuanjian.errors import UserFault


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--outlet", type=int, required=True, help="id of the outlet in the register")
    parser.add_argument("--from", dest="start", required=True, help="Beijing day, e.g. 2026-10-01")
    parser.add_argument("--to", dest="end", required=True, help="likewise, not included")
    parser.add_argument("--every", choices=("day", "month", "year", "all"), default="month")


def run(settings: config.Settings, given: argparse.Namespace) -> int:
    """Print the amounts; raises `UserFault` for an unknown outlet or a bad window."""
    from yuanjian.cli import borrow, models

    window = borrow.instant(given.start), borrow.instant(given.end)
    with models.platform(settings):
        from django.core.serializers.json import DjangoJSONEncoder

        from yuanjian.platform.monitoring.emissions import amounts
        from yuanjian.platform.registry.models import Outlet

        outlet = Outlet.objects.filter(pk=given.outlet).first()
        if outlet is None:
            raise UserFault("cli.no_outlet", f"没有排放口 {given.outlet}", f"no outlet {given.outlet}")
        answer = amounts(outlet, *window, given.every)
        print(DjangoJSONEncoder(ensure_ascii=False, indent=1).encode(answer))
    return 0
