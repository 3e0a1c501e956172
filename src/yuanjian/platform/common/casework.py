"""What clues, notices, orders and rectifications share: tables of allowed transitions.

A `Machine` is read, never subclassed: each noun lists who may do what, from which state, under which
conditions, and where it leads. A refused action names every unmet condition with a stable code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models.functions import Length

from yuanjian.clock import to_beijing
from yuanjian.platform.accounts.permissions import can
from yuanjian.platform.common.errors import Refused


@dataclass(frozen=True)
class Attempt:
    """Somebody (`None`: the platform itself) tries an action on an object with some input."""

    obj: Any
    user: Any
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """What must hold. `asks` marks a condition on the input: it is judged only when the action is tried."""

    code: str
    zh: str
    en: str
    holds: Callable[[Attempt], bool]
    asks: bool = False


@dataclass(frozen=True)
class Transition:
    """One row of the table. `target` None: the state stays. No `permission`: only the platform itself.

    Which roles have the permission is written once, in `accounts/permissions.py`.
    """

    action: str
    title: str
    sources: frozenset[Any]  # members of the noun's TextChoices, which are strings
    target: Any
    permission: str | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Unmet:
    """One reason why an action is refused."""

    code: str
    zh: str
    en: str


class Machine:
    """The life of one noun: its states with their Chinese text and the rows of its table."""

    def __init__(self, noun: str, noun_zh: str, states: dict[str, str], rows: Sequence[Transition]) -> None:
        self.noun, self.noun_zh, self.states = noun, noun_zh, states
        self.rows = {row.action: row for row in rows}

    def unmet(self, action: str, attempt: Attempt, *, tried: bool = True) -> list[Unmet]:
        """Every reason against `action`; with `tried` False the conditions on the input are left out."""
        row = self.rows[action]
        found = [*self._wrong_state(row, attempt.obj), *self._wrong_role(row, attempt.user)]
        if found:  # conditions may rely on the state
            return found
        conditions = [c for c in row.conditions if tried or not c.asks]
        return [Unmet(c.code, c.zh, c.en) for c in conditions if not c.holds(attempt)]

    def require(self, action: str, obj: Any, user: Any, **given: Any) -> Transition:
        """The row of `action`; raises `Refused` with code ``<noun>.refused`` listing what is unmet."""
        if found := self.unmet(action, Attempt(obj, user, given)):
            raise refused(self.noun, self.rows[action].title, action, found)
        return self.rows[action]

    def advance(self, action: str, obj: Any, user: Any, **given: Any) -> None:
        """Check `action` and put `obj` (held for update by the caller) into its new state; does not save."""
        row = self.require(action, obj, user, **given)
        obj.state = row.target or obj.state

    def actions(self, obj: Any, user: Any) -> list[dict[str, Any]]:
        """What `user` may do with `obj`: ``{action, text, allowed, unmet}`` for the actions of the role."""
        answer = []
        for row in self.rows.values():
            if row.permission and can(user, row.permission):
                found = self.unmet(row.action, Attempt(obj, user), tried=False)
                zh, en = [reason.zh for reason in found], [reason.en for reason in found]
                said = {"allowed": not found, "unmet": zh, "unmet_en": en}
                answer.append({"action": row.action, "text": row.title, **said})
        return answer

    def _wrong_state(self, row: Transition, obj: Any) -> list[Unmet]:
        if obj.state in row.sources:
            return []
        zh = f"{self.noun_zh}处于“{self.states[obj.state]}”状态，不能{row.title}"
        return [Unmet(f"{self.noun}.state", zh, f"not possible in the state “{obj.state.replace('_', ' ')}”")]

    def _wrong_role(self, row: Transition, user: Any) -> list[Unmet]:
        if user is None or row.permission is None:
            allowed = user is None and row.permission is None
        else:
            allowed = can(user, row.permission)
        if allowed:
            return []
        return [
            Unmet(f"{self.noun}.role", f"您的角色不能{row.title}{self.noun_zh}", "not allowed for this role")
        ]


def refused(noun: str, title: str, action: str, unmet: Sequence[Unmet]) -> Refused:
    """The error of a refused action: texts for people, codes for programs."""
    return Refused(
        f"{noun}.refused",
        f"不能{title}：" + "；".join(reason.zh for reason in unmet),
        f"cannot {action}: " + "; ".join(reason.en for reason in unmet),
        unmet=[reason.zh for reason in unmet],
        unmet_en=[reason.en for reason in unmet],
        codes=[reason.code for reason in unmet],
    )


def asks(code: str, zh: str, en: str, key: str) -> Condition:
    """The input must carry a non-blank `key`."""
    return Condition(code, zh, en, lambda attempt: bool(str(attempt.given.get(key) or "").strip()), asks=True)


def next_number(model: type[models.Model], prefix: str, at: datetime) -> str:
    """The next number of the Beijing day, e.g. ``XS20261121-0001``; call it inside a transaction.

    An advisory lock, held until commit, keeps two writers from taking the same number.
    """
    stem = f"{prefix}{to_beijing(at):%Y%m%d}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [stem])
    taken = model._default_manager.filter(number__startswith=stem).values_list("number", flat=True)
    last = taken.order_by(Length("number").desc(), "-number").first()  # 10000 comes after 9999
    return f"{stem}{int(last.rsplit('-', 1)[1]) + 1 if last else 1:04d}"
