"""One data logger as its keeper sees it: link, settings, what is wrong with it, commands, gaps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from yuanjian.clock import from_beijing, utcnow
from yuanjian.ingest.gaps import BY, KINDS, SETTLED, Kind, missing, step_of
from yuanjian.platform.accounts.models import User
from yuanjian.platform.common import sql
from yuanjian.platform.common.activity import timeline
from yuanjian.platform.common.errors import not_found
from yuanjian.platform.monitoring import commands, links, problems
from yuanjian.platform.monitoring.store import store
from yuanjian.platform.registry import routes
from yuanjian.platform.registry.geography import divisions
from yuanjian.platform.registry.models import DataLogger
from yuanjian.platform.registry.selectors import factor_name, factor_name_en
from yuanjian.wire.hj212 import InfoCode, Standard
from yuanjian.wire.hj212.codes import shipped_codes

DEFAULTS = {"profile": None, "allow_clear": True, "over_time": 10.0, "re_count": 3}
SHOWN = 10  # commands of the page's first look
LIKE = 2  # characters by which two MNs may differ and still be taken for a slip of the pen

_DEVICE = """
SELECT l.standard AS claimed, l.seal, l.clear, l.tolerated, l.crc_faults, l.rivals, l.rival_peer, l.rival_at,
    l.stranger_peer, l.connected, l.connected_at, d.standard, d.profile,
    d.key_current IS NOT NULL AS has_key, d.key_made_at,
    d.key_previous IS NOT NULL AS has_previous_key, d.key_coming IS NOT NULL AS key_coming,
    d.tolerate, d.allow_clear, d.over_time, d.re_count
