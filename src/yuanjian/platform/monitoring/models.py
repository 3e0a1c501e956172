"""Marks: what the enterprise (or a regulator) says about a period. Values are never changed by a mark."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from yuanjian.platform.common.models import ScopedModel


class MarkKind(models.TextChoices):
    """Kinds of a mark; the same words as `yuanjian.series.marks`."""

    STOPPED = "stopped", "停运"
    STARTING = "starting", "启动"
    STOPPING = "stopping", "停机"
    CALIBRATION = "calibration", "校准"
    MAINTENANCE = "maintenance", "维护"
    FAULT = "fault", "故障"
    COMM_LOSS = "comm_loss", "通讯中断"
    POWER_LOSS = "power_loss", "断电"
    REPLACED = "replaced", "更换设备"
    BLOWBACK = "blowback", "反吹"
    STANDARD_CHECK = "standard_check", "标样核查"


class MarkState(models.TextChoices):
    """A mark counts from the moment it is made until it is returned."""

    PENDING = "pending", "待审核"
    ACCEPTED = "accepted", "已认可"
    RETURNED = "returned", "已退回"


@pghistory.track()
class Mark(ScopedModel):
    """A period of one point (all factors if `factor` is null) with its kind, author and proof."""

    enterprise_path = "point__outlet__enterprise_id"

    point = models.ForeignKey("registry.MonitoringPoint", on_delete=models.PROTECT, related_name="marks")
    factor = models.CharField(max_length=16, null=True, blank=True)
    kind = models.CharField(max_length=16, choices=MarkKind)
    start = models.DateTimeField()
    end = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    state = models.CharField(max_length=8, choices=MarkState, default=MarkState.PENDING)
    files = models.ManyToManyField("evidence.Item", blank=True, related_name="marks")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["point", "start"])]
        constraints = [models.CheckConstraint(condition=Q(end__gt=F("start")), name="mark_has_length")]
        verbose_name = verbose_name_plural = "标记"
