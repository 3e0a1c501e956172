"""From episodes to connected runs: gaps shorter than the model's ``clear_after`` are bridged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from yuanjian.screening.ports import ResolvedLevels
from yuanjian.screening.task import Hit, Subject


@dataclass(frozen=True, slots=True)
class Judged:
    """A hit, the thresholds in force, the (level, alternative) it reaches and how far, and the score."""

    hit: Hit
    levels: ResolvedLevels
    reached: tuple[int, int]
    degree: float
    score: float


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one subject that belong to one finding, in order of time."""

    judged: tuple[Judged, ...]

    @property
    def subject(self) -> Subject:
        """What they are about."""
        return self.judged[0].hit.subject

    @property
    def start(self) -> datetime:
        """Start of the first."""
        return self.judged[0].hit.start

    @property
    def end(self) -> datetime:
        """End of the one that ends last."""
        return max(item.hit.end for item in self.judged)

    @property
    def worst(self) -> Judged:
        """The one with the most severe level; of those the highest score, degree, then the earliest."""
        return min(self.judged, key=lambda i: (i.reached[0], -i.score, -i.degree, i.hit.start))


def grouped(judged: Iterable[Judged], clear_after: timedelta) -> list[Group]:
    """Hits of each subject, joined while the next starts before the last end plus ``clear_after``."""
    by_subject: dict[tuple[int, int, str | None], list[Judged]] = {}
    for item in judged:
        subject = item.hit.subject
        by_subject.setdefault((subject.outlet.outlet, subject.point, subject.factor), []).append(item)
    groups: list[Group] = []
    for items in by_subject.values():
        items.sort(key=lambda item: (item.hit.start, item.hit.end))
        run = [items[0]]
        end = items[0].hit.end
        for item in items[1:]:
            if item.hit.start - end >= clear_after and item.hit.start > end:
                groups.append(Group(tuple(run)))
                run = []
            run.append(item)
            end = max(end, item.hit.end)
        groups.append(Group(tuple(run)))
    return groups
