"""Endpoints of single loggers and of the transmission rate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from yuanjian.clock import BEIJING, utcnow
from yuanjian.platform.common.api import PageIn, Signed, fast
from yuanjian.platform.common.schemas import Instant, RowId
from yuanjian.platform.monitoring import devices, transmission
from yuanjian.platform.monitoring.device_schemas import (
    CommandIn,
    CommandRow,
    CommandRows,
    DeviceDetail,
    Transmission,
)
from yuanjian.platform.monitoring.transmission import By, Data, Every

router = Router(tags=["devices"])


@router.get("/devices/{mn}", response=DeviceDetail, auth=Signed("links.view"))
def get_device(request: HttpRequest, mn: str = Path(max_length=64)) -> Any:
    """One data logger: link, settings, what is wrong with it, its last commands."""
    return fast(devices.detail(request.user, mn))


@router.get("/devices/{mn}/commands", response=CommandRows, auth=Signed("links.view"))
def list_commands(request: HttpRequest, page: Query[PageIn], mn: str = Path(max_length=64)) -> Any:
    """The commands sent to a logger or waiting for it, newest first."""
    devices.find(request.user, mn)
    found, total = devices.commands(mn, page.size, page.window.start)
    return fast({"items": found, "total": total})


@router.post("/devices/{mn}/commands", response=CommandRow, auth=Signed("devices.command"))
def send_command(request: HttpRequest, body: CommandIn, mn: str = Path(max_length=64)) -> Any:
    """Queue a command; it is sent when the logger is connected, one at a time."""
    return fast(devices.ask(request.user, mn, body.cn, dict(body.params), body.st))


@router.get("/transmission", response=Transmission, auth=Signed("monitoring.view"))
def get_transmission(
    request: HttpRequest,
    page: Query[PageIn],
    by: By = "enterprise",
    every: Every = "all",
    data: Data = "hour",
    start: Instant | None = None,
    end: Instant | None = None,
    region: str = Query("", max_length=6),
    enterprise: RowId | None = None,
) -> Any:
    """Effective transmission rate with the causes of loss, worst first; default: the last seven days."""
    until = end or utcnow()
    today = until.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    found = transmission.rates(
        request.user,
        data=data,
        by=by,
        every=every,
        start=start or today - timedelta(days=7),
        end=until,
        region=region,
        enterprise=enterprise,
    )
    return fast(found | {"items": found["items"][page.window]})
