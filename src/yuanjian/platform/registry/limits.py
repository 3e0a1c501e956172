"""Writes of emission limits: by permit, by standard, ended, confirmed. Nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from yuanjian.platform.accounts.models import User
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, Refused
from yuanjian.platform.registry import codes, standards
from yuanjian.platform.registry.models import Limit, Origin, Outlet
from yuanjian.platform.registry.selectors import factor_name
from yuanjian.platform.registry.services import set_limit
from yuanjian.platform.registry.standards import Row

register_actions(
    {
        "registry.standard_applied": (
            "{actor} 套用 {standard}（{count} 项限值）",
            "{actor} applied {standard} ({count} limits)",
        ),
        "registry.limit_ended": (
            "{actor} 将 {name} 限值（{basis}）的截止日期设为 {until}",
            "{actor} ended the limit of {name} ({basis}) on {until}",
        ),
        "registry.limit_confirmed": (
            "{actor} 核实 {name} 限值（{basis}）：{reason}",
            "{actor} confirmed the limit of {name} ({basis}): {reason}",
        ),
    }
)


@dataclass(frozen=True)
class Applied:
    """What became of the rows: limits made, and row ids refused with the reason (`standards.REASONS`)."""

    made: list[Limit]
    refused: list[tuple[str, str]]


def set_permit_limit(actor: User | None, outlet: Outlet, *, factor: str, **fields: Any) -> Limit:
    """Enter a limit of the permit; `fields` as of `services.set_limit`, in the unit of the factor.

    Raises `Invalid` for a factor of another medium or unknown, or bounds or dates the wrong way round.
    """
    known = codes.factor(factor)
    if known is None or known.medium != outlet.medium:
        zh, en = f"{factor} 不是该排放口介质的因子", f"{factor} is no factor of the outlet's medium"
        raise Invalid("registry.limit_factor", zh, en)
    low, high = fields.get("low"), fields.get("high")
    if low is not None and high is not None and low >= high:
        raise Invalid("registry.limit_bounds", "下限须小于上限", "the low bound must be below the high one")
    _in_order(fields["valid_from"], fields.get("valid_to"))
    return set_limit(actor, outlet, factor=factor, unit=known.unit, **fields)


def _in_order(valid_from: date, valid_to: date | None) -> None:
    if valid_to is not None and valid_to < valid_from:
        raise Invalid(
            "registry.limit_dates", "截止日期不能早于生效日期", "a limit cannot end before it starts"
        )


@transaction.atomic
def apply_standard(
    actor: User | None,
    outlet: Outlet,
    row_ids: Sequence[str],
    *,
    valid_from: date,
    valid_to: date | None = None,
) -> Applied:
    """Make limits of an outlet from rows of the table; a row that cannot be judged is refused, with why."""
    _in_order(valid_from, valid_to)
    Outlet.objects.select_for_update().get(pk=outlet.pk)
    held = _rows_held(outlet, valid_from, valid_to)
    made: list[Limit] = []
    refused: list[tuple[str, str]] = []
    for row_id in dict.fromkeys(row_ids):
        row = standards.table().get(row_id)
        reason = _refusal(row, outlet, held, valid_to)
        if row is None or reason is not None:
            refused.append((row_id, reason or "unknown"))
        else:
            made.append(_limit_of(row, outlet, valid_from, valid_to, actor))
    Limit.objects.bulk_create(made)
    _tell(actor, outlet, made)
    return Applied(made, refused)


def _refusal(row: Row | None, outlet: Outlet, held: set[str], valid_to: date | None) -> str | None:
    if row is None:
        return "unknown"
    checks = {
        "medium": row.medium == outlet.medium,
        "dates": row.status != "superseded" or valid_to is not None,
        "twice": row.row not in held,
    }
    return row.refusal or next((reason for reason, passed in checks.items() if not passed), None)


def _rows_held(outlet: Outlet, first: date, last: date | None) -> set[str]:
    """Rows of the table the outlet has in some part of that time."""
    rows = outlet.limits.exclude(standard_row="").filter(Q(valid_to=None) | Q(valid_to__gte=first))
    if last is not None:
        rows = rows.filter(valid_from__lte=last)
    return set(rows.values_list("standard_row", flat=True))


def _limit_of(
    row: Row, outlet: Outlet, valid_from: date, valid_to: date | None, author: User | None
) -> Limit:
    return Limit(
        outlet=outlet,
        factor=row.factor or "",
        averaging=row.averaging,
        low=row.bound(row.low),
        high=row.bound(row.high),
        unit=row.factor_unit,
        o2_reference=float(row.o2) if row.o2 else None,
        basis=row.basis,
        valid_from=valid_from,
        valid_to=valid_to,
        origin=Origin.STANDARD,
        standard_row=row.row,
        certainty=row.certainty,
        author=author,
    )


def _tell(actor: User | None, outlet: Outlet, made: Iterable[Limit]) -> None:
    names: dict[str, list[str]] = {}
    for limit in made:
        standard = standards.table()[limit.standard_row].standard
        names.setdefault(standard, []).append(limit.standard_row)
    for standard, rows in names.items():
        record(actor, "registry.standard_applied", outlet, standard=standard, count=len(rows), rows=rows)


@transaction.atomic
def end_limit(actor: User | None, limit: Limit, *, valid_to: date) -> Limit:
    """Give a limit its last day; it stays in the register, for acts of its time are judged by it."""
    _in_order(limit.valid_from, valid_to)
    limit.valid_to = valid_to
    limit.save(update_fields=["valid_to"])
    said = {"name": factor_name(limit.factor), "basis": limit.basis, "until": valid_to.isoformat()}
    record(actor, "registry.limit_ended", limit.outlet, **said, limit=limit.pk)
    return limit


@transaction.atomic
def confirm_limit(actor: User, limit: Limit, *, reason: str) -> Limit:
    """A second person has compared the number with the text of the standard; now it counts in full."""
    if not limit.certainty.startswith("C") or limit.confirmed_by_id is not None:
        raise Refused(
            "registry.limit_sure", "该限值无需核实或已核实", "this limit needs no confirmation any more"
        )
    if limit.author_id == actor.pk:
        raise Refused(
            "registry.limit_second_person",
            "限值须由套用人以外的人核实",
            "somebody other than who applied the limit has to confirm it",
        )
    limit.confirmed_by = actor
    limit.save(update_fields=["confirmed_by"])
    said = {"name": factor_name(limit.factor), "basis": limit.basis, "reason": reason}
    record(actor, "registry.limit_confirmed", limit.outlet, **said, limit=limit.pk)
    return limit
