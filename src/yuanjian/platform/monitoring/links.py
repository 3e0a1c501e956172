"""The state of every data logger's link, registered or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings

from yuanjian.clock import utcnow
from yuanjian.platform.accounts.models import User
from yuanjian.platform.accounts.permissions import can
from yuanjian.platform.common import sql
from yuanjian.platform.common.scope import scope_sql
from yuanjian.platform.monitoring import problems
from yuanjian.platform.monitoring.faults import fault_text
from yuanjian.platform.registry.models import Enterprise

STATES = {
    "online": "在线",
    "silent": "无有效数据",
    "offline": "离线",
    "never": "从未上线",
    "unregistered": "未登记",
}

# One row per MN that is registered or has sent. Online is judged by the last valid frame, not by the
# socket: some loggers connect for every upload.
_LINKS = """
    SELECT coalesce(d.mn, l.mn) AS mn, d.mn IS NOT NULL AS known, d.enterprise_id, e.name AS enterprise_name,
        coalesce(l.standard, d.standard) AS standard, l.last_frame_at, l.last_valid_at,
        coalesce(l.frames, 0) AS frames, coalesce(l.faults, 0) AS faults,
        coalesce(l.duplicates, 0) AS duplicates, coalesce(l.skipped, 0) AS skipped, l.skip_fault,
        l.skipped_at, l.peer, l.clock_skew_s, l.seal, coalesce(l.clear, 0) AS clear,
        CASE WHEN d.mn IS NULL THEN 'unregistered'
             WHEN l.last_frame_at IS NULL THEN 'never'
             WHEN l.last_valid_at >= %s THEN 'online'
             WHEN l.connected THEN 'silent'
             ELSE 'offline' END AS state,
        {tests} AS problems
    FROM registry_datalogger d
    FULL JOIN intake.link l ON l.mn = d.mn
    LEFT JOIN registry_enterprise e ON e.id = d.enterprise_id
    LEFT JOIN intake.device v ON v.mn = coalesce(d.mn, l.mn)
    WHERE {scope}
"""
_FITTING = "FROM ({links}) links WHERE (mn ILIKE %s OR enterprise_name ILIKE %s)"
_CHOSEN = f"{_FITTING} AND (%s = '' OR state = %s) AND (%s = '' OR %s = ANY(problems))"
_COUNTS = f"SELECT state, count(*) AS n {_FITTING} AND (%s = '' OR %s = ANY(problems)) GROUP BY state"
_WRONG = """
    SELECT problem, count(*) AS n FROM ({links}) links, unnest(problems) AS problem
    WHERE (mn ILIKE %s OR enterprise_name ILIKE %s) AND (%s = '' OR state = %s) GROUP BY problem
"""
_ONE = "SELECT * FROM ({links}) links WHERE mn = %s"
_PAGE = f"SELECT * {_CHOSEN} ORDER BY mn LIMIT %s OFFSET %s"


def _links(scope: str) -> str:
    return _LINKS.format(scope=scope, tests=problems.TESTS)


def _online_since() -> Any:
    return utcnow() - timedelta(seconds=settings.LINK_ONLINE_SECONDS)


def mn_scope(user: User) -> tuple[str, list[Any]]:
    """Which MNs a user sees: those registered in his scope, and unregistered ones if he may adopt them.

    A condition on `registry_datalogger d`, outer-joined.
    """
    condition, params = scope_sql(user, "d.region_code", "d.enterprise_id")
    if can(user, "registry.adopt"):
        condition = f"(d.mn IS NULL OR {condition})"
    else:
        condition = f"(d.mn IS NOT NULL AND {condition})"
    return condition, params


def page(user: User, *, state: str, q: str, window: slice, problem: str = "") -> dict[str, Any]:
    """One page of links, the number of all that fit, and how many there are of each state and problem."""
    condition, params = mn_scope(user)
    found = _links(condition)
    like = f"%{_escaped(q)}%"
    args = [_online_since(), *params, like, like]
    counted = sql.rows(_COUNTS.format(links=found), [*args, problem, problem])
    summary = dict.fromkeys(STATES, 0) | {row["state"]: row["n"] for row in counted}
    chosen = [state, state, problem, problem, window.stop - window.start, window.start]
    rows = sql.rows(_PAGE.format(links=found), [*args, *chosen])
    total = summary[state] if state else sum(summary.values())
    wrong = {row["problem"]: row["n"] for row in sql.rows(_WRONG.format(links=found), [*args, state, state])}
    met = [problems.said(code) | {"n": wrong[code]} for code in problems.PROBLEMS if code in wrong]
    return {"items": [_row(row) for row in rows], "total": total, "summary": summary, "problems": met}


def one(user: User, mn: str) -> dict[str, Any] | None:
    """The link of one MN the user may see."""
    condition, params = mn_scope(user)
    row = sql.one(_ONE.format(links=_links(condition)), [_online_since(), *params, mn])
    return _row(row) if row else None


def summary(user: User) -> dict[str, int]:
    """How many links there are of each state."""
    counts: dict[str, int] = page(user, state="", q="", window=slice(0, 0))["summary"]
    return counts


def rows_of(enterprise: Enterprise) -> list[dict[str, Any]]:
    """The links of one enterprise's loggers."""
    query = _links("d.enterprise_id = %s ORDER BY d.mn")
    return [_row(row) for row in sql.rows(query, [_online_since(), enterprise.pk])]


def online_by_enterprise(ids: Sequence[int]) -> dict[int, bool]:
    """For each of the enterprises that has a logger: is one of them online?"""
    found = sql.rows(
        "SELECT d.enterprise_id, bool_or(coalesce(l.last_valid_at >= %s, false)) AS online "
        "FROM registry_datalogger d LEFT JOIN intake.link l ON l.mn = d.mn "
        "WHERE d.enterprise_id = ANY(%s) GROUP BY d.enterprise_id",
        [_online_since(), list(ids)],
    )
    return {row["enterprise_id"]: row["online"] for row in found}


def _escaped(q: str) -> str:
    return q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _row(row: dict[str, Any]) -> dict[str, Any]:
    pk, name = row.pop("enterprise_id"), row.pop("enterprise_name")
    said = fault_text(code) if (code := row.pop("skip_fault")) else {"text": None, "text_en": None}
    row |= {"skip_fault_text": said["text"], "skip_fault_text_en": said["text_en"]}
    row["problems"] = [problems.said(code) for code in row["problems"]]
    return {**row, "enterprise": {"id": pk, "name": name} if pk else None, "state_text": STATES[row["state"]]}
