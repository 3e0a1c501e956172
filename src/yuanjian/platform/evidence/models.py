"""Evidence files: what they are, where they came from, and the hash that proves them."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.utils import timezone

from yuanjian.platform.common.models import ScopedModel


class ItemKind(models.TextChoices):
    """What an item is; frozen inputs and raw frames are made by the platform itself."""

    PHOTO = "photo", "照片"
    FILE = "file", "文件"
    FROZEN_INPUT = "frozen_input", "冻结数据"
    RAW_FRAMES = "raw_frames", "原始报文"


@pghistory.track()
class Item(ScopedModel):
    """One file, stored under its SHA-256; two items may share the bytes, never the story."""

    enterprise_path = "enterprise_id"

    kind = models.CharField(max_length=16, choices=ItemKind)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    path = models.CharField(max_length=80)  # relative to settings.files
    captured_at = models.DateTimeField(null=True)  # the camera's clock, as claimed
    received_at = models.DateTimeField(default=timezone.now)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    enterprise = models.ForeignKey(
        "registry.Enterprise", null=True, on_delete=models.PROTECT, related_name="evidence"
    )
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "证据"

    def __str__(self) -> str:
        return self.name
