"""Reads of records: for the screening engine, for the pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from yuanjian.platform.exchange.access import visible_kinds
from yuanjian.platform.exchange.checking import BASE_COLUMNS, NUMBER, REASON, columns, heading
from yuanjian.platform.exchange.models import Batch, Record, RefusedRow
from yuanjian.platform.inspections import selectors as inspections
from yuanjian.platform.registry.models import Outlet
from yuanjian.screening import records as screening
from yuanjian.screening.records import KINDS, Column

COMMITTING = timedelta(minutes=15)
"""A delivery becomes visible later than it is stamped; no transaction takes longer than this."""


def newest_of(rows: QuerySet[Record]) -> QuerySet[Record]:
    """Without the rows that a newer one supersedes."""
    same = {name: OuterRef(name) for name in ("enterprise_id", "kind", "external_id")}
    return rows.exclude(Exists(Record.objects.filter(**same, id__gt=OuterRef("id"))))


# --- for the engine --------------------------------------------------------------------------------------


def records(kind: str, enterprises: Sequence[int], start: datetime, end: datetime) -> pl.DataFrame:
    """Records of a kind that touch ``[start, end)``, as `screening.records.frame` has them.

    Finished inspections of our own officers are visits, too (their ids are negative).
    """
    rows = Record.objects.filter(kind=kind, enterprise__in=enterprises, start__lt=end, end__gte=start)
    told = [_told(row) for row in newest_of(rows).order_by("start", "id").values(*_PLAIN)]
    if kind == "visit":
        told += [_visit(row) for row in inspections.finished(enterprises, start, end)]
    return screening.frame(kind, told)


_PLAIN = ("id", "enterprise_id", "outlet_id", "start", "end", "received_at", "source", "data", "kind")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    times = {name for name, column in KINDS[row["kind"]].columns.items() if column.type == "time"}
    data = {
        name: datetime.fromisoformat(value) if name in times else value for name, value in row["data"].items()
    }
    return data | {
        **{name: row[name] for name in ("id", "start", "end", "source")},
        "enterprise": row["enterprise_id"],
        "outlet": row["outlet_id"],
        "received": row["received_at"],
    }


def _visit(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": -row["id"],
        "enterprise": row["enterprise_id"],
        "outlet": None,
        "start": row["started_at"],
        "end": row["finished_at"],
        "received": row["finished_at"],
        "source": "inspection",
        "purpose": row["order__title"],
    }


def delivered() -> dict[int, frozenset[str]]:
    """Kinds somebody delivers, by outlet: about it or about all of its enterprise; three queries."""
    of_firm: dict[int, set[str]] = defaultdict(set)
    found: dict[int, set[str]] = defaultdict(set)
    told = Record.objects.order_by().values_list("enterprise_id", "outlet_id", "kind").distinct()
    for firm, outlet, kind in told:
        (of_firm[firm] if outlet is None else found[outlet]).add(kind)
    for firm in inspections.visited():
        of_firm[firm].add("visit")
    for outlet, firm in Outlet.objects.filter(enterprise__in=of_firm).values_list("pk", "enterprise_id"):
        found[outlet] |= of_firm[firm]
    return {outlet: frozenset(kinds) for outlet, kinds in found.items()}


def touched(kinds: Collection[str], since: datetime | None, earliest: datetime) -> datetime | None:
    """The earliest instant that records of these kinds, received since a run began, tell about."""
    rows = Record.objects.filter(kind__in=kinds, end__gte=earliest)
    if since is not None:
        rows = rows.filter(received_at__gte=since - COMMITTING)
    first: datetime | None = rows.aggregate(first=Min("start"))["first"]
    return first


# --- for the pages ---------------------------------------------------------------------------------------


def kinds(user: Any) -> list[dict[str, Any]]:
    """The kinds a user may see, with their columns and how many records of them he sees; one query."""
    counted = Record.objects.visible_to(user).order_by().values_list("kind").annotate(n=Count("id"))
    counts = dict(counted)
    return [_kind(kind, counts.get(kind, 0)) for kind in visible_kinds(user)]


def _kind(kind: str, count: int) -> dict[str, Any]:
    about = KINDS[kind]
    return {
        "kind": kind,
        "title": about.zh,
        "title_en": about.en,
        "of_outlet": about.of_outlet,
        "lasting": about.lasting,
        "by_enterprise": about.by_enterprise,
        "columns": [_column(name, column) for name, column in columns(kind).items()],
        "count": count,
    }


def _column(name: str, column: Column) -> dict[str, Any]:
    return {
        "name": name,
        "title": column.zh,
        "title_en": column.en,
        "type": "factor" if name == "factor" else column.type,
        "unit": column.unit,
        "required": column.required,
        "own": name not in BASE_COLUMNS,
        "choices": [{"code": code, "title": zh, "title_en": en} for code, (zh, en) in column.choices.items()],
    }


def record_rows(rows: QuerySet[Record]) -> list[dict[str, Any]]:
    """`RecordRow`s in the order of the query set; one query."""
    newer = Record.objects.filter(
        **{name: OuterRef(name) for name in ("enterprise_id", "kind", "external_id")}, id__gt=OuterRef("id")
    )
    found = rows.annotate(superseded=Exists(newer)).values(*_SHOWN)
    return [_row(row) for row in found]


_SHOWN = (
    *_PLAIN, "superseded", "external_id", "batch_id", "enterprise__name", "enterprise__short_name",
    "outlet__code", "outlet__name", "author__name",
)  # fmt: skip


def _row(row: dict[str, Any]) -> dict[str, Any]:
    name = row["enterprise__short_name"] or row["enterprise__name"]
    outlet = {"id": row["outlet_id"], "code": row["outlet__code"], "name": row["outlet__name"]}
    plain = ("id", "kind", "start", "end", "received_at", "source", "data", "superseded", "batch_id")
    own_number = row["external_id"]
    return {
        **{key: row[key] for key in plain},
        "enterprise": {"id": row["enterprise_id"], "name": name},
        "outlet": outlet if row["outlet_id"] else None,
        "author": row["author__name"] or "",
        "external_id": "" if own_number.startswith("#") else own_number,
    }


def records_of(user: Any, enterprise: int, limit: int = 20) -> list[dict[str, Any]]:
    """The newest records of an enterprise that a user may see, of all kinds."""
    rows = Record.objects.visible_to(user).filter(enterprise=enterprise, kind__in=visible_kinds(user))
    return record_rows(newest_of(rows).order_by("-id")[:limit])


def batch_rows(rows: QuerySet[Batch]) -> list[dict[str, Any]]:
    """`BatchRow`s in the order of the query set; one query."""
    return [
        {
            **{key: row[key] for key in _BATCH},
            "title": zh,
            "title_en": en,
            "author": row["author__name"] or "",
        }
        for row in rows.values(*_BATCH, "author__name")
        for zh, en in [(KINDS[row["kind"]].zh, KINDS[row["kind"]].en)]
    ]


_BATCH = (
    "id", "kind", "source", "file_name", "sha256", "rows", "accepted", "known", "refused", "received_at",
)  # fmt: skip


def batch_detail(batch: Batch, most: int = 200) -> dict[str, Any]:
    """A delivery with its first refused rows."""
    rows = RefusedRow.objects.filter(batch=batch).order_by("number")[:most]
    shown = ("number", "code", "column", "message", "message_en", "row")
    return batch_rows(Batch.objects.filter(pk=batch.pk))[0] | {"refused_rows": list(rows.values(*shown))}


def template(kind: str) -> list[str]:
    """The Chinese headers of a kind."""
    return [heading(column) for column in columns(kind).values()]


def refused_table(batch: Batch) -> tuple[list[str], Iterator[dict[str, Any]]]:
    """Header and rows of what was refused, as delivered, each with its number and what is wrong."""
    rows = RefusedRow.objects.filter(batch=batch).order_by("number")
    header: dict[str, None] = {}
    for row in rows.values_list("row", flat=True).iterator(2000):
        header |= dict.fromkeys(row)
    told = ({**row.row, NUMBER: row.number, REASON: row.message} for row in rows.iterator(2000))
    return [*(name for name in header if name not in {NUMBER, REASON}), NUMBER, REASON], told
