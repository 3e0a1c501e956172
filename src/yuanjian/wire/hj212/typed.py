"""Typed messages: every command read from and written to CP by the one table of commands.

The host builds requests and reads responses, the site reads requests and builds responses; both use the same
rows. For uploads in bulk there is ``read_upload``, which is quicker and asks for less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .commands import Command, Direction, Flow, Part, command, variants
from .faults import Fault, LocalError, PeerError
from .fields import Field, Value, field_of
from .items import items
from .message import Message, Standard
from .stamp import is_time

Values = Mapping[str, Value | tuple[Value, ...]]
Factors = Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Typed:
    """A message with its meaning.

    ``values`` are the single fields by the table's spelling, a repeated one as a tuple. ``factors`` maps
    codes as sent to their lower-case sub-names; there an unknown sub-name or an odd value keeps its text,
    so that one strange factor never costs the rest. ``others`` are single fields the command does not have,
    as sent.
    """

    message: Message
    command: Command
    values: Values
    factors: Factors
    others: tuple[tuple[str, str], ...]


def read_request(message: Message, standard: Standard) -> Typed:
    """A message of the host, as the site reads it. Raises PeerError(COMMAND) or PeerError(FIELD)."""
    found = [(each, each.sends) for each in variants(message.cn, standard, Direction.DOWN)]
    return _read(message, standard, found)


def read_response(message: Message, standard: Standard) -> Typed:
    """A message of the site, as the host reads it: upload, notification, answer, or response to a query.

    Raises PeerError(COMMAND) or PeerError(FIELD).
    """
    found = [(each, each.sends) for each in variants(message.cn, standard, Direction.UP)]
    queries = variants(message.cn, standard, Direction.DOWN)
    found += [(each, each.returns) for each in queries if each.flow is Flow.QUERY]
    return _read(message, standard, found)


def _read(message: Message, standard: Standard, found: list[tuple[Command, tuple[Part, ...]]]) -> Typed:
    if not found:
        raise PeerError(Fault.COMMAND, message.cn[:16])
    sent = items(message.cp)
    missing = {each: _missing(parts, sent) for each, parts in found}
    there = [pair for pair in found if not missing[pair[0]]]
    if not there:
        raise PeerError(Fault.FIELD, missing[found[0][0]][0])
    chosen, parts = max(there, key=lambda pair: sum(not part.optional for part in pair[1]))
    values, others = _singles(parts, sent, standard)
    return Typed(message, chosen, values, _by_factor(sent, standard), others)


def _missing(parts: Iterable[Part], sent: list[tuple[str, str]]) -> list[str]:
    """The fields that must be there and are not; ``x-`` stands for any code."""
    names = {name.upper() for name, _ in sent}
    return [part.name for part in parts if not part.optional and part.name.upper() not in names]


def _singles(
    parts: Iterable[Part], sent: list[tuple[str, str]], standard: Standard
) -> tuple[dict[str, Value | tuple[Value, ...]], tuple[tuple[str, str], ...]]:
    known = {part.name.upper(): part for part in parts}
    values: dict[str, Value | tuple[Value, ...]] = {}
    repeated: dict[str, list[Value]] = {}
    others: list[tuple[str, str]] = []
    for name, text in sent:
        part = known.get(name.upper())
        if "-" in name:
            continue
        if part is None:
            others.append((name, text))
        elif part.repeated:
            repeated.setdefault(part.name, []).append(_field(part.name, standard).read(text))
        else:
            values[part.name] = _field(part.name, standard).read(text)
    values.update((name, tuple(each)) for name, each in repeated.items())
    return values, tuple(others)


def _by_factor(sent: list[tuple[str, str]], standard: Standard) -> dict[str, dict[str, Value]]:
    factors: dict[str, dict[str, Value]] = {}
    for name, text in sent:
        code, dash, sub = name.rpartition("-")
        if dash and code:
            factors.setdefault(code, {})[sub.lower()] = _tolerant(field_of(sub, standard), text)
    return factors


def _tolerant(field: Field | None, text: str) -> Value:
    try:
        return field.read(text) if field else text
    except PeerError:
        return text


def _field(name: str, standard: Standard) -> Field:
    """The field of a name in the command table; that table and the field table belong together."""
    found = field_of(name, standard)
    if found is None:
        raise LocalError(
            "hj212.field", f"{standard} 版没有字段 {name}", f"no field {name} in {standard}", field=name
        )
    return found


def build_request(
    cn: str,
    *,
    standard: Standard,
    st: str,
    mn: str,
    pw: str,
    qn: str,
    values: Values | None = None,
    factors: Factors | None = None,
) -> Message:
    """A command of the host; the site must answer it. ``values`` and ``factors`` as in ``Typed``.

    Where a CN means several, the fields given decide: ``2011`` with BeginTime asks for history. Raises
    LocalError for a command the version lacks, a field missing or unknown, and a value not allowed.
    """
    cp = _write(cn, Direction.DOWN, standard, values or {}, factors or {})
    return Message(qn, st, cn, pw, mn, flag=standard.flag_bits | 1, cp=cp)


def build_report(
    cn: str,
    *,
    standard: Standard,
    st: str,
    mn: str,
    pw: str,
    qn: str,
    values: Values | None = None,
    factors: Factors | None = None,
    ack: bool = True,
) -> Message:
    """A notification or a small upload of the site (1001, 1013, 1014, 2081, 9015 …); else as build_request.

    For uploads that may need several packets use ``build_upload``.
    """
    cp = _write(cn, Direction.UP, standard, values or {}, factors or {})
    return Message(qn, st, cn, pw, mn, flag=standard.flag_bits | ack, cp=cp)


def build_response(
    request: Message, standard: Standard, values: Values | None = None, factors: Factors | None = None
) -> Message:
    """The data packet of the site for a query (flow Q): CN, QN and ST of the request. Raises LocalError."""
    asked = command(request.cn, standard, Direction.DOWN)
    if asked is None or asked.flow is not Flow.QUERY:
        raise _no_command(request.cn, standard)
    cp = _cp(asked.returns, standard, values or {}, factors or {})
    return replace(request, flag=standard.flag_bits, pnum=None, pno=None, rf=False, cp=cp, extra=())


def _write(cn: str, direction: Direction, standard: Standard, values: Values, factors: Factors) -> str:
    found = variants(cn, standard, direction)
    if not found:
        raise _no_command(cn, standard)
    given = set(values)
    chosen = max(found, key=lambda each: len(given & {part.name for part in each.sends}))
    return _cp(chosen.sends, standard, values, factors)


def _no_command(cn: str, standard: Standard) -> LocalError:
    return LocalError("hj212.command", f"{standard} 版没有命令 {cn}", f"no command {cn} in {standard}", cn=cn)


def _cp(parts: tuple[Part, ...], standard: Standard, values: Values, factors: Factors) -> str:
    """CP in the order of the table: single fields, then one group of items per factor."""
    names = {part.name for part in parts}
    there = set(values) | {f"{code}-{sub}".lower() for code, subs in factors.items() for sub in subs}
    wrong = sorted(set(values) - names)
    wrong += [p.name for p in parts if not p.optional and p.name not in there and p.name.lower() not in there]
    if wrong or (factors and not any("-" in name for name in names)):
        what = ", ".join(wrong) or ", ".join(factors)
        raise LocalError("hj212.field", f"字段缺失或多余：{what}", f"missing or unknown fields: {what}")
    pieces = [text for part in parts if part.name in values for text in _pairs(part, values, standard)]
    spelling = {name.rpartition("-")[2].lower(): name.rpartition("-")[2] for name in names if "-" in name}
    for code, subs in factors.items():
        pieces.append(
            ",".join(
                f"{code}-{spelling.get(sub.lower(), sub)}={_field(sub, standard).write(value)}"
                for sub, value in subs.items()
            )
        )
    return ";".join(pieces)


def _pairs(part: Part, values: Values, standard: Standard) -> Iterable[str]:
    value = values[part.name]
    field = _field(part.name, standard)
    for each in value if isinstance(value, tuple) else (value,):
        yield f"{part.name}={field.write(each)}"


def check_request(message: Message, standard: Standard, *, mn: str, pw: str, st: str | None = None) -> int:
    """The QnRtn a site owes to a request: 1, or the first thing wrong with its header (2017 Table 6).

    2005 knows no codes beyond 3: anything else wrong is refused with 2.
    """
    checks = (
        (3, message.pw == pw),
        (4, message.mn == mn),
        (5, st is None or message.st == st),
        (6, message.flag is not None and message.standard is standard),
        (7, is_time(message.qn, 17)),
        (8, bool(variants(message.cn, standard, Direction.DOWN))),
    )
    code = next((code for code, good in checks if not good), 1)
    return 2 if standard is Standard.V2005 and code > 3 else code
