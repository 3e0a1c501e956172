"""The one write of this app: take a delivery, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from yuanjian.clock import utcnow
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.scope import COUNTRY
from yuanjian.platform.common.sql import rows as sql_rows
from yuanjian.platform.exchange import access, tabular
from yuanjian.platform.exchange.checking import Checked, Checker, Refusal, digest
from yuanjian.platform.exchange.models import Batch, Record, RefusedRow
from yuanjian.screening.records import KINDS

register_actions(
    {
        "exchange.delivered": (
            "{actor} 报送{title} {rows} 行：接收 {accepted}，重复 {known}，退回 {refused}",
            "{actor} delivered {rows} rows of {title_en}: {accepted} new, {known} known, {refused} refused",
        )
    }
)
AT_ONCE = 2000
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('exchange.' || firm)) FROM unnest(%s::bigint[]) AS firm"


@dataclass
class _Sorted:
    """The rows of a delivery, each in one of three places."""

    accepted: list[Checked] = field(default_factory=list)
    known: int = 0
    refused: list[tuple[int, Mapping[str, Any], Refusal]] = field(default_factory=list)


@transaction.atomic
def deliver(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    actor: Any,
    source: str,
    *,
    file_name: str = "",
    sha256: str = "",
) -> Batch:
    """Take rows of a kind: what is a record is kept, what is not is kept as refused, with the reason.

    A row has the columns of `screening.records.KINDS[kind]` and `enterprise` (credit code or id; an
    enterprise user may leave out his own), `outlet` (permit code), `start`, `end` (Beijing wall time or
    ISO 8601 with a zone), `external_id`; headers may be Chinese. A row with the external number of an
    earlier one corrects it, one that says the same is known already. `actor` None: the platform itself.
    Raises `NotFound`, `Forbidden`, `TooLarge`.
    """
    access.require_delivery(actor, kind)
    tabular.few_enough(rows)
    checker = Checker(kind, actor, rows)
    sorted_ = _Sorted()
    checked: list[tuple[int, Mapping[str, Any], Checked]] = []
    for number, row in enumerate(rows, 1):
        try:
            checked.append((number, row, checker.check(row)))
        except Refusal as refusal:
            sorted_.refused.append((number, row, refusal))
    _against_the_kept(kind, actor, checked, sorted_)
    batch = _batch(kind, actor, source, len(rows), sorted_, file_name, sha256 or digest(list(rows)))
    _keep(batch, sorted_)
    counts = {name: getattr(batch, name) for name in ("rows", "accepted", "known", "refused")}
    about = KINDS[kind]
    record(actor, "exchange.delivered", batch, title=about.zh, title_en=about.en, **counts)
    return batch


def _against_the_kept(
    kind: str, actor: Any, checked: Sequence[tuple[int, Mapping[str, Any], Checked]], into: _Sorted
) -> None:
    """Tell new rows and corrections from what is known; an enterprise may not correct the authorities."""
    current = _current(kind, [item for _, _, item in checked])
    for number, row, item in checked:
        key = (item.enterprise, item.external_id)
        before = current.get(key)
        said = (item.outlet, item.start, item.end, item.data)
        if before is not None and before[0] == said:
            into.known += 1
        elif before is not None and access.is_enterprise(actor) and not before[1]:
            zh, en = (
                "该记录由主管部门报送，企业不能更正",
                "the authorities delivered it, you cannot correct it",
            )
            into.refused.append((number, row, Refusal("not_yours", "external_id", zh, en)))
        else:
            into.accepted.append(item)
            current[key] = (said, access.is_enterprise(actor))
    into.refused.sort(key=lambda refused: refused[0])


def _current(kind: str, items: Sequence[Checked]) -> dict[tuple[int, str], tuple[tuple[Any, ...], bool]]:
    """What is kept under the numbers of some rows, and whether an enterprise said so. Locks until the end."""
    if not items:
        return {}
    # Two deliveries of the same kind by the same enterprise would both find nothing.
    firms = sorted({item.enterprise for item in items})
    sql_rows(_LOCK, [firms])
    kept = Record.objects.filter(
        kind=kind, enterprise__in=firms, external_id__in={item.external_id for item in items}
    )
    newest = kept.order_by("enterprise_id", "kind", "external_id", "-id")
    newest = newest.distinct("enterprise_id", "kind", "external_id").select_related("author")
    return {
        (row.enterprise_id, row.external_id): (
            (row.outlet_id, row.start, row.end, row.data),
            access.is_enterprise(row.author),
        )
        for row in newest.iterator(AT_ONCE)
    }


def _batch(
    kind: str, actor: Any, source: str, rows: int, found: _Sorted, file_name: str, sha256: str
) -> Batch:
    enterprise = actor.enterprise if access.is_enterprise(actor) else None
    region = enterprise.region_code if enterprise else (actor and actor.region_code) or COUNTRY
    return Batch.objects.create(
        kind=kind,
        source=source[:32],
        file_name=file_name[:200],
        sha256=sha256,
        rows=rows,
        accepted=len(found.accepted),
        known=found.known,
        refused=len(found.refused),
        enterprise=enterprise,
        author=actor,
        region_code=region,
        received_at=utcnow(),
    )


def _keep(batch: Batch, found: _Sorted) -> None:
    records = [
        Record(
            kind=batch.kind,
            enterprise_id=item.enterprise,
            outlet_id=item.outlet,
            region_code=item.region,
            start=item.start,
            end=item.end,
            data=item.data,
            source=batch.source,
            author=batch.author,
            received_at=batch.received_at,
            batch=batch,
            external_id=item.external_id,
        )
        for item in found.accepted
    ]
    Record.objects.bulk_create(records, batch_size=AT_ONCE)
    refused = [
        RefusedRow(
            batch=batch, number=number, code=why.code, column=why.column, message=why.zh[:300],
            message_en=why.en[:300], row=dict(row),
        )
        for number, row, why in found.refused
    ]  # fmt: skip
    RefusedRow.objects.bulk_create(refused, batch_size=AT_ONCE)
