"""Which emission limit holds: by permit first, then by standard, by date; and how a finding names it.

Order: the permit's own limit is binding (Ecological Environment Code art. 1107); a standard fills the gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from yuanjian.clock import beijing_day
from yuanjian.screening.ports import Limit, OutletContext

ORIGINS = {"permit": "许可限值", "standard": "排放标准限值"}
DAY = timedelta(days=1)


def holds(limit: Limit, on: date) -> bool:
    """Is it in force on that day? Its last day counts."""
    return limit.valid_from <= on and (limit.valid_to is None or on <= limit.valid_to)


def by_origin(limits: Iterable[Limit]) -> list[Limit]:
    """Those of standards first, so that the permit's come last and hold where the last one is taken."""
    return sorted(limits, key=lambda limit: limit.origin == "permit")


def strictest(
    limits: Iterable[Limit], factor: str | None, averaging: Sequence[str], on: date
) -> Limit | None:
    """The upper limit of a factor on a day, for the first of the averagings that has one.

    Permit limits go before those of standards, however strict; among equals the lowest holds.
    """
    held = [item for item in limits if item.factor == factor and item.high is not None and holds(item, on)]
    for kind in averaging:
        chosen = [limit for limit in held if limit.averaging == kind]
        if chosen:
            return min(chosen, key=lambda limit: (limit.origin != "permit", limit.high or 0.0))
    return None


def changes(limits: Iterable[Limit], first: date, last: date) -> list[date]:
    """``first``, and the days after it up to ``last`` from which on other limits may hold."""
    listed = list(limits)
    starts = {limit.valid_from for limit in listed}
    starts |= {limit.valid_to + DAY for limit in listed if limit.valid_to is not None}
    return [first, *sorted(start for start in starts if first < start <= last)]


def behind(
    outlet: OutletContext,
    factors: Iterable[str | None],
    averagings: Iterable[Sequence[str]],
    span: tuple[datetime, datetime],
) -> list[Limit]:
    """The limits a statement about these factors and this time rests on, each once.

    What is not a factor of the outlet (a meter, the outlet itself) is judged by all the outlet's limits.
    """
    own = {limit.factor for limit in outlet.limits}
    asked = set(factors)
    wanted = sorted(own & asked) if asked <= {*outlet.factors} else sorted(own)
    days = changes(outlet.limits, beijing_day(span[0]), beijing_day(span[1]))
    found = (
        strictest(outlet.limits, factor, averaging, day)
        for averaging in averagings
        for factor in wanted
        for day in days
    )
    return list(dict.fromkeys(limit for limit in found if limit is not None))


def text(limit: Limit) -> str:
    """What a finding says of a limit it rests on: name, origin, and how sure the number is."""
    said = f"限值依据：{limit.basis}（{ORIGINS[limit.origin]}"
    if limit.confirmed_by:
        said += f"，已由{limit.confirmed_by}核实"
    elif limit.unconfirmed:
        said += f"，资料等级 {limit.certainty}，待核实，核实前不作一级判定"
    elif limit.certainty != "A":
        said += f"，资料等级 {limit.certainty}"
    return f"{said}）"


ORIGINS_EN = {"许可限值": "permit", "排放标准限值": "standard"}
_SAID = re.compile(
    r"限值依据：(?P<basis>.*)（(?P<origin>许可限值|排放标准限值)"
    r"(?:，已由(?P<who>.*)核实)?(?:，资料等级 (?P<mark>[A-D]-?)(?P<waits>，待核实，核实前不作一级判定)?)?）"
)


def in_english(said: str) -> str:
    """A stored `text` in English, names as they are; anything else stays as it is."""
    if (found := _SAID.fullmatch(said)) is None:
        return said
    parts = (
        ORIGINS_EN[found["origin"]],
        f"confirmed by {found['who']}" if found["who"] else "",
        f"certainty {found['mark']}" if found["mark"] else "",
        "to be confirmed, no level 1 until then" if found["waits"] else "",
    )
    return f"limit by {found['basis']} ({', '.join(filter(None, parts))})"
