"""Progress of everything that takes over two seconds: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int, int], None]


class Steps:
    """Named steps with a bar each and the seconds each took.

    `seconds` maps a step's key to its wall time; with `quiet` nothing is printed but errors.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.seconds: dict[str, float] = {}
        self._console = Console(file=sys.stderr, quiet=quiet)
        self._plain = not self._console.is_terminal

    @contextmanager
    def step(self, key: str, text: str) -> Iterator[Advance]:
        """Run one step; the block calls `advance(done, total)` as often as it likes."""
        started = time.monotonic()
        try:
            if self._plain:
                yield self._lines(text)
            else:
                with self._bar() as bar:
                    task = bar.add_task(text, total=None)
                    yield lambda done, total: bar.update(task, completed=done, total=total)
        finally:
            self.seconds[key] = round(time.monotonic() - started, 2)
        if self._plain:
            self._console.print(f"✓ {text} {self.seconds[key]} s", markup=False, highlight=False)

    def _bar(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console)

    def _lines(self, text: str) -> Advance:
        """Without a terminal: one line for every tenth, so a log stays readable."""
        shown = -1

        def advance(done: int, total: int) -> None:
            nonlocal shown
            tenth = done * 10 // max(total, 1)
            if tenth > shown:
                shown = tenth
                self._console.print(f"  {text} {done}/{total}", markup=False, highlight=False)

        return advance
