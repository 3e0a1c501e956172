"""Records: kinds, rows, deliveries."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile

from yuanjian.platform.common.api import PageIn, Signed, fast, paged
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.exchange import access, selectors, services, tabular
from yuanjian.platform.exchange.models import Batch, Record
from yuanjian.platform.exchange.schemas import (
    BatchDetail,
    Batches,
    DeliveryIn,
    KindRow,
    RecordFilter,
    Records,
)

router = Router(tags=["exchange"])


@router.get("/record-kinds", response=list[KindRow], auth=Signed("records.view"))
def list_kinds(request: HttpRequest) -> Any:
    """The kinds of records you may see, with their columns."""
    return fast(selectors.kinds(request.user))


@router.get("/record-kinds/{kind}/template.csv", response={200: bytes}, auth=Signed("records.view"))
def get_template(request: HttpRequest, kind: str) -> Any:
    """An empty CSV file with the Chinese headers of a kind."""
    access.kind_of(request.user, kind)
    return _csv(f"{kind}.csv", tabular.write(selectors.template(kind), []))


@router.get("/records", response=Records, auth=Signed("records.view"))
def list_records(request: HttpRequest, wanted: Query[RecordFilter], page: Query[PageIn]) -> Any:
    """Records in scope, the newest period first."""
    rows = Record.objects.visible_to(request.user).filter(kind__in=access.visible_kinds(request.user))
    exact = {"kind": wanted.kind, "enterprise": wanted.enterprise, "outlet": wanted.outlet}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    rows = rows.filter(end__gte=wanted.since) if wanted.since else rows
    rows = rows.filter(start__lt=wanted.until) if wanted.until else rows
    rows = rows if wanted.history else selectors.newest_of(rows)
    keys, total = paged(rows.order_by("-start", "-id").values_list("pk", flat=True), page)
    items = selectors.record_rows(Record.objects.filter(pk__in=keys).order_by("-start", "-id"))
    return fast({"items": items, "total": total})


@router.post("/records/{kind}", response=BatchDetail, auth=Signed("records.deliver"))
def deliver(request: HttpRequest, kind: str, body: DeliveryIn) -> Any:
    """Deliver rows as JSON; good ones are kept, others are told with the reason."""
    batch = services.deliver(kind, body.rows, request.user, body.source)
    return fast(selectors.batch_detail(batch))


@router.post("/records/{kind}/file", response=BatchDetail, auth=Signed("records.deliver"))
def upload(request: HttpRequest, kind: str, file: File[UploadedFile]) -> Any:
    """Deliver rows as a CSV file (UTF-8 or GB 18030) whose first line names the columns."""
    content = file.read()
    batch = services.deliver(
        kind, tabular.read(content), request.user, "file",
        file_name=file.name or "", sha256=sha256(content).hexdigest(),
    )  # fmt: skip
    return fast(selectors.batch_detail(batch))


@router.get("/record-batches", response=Batches, auth=Signed("records.view"))
def list_batches(request: HttpRequest, page: Query[PageIn], kind: str = "") -> Any:
    """Deliveries in scope, newest first."""
    rows = Batch.objects.visible_to(request.user).order_by("-id")
    keys, total = paged((rows.filter(kind=kind) if kind else rows).values_list("pk", flat=True), page)
    items = selectors.batch_rows(Batch.objects.filter(pk__in=keys).order_by("-id"))
    return fast({"items": items, "total": total})


@router.get("/record-batches/{int:id}", response=BatchDetail, auth=Signed("records.view"))
def get_batch(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """One delivery with what was refused."""
    return fast(selectors.batch_detail(visible(Batch, request.user, id)))


@router.get("/record-batches/{int:id}/refused.csv", response={200: bytes}, auth=Signed("records.view"))
def get_refused(request: HttpRequest, id: int) -> Any:  # noqa: A002
    """The refused rows as delivered, with the reasons: correct them and deliver the file again."""
    header, rows = selectors.refused_table(visible(Batch, request.user, id))
    return _csv(f"refused-{id}.csv", tabular.write(header, rows))


def _csv(name: str, body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
