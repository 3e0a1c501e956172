"""The text of CP as ``name=value`` items (HJ 212-2017 section 6)."""

from __future__ import annotations

from collections.abc import Iterator


def items(cp: str) -> list[tuple[str, str]]:
    """Names and values in order, spaces stripped; ``;`` and ``,`` are alike, as printed examples mix them.

    Log text between ``//`` and ``//`` may hold separators and comes without the slashes. Pieces without ``=``
    or without a name are left out.
    """
    return list(_with_texts(cp)) if "=//" in cp else _plain(cp)


def _plain(cp: str) -> list[tuple[str, str]]:
    found = []
    for piece in cp.replace(",", ";").split(";"):
        name, equals, value = piece.partition("=")
        if equals and (name := name.strip()):
            found.append((name, value.strip()))
    return found


def _with_texts(cp: str) -> Iterator[tuple[str, str]]:
    while "=//" in cp:
        head, _, rest = cp.partition("=//")
        cut = max(head.rfind(";"), head.rfind(",")) + 1
        yield from _plain(head[:cut])
        end = _closing(rest)
        if name := head[cut:].strip():
            yield name, rest[:end]
        cp = rest[end + 2 :]
    yield from _plain(cp)


def _closing(text: str) -> int:
    """Where a log text ends: at slashes before a separator or the end, else at any, else with the text."""
    ends = [end for end in (text.find("//;"), text.find("//,")) if end >= 0]
    if ends:
        return min(ends)
    if text.rstrip().endswith("//"):
        return text.rindex("//")
    return text.find("//") if "//" in text else len(text)