FROM (SELECT %s::text AS mn) m LEFT JOIN intake.link l USING (mn) LEFT JOIN intake.device d USING (mn)
"""
_CANDIDATES = """
SELECT d.mn, d.enterprise_id, e.name AS enterprise_name, split_part(l.peer, ':', 1) AS host
FROM registry_datalogger d JOIN registry_enterprise e ON e.id = d.enterprise_id
LEFT JOIN intake.link l ON l.mn = d.mn
WHERE coalesce(l.last_valid_at < now() - interval '1 hour', true) AND {scope}
"""
_SENT = "SELECT DISTINCT cadence FROM intake.latest WHERE point_id = %s"


def find(user: User, mn: str) -> dict[str, Any]:
    """The link row of an MN the user may see; raises `NotFound`."""
    row = links.one(user, mn)
    if row is None:
        raise not_found("数采仪不存在或无权查看", "No such logger, or not visible to you")
    return row


def standard_of(mn: str) -> Standard:
    """The version to speak with a device: as set for it, else as registered, else 2017."""
    row = sql.rows(_DEVICE, [mn])[0]
    logger = DataLogger.objects.filter(mn=mn).first()
    return Standard(row["standard"] or (logger.standard if logger else None) or row["claimed"] or "2017")


def detail(user: User, mn: str) -> dict[str, Any]:
    """Everything about one logger; never a key."""
    link = find(user, mn)
    row = sql.rows(_DEVICE, [mn])[0]
    logger = DataLogger.objects.filter(mn=mn).select_related("enterprise").first()
    standard = row["standard"] or (logger.standard if logger else None)
    seen = link["frames"] + link["faults"]
    crc_rate = (row["crc_faults"] or 0) / seen if seen else None
    figures = row | link | {"standard": standard, "crc_rate": crc_rate}
    spoken = Standard(standard or row["claimed"] or "2017")
    return {
        "link": link | {"problems": [problems.said(met["code"], figures) for met in link["problems"]]},
        "standard": standard,
        "claimed": row["claimed"],
        "identity": _identity(logger, mn),
        "settings": _settings(row),
        "connected": bool(row["connected"]),
        "connected_at": row["connected_at"],
        "crc_faults": row["crc_faults"] or 0,
        "crc_rate": crc_rate,
        "tolerated": row["tolerated"] or 0,
        "seal": row["seal"],
        "clear": row["clear"] or 0,
        "rival": {"frames": row["rivals"], "peer": row["rival_peer"], "at": row["rival_at"]}
        if row["rivals"]
        else None,
        "commands": commands.rows(mn, SHOWN, 0)[0],
        "offers": commands.offers(spoken),
        "infos": _infos(spoken, row["profile"]),
        "similar": [] if logger else _similar(user, mn, link["peer"]),
        "timeline": timeline(logger, 50)[::-1] if logger else [],
    }


def gaps(user: User, mn: str) -> dict[str, Any]:
    """What hour and minute data are missing now, and what was asked for; as ingest looks for them."""
    find(user, mn)
    logger = DataLogger.objects.filter(mn=mn).first()
    points = logger.points.order_by("id") if logger else []
    asked, _ = commands.rows(mn, 200, 0, BY)
    now, items = utcnow(), []
    for point in points:
        sent = {row["cadence"] for row in sql.rows(_SENT, [point.pk])}
        for kind in KINDS:
            if kind.cadence in sent:
                items += [_gap(point, kind, window, asked) for window in _windows(point.pk, kind, now)]
    items.sort(key=lambda gap: gap["start"], reverse=True)
    return {"items": items, "total": len(items), "requests": asked[:50]}


def _windows(point: int, kind: Kind, now: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    start = now - kind.back
    times = set(store().readings([point], cadence=kind.cadence, start=start, end=now)["time"])
    step = kind.step or step_of(times)
    if step is None:
        return []
    found = missing(times, start + step, now - step - SETTLED, step, kind.most)
    return [(first, last, step) for first, last in found]


def _gap(
    point: Any, kind: Kind, window: tuple[datetime, datetime, timedelta], asked: list[dict[str, Any]]
) -> dict[str, Any]:
    first, last, step = window
    tries = [row for row in asked if row["cn"] == kind.cn and row["st"] == point.st and _covers(row, first)]
    return {
        "point_id": point.pk,
        "point": point.name,
        "st": point.st,
        "cadence": kind.cadence,
        "cn": kind.cn,
        "start": first,
        "end": last + step,
        "last": last,
        "missing": (last - first) // step + 1,
        "tries": len(tries),
        "state": tries[0]["state"] if tries else None,
        "state_text": tries[0]["state_text"] if tries else None,
        "state_text_en": tries[0]["state_text_en"] if tries else None,
    }


def _covers(row: dict[str, Any], first: datetime) -> bool:
    begin, end = (
        from_beijing(datetime.strptime(str(row["params"][name]), "%Y%m%d%H%M%S"))  # noqa: DTZ007 - is wall time
        for name in ("BeginTime", "EndTime")
    )
    return begin <= first <= end


def _settings(row: dict[str, Any]) -> dict[str, Any]:
    found = {name: row[name] if row[name] is not None else usual for name, usual in DEFAULTS.items()}
    made = row["key_made_at"]
    return {
        **found,
        "standard": row["standard"],
        "tolerate": row["tolerate"] or [],
        "has_key": row["has_key"],
        "has_previous_key": row["has_previous_key"],
        "key_coming": row["key_coming"],
        "key_made_at": made,
        "key_age_days": (utcnow() - made).days if made is not None else None,
        "key_days": problems.KEY_DAYS,
    }


def _identity(logger: DataLogger | None, mn: str) -> dict[str, Any] | None:
    if logger is None:
        return None
    points = list(logger.points.select_related("outlet").order_by("id"))
    seen = routes.seen_factors([point.pk for point in points])
    region = divisions().get(logger.region_code)
    return {
        "vendor": logger.vendor,
        "standard": logger.standard,
        "region_name": region.name if region else logger.region_code,
        "points": [
            {
                "id": point.pk,
                "st": point.st,
                "kind": point.kind,
                "name": point.name,
                "outlet_id": point.outlet_id,
                "outlet": f"{point.outlet.code} {point.outlet.name}",
                "factors": [_factor(code) for code in seen.get(point.pk, ())],
            }
            for point in points
        ],
    }


def _factor(code: str) -> dict[str, str]:
    return {"code": code, "name": factor_name(code), "name_en": factor_name_en(code)}


def _infos(standard: Standard, profile: str | None) -> list[dict[str, str]]:
    """The information codes a device may be asked for (3020)."""
    layers = (
        {"2017"} | ({"2025"} if standard is Standard.V2025 else set()) | ({profile} if profile else set())
    )
    found = {
        code.code: {"code": code.code, "name": code.name_zh, "name_en": code.name_en}
        for layer, code in shipped_codes()
        if isinstance(code, InfoCode) and layer in layers
    }
    return list(found.values())


def _similar(user: User, mn: str, peer: str | None) -> list[dict[str, Any]]:
    """Registered loggers that are not heard of and may be the one that sends: by number or by address."""
    condition, params = links.mn_scope(user)
    host = (peer or "").rpartition(":")[0]
    found = []
    for row in sql.rows(_CANDIDATES.format(scope=condition), params):
        by_number = (
            len(row["mn"]) == len(mn) and sum(a != b for a, b in zip(row["mn"], mn, strict=True)) <= LIKE
        )
        by_address = bool(host) and row["host"] == host
        if by_number or by_address:
            enterprise = {"id": row["enterprise_id"], "name": row["enterprise_name"]}
            found.append(
                {"mn": row["mn"], "enterprise": enterprise, "by": "number" if by_number else "address"}
            )
    return sorted(found, key=lambda row: (row["by"] != "number", row["mn"]))[:5]
