"""The register in the admin site; every change is kept by the history triggers."""

from __future__ import annotations

from django.contrib import admin

from yuanjian.platform.registry.models import (
    DataLogger,
    Enterprise,
    Facility,
    Limit,
    MonitoringPoint,
    Outlet,
    Signal,
)


@admin.register(Enterprise)
class EnterpriseAdmin(admin.ModelAdmin):
    """Enterprises."""

    list_display = ("name", "credit_code", "industry", "region_code", "is_key", "status")
    list_filter = ("is_key", "status", "management_class")
    search_fields = ("name", "credit_code")


@admin.register(Outlet)
class OutletAdmin(admin.ModelAdmin):
    """Outlets."""

    list_display = ("code", "name", "enterprise", "medium")
    list_select_related = ("enterprise",)
    search_fields = ("code", "name", "enterprise__name")
    autocomplete_fields = ("enterprise",)


@admin.register(DataLogger)
class DataLoggerAdmin(admin.ModelAdmin):
    """Data loggers."""

    list_display = ("mn", "enterprise", "standard", "vendor")
    list_select_related = ("enterprise",)
    search_fields = ("mn", "enterprise__name")
    autocomplete_fields = ("enterprise",)


@admin.register(MonitoringPoint)
class MonitoringPointAdmin(admin.ModelAdmin):
    """Points; made by registering a logger, so they are only looked at and renamed here."""

    list_display = ("id", "name", "outlet", "logger", "st", "kind")
    list_select_related = ("outlet", "logger")
    readonly_fields = ("id", "outlet", "logger", "st")
    search_fields = ("name", "logger__mn")

    def has_add_permission(self, request: object) -> bool:
        """Never: a point needs its route in the intake."""
        return False


@admin.register(Facility)
class FacilityAdmin(admin.ModelAdmin):
    """Facilities."""

    list_display = ("code", "name", "outlet", "kind", "meter_no", "rated_kw")
    list_select_related = ("outlet",)
    autocomplete_fields = ("outlet",)
    search_fields = ("name",)


@admin.register(Limit)
class LimitAdmin(admin.ModelAdmin):
    """Limits."""

    list_display = ("outlet", "factor", "averaging", "low", "high", "unit", "valid_from", "valid_to")
    list_select_related = ("outlet",)
    list_filter = ("averaging", "origin")
    autocomplete_fields = ("outlet",)
    readonly_fields = ("confirmed_by",)


@admin.register(Signal)
class SignalAdmin(admin.ModelAdmin):
    """Process parameters."""

    list_display = ("outlet", "role", "point", "factor", "name", "design")
    list_select_related = ("outlet", "point")
    list_filter = ("role",)
    autocomplete_fields = ("outlet", "point")
