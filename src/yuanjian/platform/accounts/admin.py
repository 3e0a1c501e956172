"""Users in the admin site."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from yuanjian.platform.accounts.models import User

_SCOPE = ("name", "role", "region_code", "enterprise", "phone")


@admin.register(User)
class YuanjianUserAdmin(UserAdmin):
    """Django's user admin with role and scope instead of groups and permissions."""

    fieldsets = [
        (None, {"fields": ("username", "password", "is_active")}),
        ("角色与范围", {"fields": _SCOPE}),
    ]
    add_fieldsets = [(None, {"fields": ("username", "password1", "password2", *_SCOPE)})]
    list_display = ("username", "name", "role", "region_code", "enterprise", "is_active")
    list_filter = ("role", "is_active")
    search_fields = ("username", "name")
    autocomplete_fields = ("enterprise",)
    filter_horizontal = ()
