"""The register of what is supervised. Row history of every table is kept by triggers (pghistory)."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from yuanjian.platform.common.models import ScopedModel
from yuanjian.screening.signals import MACHINES, ROLES


def role_choices() -> list[tuple[str, str]]:
    """Roles of signals; a function, so that a new role is no migration."""
    return [(code, role.zh) for code, role in ROLES.items()]


def machine_choices() -> list[tuple[str, str]]:
    """What a metered machine does; likewise."""
    return [(code, words[0]) for code, words in MACHINES.items()]


class Region(models.Model):
    """An administrative division (GB/T 2260); loaded from `data/divisions.csv.gz`."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=64)
    full_name = models.CharField(max_length=128)
    level = models.CharField(max_length=8)  # province, city, county
    parent = models.CharField(max_length=6, blank=True, db_index=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    def __str__(self) -> str:
        return self.name


class EnterpriseStatus(models.TextChoices):
    """Whether the enterprise is at work."""

    ACTIVE = "active", "正常生产"
    STOPPED = "stopped", "停产"
    CLOSED = "closed", "关闭"


@pghistory.track()
class Enterprise(ScopedModel):
    """排污单位, keyed by 统一社会信用代码; some have none."""

    enterprise_path = "id"

    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True, unique=True)
    name = models.CharField("名称", max_length=128)
    short_name = models.CharField("简称", max_length=64, blank=True)
    industry_code = models.CharField("行业代码", max_length=8, blank=True)
    industry = models.CharField("行业", max_length=64, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    address = models.CharField("地址", max_length=200, blank=True)
    contact = models.CharField("联系人", max_length=64, blank=True)
    phone = models.CharField("电话", max_length=32, blank=True)
    permit_no = models.CharField("排污许可证编号", max_length=32, blank=True)
    management_class = models.CharField("管理类别", max_length=16, blank=True)
    is_key = models.BooleanField("重点排污单位", default=False)
    status = models.CharField(max_length=8, choices=EnterpriseStatus, default=EnterpriseStatus.ACTIVE)

    class Meta:
        indexes = [models.Index(fields=["region_code", "id"])]
        verbose_name = verbose_name_plural = "排污单位"

    def __str__(self) -> str:
        return self.short_name or self.name


class Medium(models.TextChoices):
    """What leaves through an outlet."""

    GAS = "gas", "废气"
    WATER = "water", "废水"


@pghistory.track()
class Outlet(ScopedModel):
    """排放口 with its permit code (DA001 gas, DW001 water)."""

    enterprise_path = "enterprise_id"

    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="outlets")
    code = models.CharField("编号", max_length=16)
    name = models.CharField("名称", max_length=64)
    medium = models.CharField(max_length=8, choices=Medium)
    kind = models.CharField("类型", max_length=32, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    intermittent = models.BooleanField("间歇排放", default=False)
    sampler_starts = models.BooleanField("采样器启动记录", default=False)
    # Beijing hours at which the sampler starts by schedule; empty: only its start records tell.
    sampler_hours = ArrayField(models.SmallIntegerField(), verbose_name="采样时刻", default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enterprise", "code"], name="outlet_code_once")]
        verbose_name = verbose_name_plural = "排放口"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


@pghistory.track()
class DataLogger(ScopedModel):
    """数采仪, known to the wire by its MN. Its HJ 212 password is not needed and not kept."""

    enterprise_path = "enterprise_id"

    mn = models.CharField("MN", max_length=24, unique=True)
    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="loggers")
    standard = models.CharField("标准", max_length=4, default="2017")
    vendor = models.CharField("厂商", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "数采仪"

    def __str__(self) -> str:
        return self.mn


class PointKind(models.TextChoices):
    """What a point measures; `door`: access control of the station, `process`: key production conditions."""

    GAS = "gas", "废气"
    WATER = "water", "废水"
    ELECTRICITY = "electricity", "用电"
    DOOR = "door", "门禁"
    PROCESS = "process", "工况"


@pghistory.track()
class MonitoringPoint(ScopedModel):
    """监测点: one (MN, ST) of the wire; its id is `intake.route.point_id`, so readings need no lookup."""

    enterprise_path = "outlet__enterprise_id"

    id = models.IntegerField(primary_key=True)
    outlet = models.ForeignKey(Outlet, on_delete=models.PROTECT, related_name="points")
    logger = models.ForeignKey(DataLogger, on_delete=models.PROTECT, related_name="points")
    st = models.CharField("系统编码", max_length=8)
    kind = models.CharField(max_length=12, choices=PointKind)
    name = models.CharField("名称", max_length=64)
    # What the logger owes; empty: every factor with a limit or ever received.
    factors = ArrayField(models.CharField(max_length=16), verbose_name="应传因子", default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["logger", "st"], name="point_st_once")]
        verbose_name = verbose_name_plural = "监测点"

    def __str__(self) -> str:
        return self.name


class FacilityKind(models.TextChoices):
    """Place in the chain production – treatment – discharge; `total` is the plant's main meter."""

    PRODUCTION = "production", "生产设施"
    TREATMENT = "treatment", "治理设施"
    TOTAL = "total", "总用电"


@pghistory.track()
class Facility(ScopedModel):
    """A production or treatment facility with its electricity meter."""

    enterprise_path = "outlet__enterprise_id"

    outlet = models.ForeignKey(Outlet, on_delete=models.PROTECT, related_name="facilities")
    kind = models.CharField(max_length=12, choices=FacilityKind)
    code = models.CharField("编号", max_length=16)
    name = models.CharField("名称", max_length=64)
    meter_no = models.CharField("电表序号", max_length=4, blank=True)
    rated_kw = models.FloatField("额定功率", null=True)
    power_factor_code = models.CharField("有功功率因子编码", max_length=16, blank=True)
    machine = models.CharField("用途", max_length=16, blank=True, choices=machine_choices)
    in_permit = models.BooleanField("载入许可证", default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outlet", "code"], name="facility_code_once")]
        verbose_name = verbose_name_plural = "设施"

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


@pghistory.track()
class Signal(ScopedModel):
    """A process parameter: what a series tells about an outlet (`yuanjian.screening.signals.ROLES`)."""

    enterprise_path = "outlet__enterprise_id"

    outlet = models.ForeignKey(Outlet, on_delete=models.CASCADE, related_name="signals")
    role = models.CharField("含义", max_length=32, choices=role_choices)
    point = models.ForeignKey(MonitoringPoint, on_delete=models.PROTECT, related_name="signals")
    factor = models.CharField("因子", max_length=16)
    name = models.CharField("名称", max_length=64, blank=True)
    design = models.FloatField("设计值", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outlet", "role", "point", "factor"], name="signal_once")
        ]
        verbose_name = verbose_name_plural = "工况参数"

    def __str__(self) -> str:
        return self.name or ROLES[self.role].zh


class Averaging(models.TextChoices):
    """The averaging time a limit is meant for."""

    HOUR = "hour", "小时均值"
    DAY = "day", "日均值"
    INSTANT = "instant", "瞬时值"


class Origin(models.TextChoices):
    """Where a limit comes from; those of the permit go first."""

    PERMIT = "permit", "许可限值"
    STANDARD = "standard", "排放标准限值"


@pghistory.track()
class Limit(models.Model):
    """A permit or standard limit of one factor, with its dates and basis. Seen through its outlet.

    ``certainty`` of the number as in `data/README.md`; with C it needs `confirmed_by` to count in full,
    somebody other than its `author`.
    """

    outlet = models.ForeignKey(Outlet, on_delete=models.PROTECT, related_name="limits")
    factor = models.CharField("因子", max_length=16)
    averaging = models.CharField(max_length=8, choices=Averaging)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    unit = models.CharField(max_length=16, blank=True)
    o2_reference = models.FloatField("基准氧含量", null=True)
    basis = models.CharField("依据", max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    origin = models.CharField("来源", max_length=8, choices=Origin, default=Origin.PERMIT)
    standard_row = models.CharField("标准表行号", max_length=8, blank=True)
    certainty = models.CharField("资料等级", max_length=2, default="A")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="录入人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="核实人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        indexes = [models.Index(fields=["outlet", "factor"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(low__isnull=False) | Q(high__isnull=False), name="limit_has_a_bound"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="limit_dates_in_order",
            ),
        ]
        verbose_name = verbose_name_plural = "限值"
