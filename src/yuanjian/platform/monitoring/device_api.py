"""Endpoints of single loggers: what they are, what they sent, what may be asked of them and set for them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Path, Query, Router

from yuanjian.platform.common.api import PageIn, Signed, fast
from yuanjian.platform.monitoring import commands, device_settings, devices, journal
from yuanjian.platform.monitoring.device_schemas import (
    ActivationIn,
    Activations,
    CommandIn,
    CommandRow,
    CommandRows,
    DeviceDetail,
    DeviceFrames,
    Gaps,
    KeyIn,
    Profiles,
    SettingsIn,
)
from yuanjian.platform.registry import codes
from yuanjian.wire.hj212 import Standard

router = Router(tags=["devices"])


@router.get("/devices/{mn}", response=DeviceDetail, auth=Signed("links.view"))
def get_device(request: HttpRequest, mn: str = Path(max_length=64)) -> Any:
    """One data logger: link, settings, what is wrong with it, its last commands."""
    return fast(devices.detail(request.user, mn))


@router.get("/devices/{mn}/frames", response=DeviceFrames, auth=Signed("links.view"))
def list_frames(
    request: HttpRequest, mn: str = Path(max_length=64), size: int = Query(30, ge=1, le=200)
) -> Any:
    """What a logger sent last."""
    devices.find(request.user, mn)
    found = journal.last_frames(mn, size)
    return fast({"items": found, "total": len(found)})


@router.get("/devices/{mn}/gaps", response=Gaps, auth=Signed("links.view"))
def list_gaps(request: HttpRequest, mn: str = Path(max_length=64)) -> Any:
    """Hours of two days and minutes of six hours that never came, and the requests for them."""
    return fast(devices.gaps(request.user, mn))


@router.get("/devices/{mn}/commands", response=CommandRows, auth=Signed("links.view"))
def list_commands(request: HttpRequest, page: Query[PageIn], mn: str = Path(max_length=64)) -> Any:
    """The commands sent to a logger or waiting for it, newest first."""
    devices.find(request.user, mn)
    found, total = commands.rows(mn, page.size, page.window.start)
    return fast({"items": found, "total": total})


@router.post("/devices/{mn}/commands", response=CommandRow, auth=Signed("devices.command"))
def send_command(request: HttpRequest, body: CommandIn, mn: str = Path(max_length=64)) -> Any:
    """Queue a command; it is sent when the logger is connected, one at a time."""
    devices.find(request.user, mn)
    standard = devices.standard_of(mn)
    return fast(commands.ask(request.user, mn, standard, body.cn, dict(body.params), body.st, body.reason))


@router.put("/devices/{mn}/settings", response=DeviceDetail, auth=Signed("registry.write"))
def put_settings(request: HttpRequest, body: SettingsIn, mn: str = Path(max_length=64)) -> Any:
    """Set version, profile, tolerance and timers of a registered logger."""
    given = body.dict()
    reason = given.pop("reason")
    wanted = device_settings.Settings(**(given | {"tolerate": tuple(sorted(set(given["tolerate"])))}))
    device_settings.save(request.user, mn, wanted, reason)
    return fast(devices.detail(request.user, mn))


@router.post("/devices/{mn}/key", response=DeviceDetail, auth=Signed("registry.write"))
def put_key(request: HttpRequest, body: KeyIn, mn: str = Path(max_length=64)) -> Any:
    """Set the SM4 key of a registered logger, or remove it; it is never shown again."""
    if body.key is None:
        device_settings.remove_key(request.user, mn, body.reason)
    else:
        device_settings.set_key(request.user, mn, body.key, body.reason)
    return fast(devices.detail(request.user, mn))


@router.get("/activations", response=Activations, auth=Signed("registry.write"))
def list_activations(request: HttpRequest) -> Any:
    """Loggers of 2025 that ask for an MN."""
    found = device_settings.activations(request.user)
    return fast({"items": found, "total": len(found)})


@router.post("/activations/{hardware}", response=Activations, auth=Signed("registry.write"))
def assign(request: HttpRequest, body: ActivationIn, hardware: str = Path(max_length=64)) -> Any:
    """Assign an MN to a logger by its hardware number; it is told at its next request."""
    device_settings.activate(request.user, hardware, body.mn, body.reason)
    return list_activations(request)


@router.get("/profiles", response=Profiles, auth=Signed("links.view"))
def list_profiles(request: HttpRequest) -> Any:
    """The code profiles a device may be given."""
    book = codes.book()
    items = [
        {
            "name": profile.name,
            "name_zh": profile.name_zh,
            "name_en": profile.name_en,
            "note": profile.note,
            "collisions": len(book.collisions(Standard.V2025, profile.name)),
        }
        for profile in codes.profiles()
    ]
    return fast({"items": items, "total": len(items)})
