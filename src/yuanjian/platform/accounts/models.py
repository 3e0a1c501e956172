"""Users: one role, one region or one enterprise."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q

from yuanjian.platform.common.scope import ScopedQuerySet


class Role(models.TextChoices):
    """What somebody comes for; the permissions of each role are in `permissions.py`."""

    ADMIN = "admin", "系统管理员"
    ANALYST = "analyst", "值守分析员"
    DISPATCHER = "dispatcher", "调度员"
    OFFICER = "officer", "执法人员"
    OVERSIGHT = "oversight", "稽查人员"
    AUTHOR = "author", "模型作者"
    INTEGRATOR = "integrator", "系统集成员"
    ENTERPRISE = "enterprise", "企业环保负责人"


class YuanjianUserManager(UserManager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """The usual user manager, with row scope."""

    def create_superuser(self, username: str, *args: Any, **extra: Any) -> User:
        """A superuser is an administrator; there is no other way to be one."""
        return super().create_superuser(username, *args, **{**extra, "role": Role.ADMIN})


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractUser):
    """A person; `region_code` is the scope of a regulator, `enterprise` that of an enterprise user."""

    enterprise_path: ClassVar[str] = "enterprise_id"

    name = models.CharField("姓名", max_length=64)
    role = models.CharField("角色", max_length=16, choices=Role)
    region_code = models.CharField("行政区划", max_length=6, blank=True, db_index=True)
    enterprise = models.ForeignKey(
        "registry.Enterprise", null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    phone = models.CharField("电话", max_length=32, blank=True)

    objects = YuanjianUserManager()
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = "用户"
        constraints = [
            models.CheckConstraint(
                condition=~Q(role="enterprise") | Q(enterprise__isnull=False), name="enterprise_user_has_one"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The admin site is for administrators: Django's own flags follow the role and nothing else."""
        self.is_staff = self.is_superuser = self.role == Role.ADMIN
        super().save(*args, **kwargs)
