"""What an officer found on site. The first form: one answer for every instruction of the order."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.utils import timezone

from yuanjian.platform.common.models import ScopedModel


class Conclusion(models.TextChoices):
    """The officer's conclusion."""

    PROBLEM = "problem", "发现问题"
    NO_PROBLEM = "no_problem", "未发现问题"


@pghistory.track(exclude=["answers", "revision"])
class Inspection(ScopedModel):
    """One visit for one order; unseen by the enterprise, which hears of it by the rectification."""

    order = models.ForeignKey("orders.WorkOrder", on_delete=models.PROTECT, related_name="inspections")
    enterprise = models.ForeignKey(
        "registry.Enterprise", on_delete=models.PROTECT, related_name="inspections"
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="inspections"
    )
    kind = models.CharField(max_length=8, default="field")  # field; desk follows with the full casework
    revision = models.IntegerField(default=0)  # of the form; one filled in from an older is refused
    answers = models.JSONField(default=list)  # [{n, result: ok|problem|not_checked, note, file_ids}]
    conclusion = models.CharField(max_length=12, choices=Conclusion, blank=True)
    summary = models.TextField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    files = models.ManyToManyField("evidence.Item", blank=True, related_name="inspections")

    class Meta:
        indexes = [
            models.Index(fields=["enterprise", "started_at"]),
            models.Index(fields=["region_code", "started_at"]),
        ]
        constraints = [
            # Whoever takes an order over goes on in the visit already begun.
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(finished_at__isnull=True),
                name="one_visit_at_a_time",
            )
        ]
        verbose_name = verbose_name_plural = "检查"
