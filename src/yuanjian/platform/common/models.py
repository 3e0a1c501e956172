"""The base of every scoped table, and the activity log."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from yuanjian.platform.common.scope import ScopedManager


class ScopedModel(models.Model):
    """A row that belongs to a region, and by `enterprise_path` to an enterprise."""

    enterprise_path: ClassVar[str | None] = None

    region_code = models.CharField("行政区划", max_length=6, db_index=True)

    objects = ScopedManager()

    class Meta:
        abstract = True


class Activity(ScopedModel):
    """One thing somebody (or a job) did to one object; rows are never changed or deleted."""

    enterprise_path = "enterprise_id"

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="activities"
    )
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    # No foreign key: the log must outlive and never block what it tells about.
    enterprise_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "at"]),
            models.Index(fields=["region_code", "at"]),
            models.Index(fields=["enterprise_id", "at"]),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
