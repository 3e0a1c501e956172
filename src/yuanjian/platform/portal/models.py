"""Reminders and warnings to an enterprise, and what it answers."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.utils import timezone

from yuanjian.platform.common.models import ScopedModel


class NoticeKind(models.TextChoices):
    """Level 3 reminds, level 2 warns."""

    REMINDER = "reminder", "提醒"
    WARNING = "warning", "警告"


class NoticeState(models.TextChoices):
    """Where a notice is in its life."""

    SENT = "sent", "未读"
    READ = "read", "已读待答复"
    ANSWERED = "answered", "已答复待审核"
    OBJECTED = "objected", "有异议待审核"
    ACCEPTED = "accepted", "已认可"
    REJECTED = "rejected", "未认可"
    OVERDUE = "overdue", "逾期未答复"


WAITING = (NoticeState.SENT, NoticeState.READ, NoticeState.OVERDUE)
TO_REVIEW = (NoticeState.ANSWERED, NoticeState.OBJECTED)
OUTSTANDING = (*WAITING, *TO_REVIEW)


@pghistory.track()
class Notice(ScopedModel):
    """One notice of one clue; never of a covert one."""

    enterprise_path = "enterprise_id"

    number = models.CharField("编号", max_length=20, unique=True)
    clue = models.ForeignKey("clues.Clue", on_delete=models.PROTECT, related_name="notices")
    enterprise = models.ForeignKey("registry.Enterprise", on_delete=models.PROTECT, related_name="notices")
    outlet = models.ForeignKey("registry.Outlet", on_delete=models.PROTECT, related_name="+")
    level = models.SmallIntegerField()
    kind = models.CharField(max_length=8, choices=NoticeKind)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=NoticeState, default=NoticeState.SENT)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    review_note = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["region_code", "state", "due_at"]),
            models.Index(fields=["enterprise", "state", "due_at"]),
            models.Index(fields=["state", "due_at"]),
        ]
        verbose_name = verbose_name_plural = "通知"

    def __str__(self) -> str:
        return self.number


class ReplyKind(models.TextChoices):
    """An enterprise explains, or objects."""

    ANSWER = "answer", "答复"
    OBJECTION = "objection", "异议"


class Reply(models.Model):
    """What the enterprise wrote; a rejected one stays readable. Seen through its notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="replies")
    kind = models.CharField(max_length=10, choices=ReplyKind)
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    files = models.ManyToManyField("evidence.Item", blank=True, related_name="replies")
