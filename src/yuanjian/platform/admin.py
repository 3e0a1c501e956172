"""The admin site, for administrators only."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest


class YuanjianAdminSite(admin.AdminSite):
    """Django's site with our name, open to the role admin and nobody else."""

    site_header = site_title = "远鉴 管理后台"
    index_title = "数据维护"

    def has_permission(self, request: HttpRequest) -> bool:
        """Active administrators."""
        return request.user.is_active and getattr(request.user, "role", "") == "admin"


class YuanjianAdminConfig(AdminConfig):
    """Makes the site above the default one."""

    default_site = "yuanjian.platform.admin.YuanjianAdminSite"
