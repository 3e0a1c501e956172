"""Wall time to simulated time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """At the instant ``wall`` it is ``simulated`` in the province, and time runs ``factor`` times as fast.

    Raises `ValueError` for a factor that is not positive.
    """

    wall: datetime
    simulated: datetime
    factor: float = 1.0

    def __post_init__(self) -> None:
        if not self.factor > 0:
            raise ValueError("the time factor must be positive")

    def at(self, wall: datetime) -> datetime:
        """The simulated instant at a wall instant."""
        return self.simulated + (wall - self.wall) * self.factor

    def wait(self, wall: datetime, simulated: datetime) -> timedelta:
        """How long to wait at a wall instant until a simulated one; never negative."""
        return max(self.wall + (simulated - self.simulated) / self.factor - wall, timedelta(0))
