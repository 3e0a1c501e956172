"""The inspection form of an order."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from yuanjian.platform.common.api import Signed, fast
from yuanjian.platform.common.lookup import visible
from yuanjian.platform.inspections.schemas import InspectionIn
from yuanjian.platform.orders import selectors, services
from yuanjian.platform.orders.models import WorkOrder
from yuanjian.platform.orders.schemas import OrderDetail

router = Router(tags=["inspections"])


@router.put("/orders/{int:id}/inspection", response=OrderDetail, auth=Signed("inspections.write"))
def save_inspection(request: HttpRequest, id: int, body: InspectionIn) -> Any:  # noqa: A002
    """Store the form as far as it is filled in; may be sent again and again."""
    services.save_inspection(request.user, id, **body.model_dump())
    return fast(selectors.detail(visible(WorkOrder, request.user, id), request.user))
