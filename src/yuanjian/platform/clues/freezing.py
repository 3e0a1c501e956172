"""The inputs of a clue at levels 1 and 2, kept exactly as they were: readings, raw frames, the claim itself.

Frozen when a clue is raised and again when a finding joins, gets worse or ends; earlier packages stay.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import polars as pl
from django.db import connection, transaction

from yuanjian.platform.clues.catalogue import entry
from yuanjian.platform.clues.models import ACTIVE, Clue, Finding
from yuanjian.platform.common.activity import record
from yuanjian.platform.evidence.models import Item, ItemKind
from yuanjian.platform.evidence.services import freeze
from yuanjian.platform.evidence.vault import Incoming
from yuanjian.platform.registry.models import Outlet
from yuanjian.platform.registry.selectors import outlet_contexts
from yuanjian.series import SeriesStore

AROUND = timedelta(hours=24)


def freeze_due(source: SeriesStore) -> int:
    """Freeze every active clue of level 1 or 2 whose findings are not frozen yet; returns how many clues."""
    due = Clue.objects.filter(state__in=ACTIVE, level__lte=2, frozen_due=True).order_by("id")
    return sum(freeze_clue(clue_id, source) for clue_id in due.values_list("pk", flat=True))


@transaction.atomic
def freeze_clue(clue_id: int, source: SeriesStore) -> bool:
    """Freeze one clue; False if its findings are as they were when last frozen."""
    clue = Clue.objects.select_for_update(of=("self",)).select_related("outlet").get(pk=clue_id)
    findings = list(clue.findings.order_by("level", "start", "id"))
    mark = mark_of(findings)
    changed = mark != clue.frozen_mark
    if changed:
        items = list(_package(clue, findings, source))
        clue.evidence.add(*items)
        record(None, "clues.frozen", clue, files=len(items), sha256=[item.sha256 for item in items])
    clue.frozen_mark, clue.frozen_due = mark, False
    clue.save(update_fields=["frozen_mark", "frozen_due"])
    return changed


def mark_of(findings: Sequence[Finding]) -> str:
    """What a package stands for: which findings, at which level, still going on or ended."""
    said = sorted((finding.key, finding.level, finding.open) for finding in findings)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _package(clue: Clue, findings: Sequence[Finding], source: SeriesStore) -> Iterator[Item]:
    points = list(clue.outlet.points.order_by("id").values_list("pk", flat=True))
    readings = _used_readings(points, findings, source)
    events = source.events(points, start=clue.first_at - AROUND, end=clue.last_at + AROUND)
    frames = _frames(readings)
    counts = {"readings": readings.height, "raw_frames": len(frames), "events": events.to_dicts()}
    yield freeze(_claims(clue, findings) | counts, f"{clue.number}-findings", region_code=clue.region_code)
    if readings.height:
        buffer = io.BytesIO()
        readings.write_parquet(buffer)
        yield _keep(clue, ItemKind.FROZEN_INPUT, "readings.parquet", PARQUET, buffer.getvalue())
    if frames:
        lines = "".join(json.dumps(frame, ensure_ascii=False) + "\n" for frame in frames)
        yield _keep(clue, ItemKind.RAW_FRAMES, "frames.jsonl", JSON_LINES, lines.encode())


PARQUET, JSON_LINES = "application/vnd.apache.parquet", "application/x-ndjson"


def _used_readings(points: Sequence[int], findings: Sequence[Finding], source: SeriesStore) -> pl.DataFrame:
    """For each finding the cadences its model reads, a day around its own window (not the clue's)."""
    parts = [
        source.readings(points, cadence=cadence, start=finding.start - AROUND, end=finding.end + AROUND)
        for finding in findings
        for cadence in _cadences(finding)
    ]
    key = ["point", "factor", "cadence", "time"]
    return pl.concat(parts).unique(key, keep="first").sort(key)


def _cadences(finding: Finding) -> list[str]:
    """Hours, which every model and every reader looks at, and minutes if the model reads power or flow."""
    model = entry(finding.model_id)
    return ["hour", "minute"] if model and {"power_step", "flow_step"} & set(model.inputs) else ["hour"]


def _frames(readings: pl.DataFrame) -> list[dict[str, Any]]:
    """The journal rows the readings came from; `raw` in latin-1, so encoding it again gives the bytes."""
    used = readings.select("shard", "seq").unique().sort("shard", "seq")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shard, seq, received_at, peer, mn, raw FROM intake.frame "
            "JOIN unnest(%s::smallint[], %s::bigint[]) AS used(shard, seq) USING (shard, seq) "
            "ORDER BY shard, seq",
            [used["shard"].to_list(), used["seq"].to_list()],
        )
        return [_frame(row) for row in cursor.fetchall()]


def _frame(row: tuple[Any, ...]) -> dict[str, Any]:
    shard, seq, received_at, peer, mn, raw = row
    text = bytes(raw).decode("latin-1")
    return {
        "shard": shard,
        "seq": seq,
        "received_at": received_at.isoformat(),
        "peer": peer,
        "mn": mn,
        "raw": text,
    }


def _claims(clue: Clue, findings: Sequence[Finding]) -> dict[str, Any]:
    """The claims with model version and hash, thresholds and exclusions, and the limits of the outlet."""
    contexts = outlet_contexts(Outlet.objects.filter(pk=clue.outlet_id))
    limits = [limit for context in contexts for limit in context.limits]
    columns = [
        field.attname for field in Finding._meta.concrete_fields if field.name not in {"clue", "created_at"}
    ]
    return {
        "clue": clue.number,
        "outlet": clue.outlet_id,
        "level": clue.level,
        "window": [clue.first_at - AROUND, clue.last_at + AROUND],
        "findings": [{name: getattr(finding, name) for name in columns} for finding in findings],
        "limits": [
            {name: _plain(getattr(limit, name)) for name in limit.__dataclass_fields__} for limit in limits
        ],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _keep(clue: Clue, kind: Any, name: str, media: str, data: bytes) -> Item:
    with Incoming() as incoming:
        incoming.write([data])
        kept = incoming.keep()
    # Of no enterprise: what a falsification clue rests on is not shown before the check.
    return Item.objects.create(
        kind=kind,
        name=f"{clue.number}-{name}",
        content_type=media,
        region_code=clue.region_code,
        sha256=kept.sha256,
        size=kept.size,
        path=kept.path,
    )
