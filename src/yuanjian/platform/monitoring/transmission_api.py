"""Endpoints of the transmission rate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from yuanjian.clock import BEIJING, to_beijing, utcnow
from yuanjian.platform.common.api import PageIn, Signed, fast
from yuanjian.platform.common.schemas import Instant, RowId
from yuanjian.platform.monitoring import transmission
from yuanjian.platform.monitoring.device_schemas import Transmission
from yuanjian.platform.monitoring.transmission import By, Data, Every

router = Router(tags=["monitoring"])


class RateIn(Schema):
    """What to count; default: the last seven days of hour data by enterprise."""

    by: By = "enterprise"
    every: Every = "all"
    trend: Every = "day"
    data: Data = "hour"
    start: Instant | None = None
    end: Instant | None = None
    region: str = Query("", max_length=6)
    enterprise: RowId | None = None

    def span(self) -> tuple[datetime, datetime]:
        """Begin and end of what is counted."""
        until = self.end or utcnow()
        today = until.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
        return self.start or today - timedelta(days=7), until


@router.get("/transmission", response=Transmission, auth=Signed("monitoring.view"))
def get_transmission(request: HttpRequest, page: Query[PageIn], asked: Query[RateIn]) -> Any:
    """Effective transmission rate with the causes of loss, worst first."""
    found = _rates(request, asked)
    return fast(found | {"items": found["items"][page.window]})


@router.get("/transmission.csv", response={200: bytes}, auth=Signed("monitoring.view"))
def download(request: HttpRequest, asked: Query[RateIn]) -> Any:
    """All rows as a table for a spreadsheet: UTF-8 with a mark, shares as numbers between 0 and 1."""
    start, end = asked.span()
    days = f"{to_beijing(start):%Y%m%d}-{to_beijing(end):%Y%m%d}"
    text = transmission.csv_text(_rates(request, asked))
    response = HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="transmission-{days}.csv"'
    return response


def _rates(request: HttpRequest, asked: RateIn) -> dict[str, Any]:
    start, end = asked.span()
    return transmission.rates(
        request.user,
        data=asked.data,
        by=asked.by,
        every=asked.every,
        trend=asked.trend,
        start=start,
        end=end,
        region=asked.region,
        enterprise=asked.enterprise,
    )
