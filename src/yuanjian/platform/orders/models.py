"""Work orders and the rectifications they ask for."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.utils import timezone

from yuanjian.platform.common.models import ScopedModel


class OrderState(models.TextChoices):
    """Where an order is in its life."""

    DRAFT = "draft", "待派发"
    DISPATCHED = "dispatched", "待接收"
    ACCEPTED = "accepted", "已接收"
    ON_SITE = "on_site", "现场检查"
    SUBMITTED = "submitted", "待审核办结"
    RECTIFYING = "rectifying", "整改中"
    CLOSED = "closed", "已办结"


@pghistory.track(exclude=["instructions"])
class WorkOrder(ScopedModel):
    """执法工单: what to check, in which order, by whom and until when; unseen by the enterprise."""

    number = models.CharField("编号", max_length=20, unique=True)
    clue = models.ForeignKey("clues.Clue", null=True, on_delete=models.PROTECT, related_name="orders")
    enterprise = models.ForeignKey("registry.Enterprise", on_delete=models.PROTECT, related_name="orders")
    outlet = models.ForeignKey("registry.Outlet", null=True, on_delete=models.PROTECT, related_name="orders")
    level = models.SmallIntegerField()
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=OrderState, default=OrderState.DRAFT)
    instructions = models.JSONField()  # [{n, text, why}]
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="orders"
    )
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["region_code", "state", "due_at"]),
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["assignee", "state", "due_at"]),
            models.Index(fields=["enterprise", "state"]),
        ]
        verbose_name = verbose_name_plural = "执法工单"

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class RectificationState(models.TextChoices):
    """The enterprise reports, a reviewer accepts or asks again."""

    PENDING = "pending", "待整改"
    REPORTED = "reported", "待审核"
    RETURNED = "returned", "退回重报"
    ACCEPTED = "accepted", "已通过"


@pghistory.track()
class Rectification(ScopedModel):
    """What the enterprise has to put right after an inspection."""

    enterprise_path = "enterprise_id"

    order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="rectifications")
    enterprise = models.ForeignKey("registry.Enterprise", on_delete=models.PROTECT, related_name="+")
    requirement = models.TextField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=RectificationState, default=RectificationState.PENDING)
    report = models.TextField(blank=True)
    reported_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    review_note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    files = models.ManyToManyField("evidence.Item", blank=True, related_name="rectifications")

    class Meta:
        indexes = [
            models.Index(fields=["enterprise", "state", "due_at"]),
            models.Index(fields=["region_code", "state", "due_at"]),
        ]
        verbose_name = verbose_name_plural = "整改"
