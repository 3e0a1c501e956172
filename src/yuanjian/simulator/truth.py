"""What was really done: one record per injected violation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Truth:
    """A violation: where, when, and what a good model should say of it.

    ``start``/``end`` aware UTC, end exclusive; ``models`` any of which finds it; ``level`` the level its size
    deserves by the models' thresholds (1 work order, 2 warning, 3 reminder).
    """

    kind: str
    enterprise: str
    outlet: str
    mn: str
    factor: str | None
    start: datetime
    end: datetime
    models: tuple[str, ...]
    level: int


def write_truth(path: Path, truths: Iterable[Truth]) -> int:
    """Write one JSON object per line; returns how many."""
    lines = [
        json.dumps(
            {**asdict(truth), "start": truth.start.isoformat(), "end": truth.end.isoformat()},
            ensure_ascii=False,
        )
        for truth in truths
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def read_truth(path: Path) -> list[Truth]:
    """Read what `write_truth` wrote."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Truth(
            **{
                **record,
                "start": datetime.fromisoformat(record["start"]),
                "end": datetime.fromisoformat(record["end"]),
                "models": tuple(record["models"]),
            }
        )
        for record in records
    ]
