"""The commands (CN) of all three versions, one row each in ``tables/commands.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .answer import result
from .message import Message, Standard
from .table import rows


class Direction(StrEnum):
    """Who sends a message: the host (down) or the site (up)."""

    DOWN = "down"
    UP = "up"


class Flow(StrEnum):
    """How an exchange runs (HJ 212-2017 section 6.2)."""

    REQUEST = "R"
    """9011, then 9012."""
    QUERY = "Q"
    """9011, one packet of the same CN and QN, then 9012."""
    HISTORY = "H"
    """9011, any number of uploads of the same CN with QN of their own, then 9012."""
    UPLOAD = "U"
    """9014, if asked for."""
    NOTICE = "N"
    """9013."""
    ANSWER = "A"
    """Nothing follows."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field in the CP of a command. ``name`` of a factor's field is ``x-Rtd``, of a known code's
    ``i23005-Info``."""

    name: str
    optional: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class Command:
    """One command in one direction. ``sends``: its CP; ``returns``: CP of the response to a query.

    ``standards`` is empty for a vendor's command. ``certainty``: 17, 05, 25-A, 25-B, 25-D or local, as
    the table explains.
    """

    cn: str
    directions: frozenset[Direction]
    flow: Flow
    standards: frozenset[Standard]
    annex: str
    name: str
    name_zh: str
    name_en: str
    sends: tuple[Part, ...]
    returns: tuple[Part, ...]
    certainty: str
    note: str

    @property
    def is_local(self) -> bool:
        """True for a vendor's command that no version of the standard has."""
        return not self.standards


def _parts(text: str) -> tuple[Part, ...]:
    return tuple(
        Part(name.rstrip("?*"), name.endswith(("?", "*")), name.endswith("*")) for name in text.split()
    )


def _command(row: dict[str, str]) -> Command:
    both = row["direction"] == "both"
    return Command(
        cn=row["cn"],
        directions=frozenset(Direction) if both else frozenset({Direction(row["direction"])}),
        flow=Flow(row["flow"]),
        standards=frozenset(Standard(version) for version in row["standards"].split() if version != "local"),
        annex=row["annex"],
        name=row["name"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        sends=_parts(row["sends"]),
        returns=_parts(row["returns"]),
        certainty=row["certainty"],
        note=row["note"],
    )


COMMANDS: tuple[Command, ...] = tuple(_command(row) for row in rows("commands.csv"))
"""Every command, in the order of CN."""


def commands(standard: Standard, direction: Direction | None = None) -> tuple[Command, ...]:
    """The commands of one version, as sent by one side or by both; vendors' commands left out."""
    return tuple(
        command
        for command in COMMANDS
        if standard in command.standards and (direction is None or direction in command.directions)
    )


def command(cn: str, standard: Standard, direction: Direction | None = None) -> Command | None:
    """The command of a CN, or ``None``. Where a CN means several, the host's and the plainer one comes first.

    ``command("2011", V2025)`` is the request for real-time data, with ``Direction.UP`` the data themselves.
    """
    found = variants(cn, standard, direction)
    return found[0] if found else None


def variants(cn: str, standard: Standard, direction: Direction | None = None) -> tuple[Command, ...]:
    """All meanings of a CN in a version (vendors' commands in any), in the order of the table."""
    return tuple(
        command
        for command in _BY_CN.get(cn, ())
        if (command.is_local or standard in command.standards)
        and (direction is None or direction in command.directions)
    )


_BY_CN: dict[str, tuple[Command, ...]] = {
    cn: tuple(command for command in COMMANDS if command.cn == cn) for cn in {each.cn for each in COMMANDS}
}


@dataclass(frozen=True, slots=True)
class Result:
    """A result code of 9011 (``QnRtn``) or 9012 (``ExeRtn``). ``known`` is false for a code of no table."""

    kind: str
    code: int
    name_zh: str
    name_en: str
    known: bool = True

    @property
    def is_good(self) -> bool:
        """True for success, or readiness to execute."""
        return self.code == 1

    @property
    def is_empty(self) -> bool:
        """True when a query was executed and found nothing (ExeRtn 100)."""
        return self.kind == "ExeRtn" and self.code == 100


_RESULTS = {
    (row["kind"], int(row["code"]), Standard(version)): Result(
        row["kind"], int(row["code"]), row["name_zh"], row["name_en"]
    )
    for row in rows("results.csv")
    for version in row["standards"].split()
}
_KINDS = {"9011": "QnRtn", "9012": "ExeRtn"}


def result_of(kind: str, code: int, standard: Standard) -> Result:
    """The meaning of a result code; ``kind`` is ``QnRtn`` or ``ExeRtn``. A code of no table keeps its
    number."""
    unknown = Result(kind, code, f"未知结果代码 {code}", f"unknown result code {code}", known=False)
    return _RESULTS.get((kind, code, standard), unknown)


def read_result(message: Message, standard: Standard) -> Result | None:
    """The result in a 9011 or 9012; ``None`` for another message or when it carries no number."""
    code = result(message)
    kind = _KINDS.get(message.cn)
    return None if kind is None or code is None else result_of(kind, code, standard)


@dataclass(frozen=True, slots=True)
class Label:
    """The names of a system code or data mark."""

    code: str
    name_zh: str
    name_en: str


def _labels(table: str, column: str) -> dict[tuple[str, Standard], Label]:
    return {
        (row[column], Standard(version)): Label(row[column], row["name_zh"], row["name_en"])
        for row in rows(table)
        for version in row["standards"].split()
    }


_SYSTEMS = _labels("systems.csv", "code")
_MARKS = _labels("marks.csv", "mark")


def system(st: str, standard: Standard) -> Label | None:
    """The name of a system code (ST), or ``None``; unknown ones are normal (``ST=101`` is met)."""
    return _SYSTEMS.get((st, standard))


def mark(flag: str, standard: Standard) -> Label | None:
    """The name of a data mark (``-Flag``), or ``None``; unknown ones are kept as text."""
    return _MARKS.get((flag, standard))
