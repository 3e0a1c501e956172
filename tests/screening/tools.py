"""Building readings hour by hour, and running one model over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from province import HOUR, START

from yuanjian.screening import engine
from yuanjian.screening.catalogue import Catalogue
from yuanjian.screening.findings import Finding, RunReport
from yuanjian.screening.frames import EVENT_COLUMNS, READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.ports import OutletContext
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation

SO2, O2, COD, FLOW = "a21026", "a19001", "w01018", "w00000"
Row = tuple[object, ...]


def hours(
    point: int, factor: str, values: Sequence[float | None], *, first: int = 0, reference: bool = False
) -> list[Row]:
    """Hour rows from ``first`` hours after the start; None is no reading."""
    return [
        (point, factor, "hour", START + (first + at) * HOUR, v, v if reference else None, "N", 2)
        for at, v in enumerate(values)
        if v is not None
    ]


def wobble(level: float, count: int) -> list[float]:
    """Values about a level, no two neighbours alike."""
    return [round(level * (1 + 0.02 * ((7 * at) % 5 - 2)), 2) for at in range(count)]


def power(context: OutletContext, count: int, kw: float = 400.0) -> list[Row]:
    """Ten-minute power of both meters."""
    assert context.chain is not None
    return [
        (meter.point, meter.factor, "minute", START + at * timedelta(minutes=10), kw, None, "N", 1)
        for meter in (*context.chain.production, *context.chain.treatment)
        for at in range(count * 6)
    ]


def readings(rows: Sequence[Row], events: Sequence[Row] = ()) -> FrameReadings:
    return FrameReadings(
        pl.DataFrame(rows, schema=READING_COLUMNS, orient="row"),
        pl.DataFrame(events, schema=EVENT_COLUMNS, orient="row"),
    )


@dataclass
class Run:
    """A run of one model, level 1 confirmed."""

    models: Catalogue
    code: str

    def report(
        self, data: FrameReadings, contexts: Sequence[OutletContext], end: int, start: int = 0, **more: Any
    ) -> RunReport:
        model = more.pop("model", self.models[self.code])
        policy = more.pop(
            "policy", CataloguePolicy(self.models.models, {self.code: Confirmation("甲", "乙")})
        )
        registry = FixedRegistry(tuple(contexts), more.pop("marks", ()))
        window = {"start": START + start * HOUR, "end": START + end * HOUR}
        return engine.run([model], data, registry, policy, **({"now": window["end"]} | window | more))

    def find(
        self, data: FrameReadings, contexts: Sequence[OutletContext], end: int, **more: Any
    ) -> list[Finding]:
        return self.report(data, contexts, end, **more).findings


def of(code: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", [code], indirect=True, ids=[code])
