"""What was delivered: records (never changed), the deliveries they came in, the rows that were refused."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from yuanjian.platform.common.models import ScopedModel

_NEVER_CHANGED = pgtrigger.Update | pgtrigger.Delete


class Batch(ScopedModel):
    """One delivery. Every row of it was accepted, known already, or refused: the three make up `rows`."""

    enterprise_path = "enterprise_id"

    kind = models.CharField("类别", max_length=32)
    source = models.CharField("来源", max_length=32)
    file_name = models.CharField("文件名", max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)  # of the file, or of the rows as canonical JSON
    rows = models.IntegerField("行数")
    accepted = models.IntegerField("接收")
    known = models.IntegerField("重复")
    refused = models.IntegerField("退回")
    # Of whom the deliverer is; null for a regulator.
    enterprise = models.ForeignKey(
        "registry.Enterprise", null=True, on_delete=models.PROTECT, related_name="+"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["region_code", "-id"]), models.Index(fields=["enterprise", "-id"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=_NEVER_CHANGED)]
        verbose_name = verbose_name_plural = "数据报送"


class RefusedRow(models.Model):
    """A row that was not accepted, whole, with the first thing that is wrong with it. Seen by its batch."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="refused_rows")
    number = models.IntegerField()  # from 1, as in the delivery; the header is not counted
    code = models.CharField(max_length=64)
    column = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=300)
    message_en = models.CharField(max_length=300)
    row = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        indexes = [models.Index(fields=["batch", "number"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=_NEVER_CHANGED)]


class Record(ScopedModel):
    """A record of a kind of `screening.records.KINDS`; its own columns are in `data`.

    Rows are never changed: a newer one of the same (enterprise, kind, external_id) supersedes the older,
    which stays readable.
    """

    enterprise_path = "enterprise_id"

    kind = models.CharField("类别", max_length=32)
    enterprise = models.ForeignKey("registry.Enterprise", on_delete=models.PROTECT, related_name="records")
    outlet = models.ForeignKey("registry.Outlet", null=True, on_delete=models.PROTECT, related_name="records")
    start = models.DateTimeField("开始")
    end = models.DateTimeField("结束")
    data = models.JSONField(default=dict)
    source = models.CharField("来源", max_length=32)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField(default=timezone.now)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="records")
    # The deliverer's own number, or a digest of what the row says where he has none.
    external_id = models.CharField("外部编号", max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["enterprise", "kind", "external_id", "-id"], name="record_versions"),
            models.Index(fields=["kind", "enterprise", "start"], name="record_window"),
            models.Index(fields=["kind", "region_code", "-start"], name="record_region"),
            models.Index(fields=["kind", "received_at"], name="record_received"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end__gte=models.F("start")), name="record_times_in_order"
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=_NEVER_CHANGED)]
        verbose_name = verbose_name_plural = "台账与记录"
