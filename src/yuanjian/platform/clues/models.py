"""Findings of the models, the clues they are merged into, and what people said about them.

`category` is the class of a model (exceedance, data-falsification, …); `class` is a reserved word.
"""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from yuanjian.platform.common.models import ScopedModel


class Category(models.TextChoices):
    """The seven classes of models."""

    EXCEEDANCE = "exceedance", "超标排放"
    DATA_QUALITY = "data-quality", "数据质量"
    FALSIFICATION = "data-falsification", "监测数据弄虚作假"
    POWER = "power", "用电与工况"
    SITE_ACCESS = "site-access", "现场与门禁"
    WASTE = "waste", "固体废物"
    OTHER = "other", "其他"


class Level(models.IntegerChoices):
    """1 is the worst."""

    WORK_ORDER = 1, "一级"
    WARNING = 2, "二级"
    REMINDER = 3, "三级"


class Model(models.Model):
    """What the platform knows about one model of the catalogue: its version here and its last run.

    `status` is the one in force; `decided_status` what a person here decided, blank if nobody did (`life`).
    """

    code = models.CharField(max_length=12, primary_key=True)
    version = models.IntegerField()
    hash = models.CharField(max_length=64)
    status = models.CharField(max_length=8)
    decided_status = models.CharField(max_length=8, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decided_reason = models.CharField(max_length=500, blank=True)
    last_run_at = models.DateTimeField(null=True)
    last_count = models.IntegerField(null=True)
    coverage = models.FloatField(null=True)
    runtime_ms = models.IntegerField(null=True)
    # Level 1 of a model with unconfirmed numbers is switched on by a named person.
    level1_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    level1_at = models.DateTimeField(null=True)
    level1_reason = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.code


class ModelRun(models.Model):
    """One run of one model over a window."""

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="runs")
    version = models.IntegerField()
    at = models.DateTimeField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    seconds = models.FloatField()
    series = models.IntegerField()
    covered = models.FloatField()  # share of the outlets it could judge
    findings = models.IntegerField()
    suppressed = models.IntegerField(default=0)  # beside them: what somebody chose not to hear

    class Meta:
        indexes = [models.Index(fields=["model", "-at"])]


class ClueState(models.TextChoices):
    """Where a clue is in its life."""

    OPEN = "open", "待处置"
    CLAIMED = "claimed", "研判中"
    NOTICED = "noticed", "已通知企业"
    ORDERED = "ordered", "已派工单"
    INVALID = "invalid", "不成立"
    MERGED = "merged", "已并入"
    CLOSED = "closed", "已办结"


ACTIVE: tuple[Any, ...] = (ClueState.OPEN, ClueState.CLAIMED, ClueState.NOTICED, ClueState.ORDERED)


@pghistory.track(exclude=["search"])
class Clue(ScopedModel):
    """Findings of one outlet that belong together, with the worst of their levels.

    No `enterprise_path`: an enterprise hears of a clue by a notice only, and sees no activity on it.
    """

    number = models.CharField("编号", max_length=20, unique=True)
    enterprise = models.ForeignKey("registry.Enterprise", on_delete=models.PROTECT, related_name="clues")
    outlet = models.ForeignKey("registry.Outlet", on_delete=models.PROTECT, related_name="clues")
    level = models.SmallIntegerField(choices=Level)
    state = models.CharField(max_length=8, choices=ClueState, default=ClueState.OPEN)
    category = models.CharField(max_length=24, choices=Category)
    # Findings merge within a group only, so a notice never reveals a covert one.
    group = models.CharField(max_length=16)
    title = models.CharField(max_length=200)
    search = models.CharField(max_length=400)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    ongoing = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="claimed_clues"
    )
    decision = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=24, blank=True)
    note = models.TextField(blank=True)
    frozen_mark = models.CharField(max_length=64, blank=True)
    frozen_due = models.BooleanField(default=True)
    evidence = models.ManyToManyField("evidence.Item", blank=True, related_name="clues")

    class Meta:
        indexes = [
            models.Index(fields=["region_code", "state", "level", "-last_at"]),
            models.Index(fields=["state", "level", "-last_at"]),
            models.Index(fields=["enterprise", "state", "level"]),
            models.Index(fields=["outlet", "group", "state", "last_at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(last_at__gte=F("first_at")), name="clue_window_in_order"),
            models.CheckConstraint(
                condition=~Q(state="merged") | Q(merged_into__isnull=False), name="merged_clue_says_where"
            ),
        ]
        verbose_name = verbose_name_plural = "线索"

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def covert(self) -> bool:
        """Whether the enterprise must not hear of it before the check."""
        return self.group == COVERT


COVERT = "covert"


class Finding(ScopedModel):
    """What one model claims about one outlet (and factor) over one connected run of episodes."""

    key = models.CharField(max_length=200, unique=True)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="found")
    model_version = models.IntegerField()
    model_hash = models.CharField(max_length=64)
    category = models.CharField(max_length=24, choices=Category)
    outlet = models.ForeignKey("registry.Outlet", on_delete=models.PROTECT, related_name="findings")
    enterprise = models.ForeignKey("registry.Enterprise", on_delete=models.PROTECT, related_name="findings")
    point = models.IntegerField()
    factor = models.CharField(max_length=16, null=True)
    level = models.SmallIntegerField(choices=Level)
    start = models.DateTimeField()
    end = models.DateTimeField()
    open = models.BooleanField()
    # Shown and counted, but without a clue: of a model on trial, or kept quiet by a suppression.
    trial = models.BooleanField(default=False)
    suppressed = models.BooleanField(default=False)
    # What lies before belongs to an earlier, finished clue.
    not_before = models.DateTimeField(null=True)
    episodes = models.JSONField()
    score = models.FloatField()
    measures = models.JSONField()
    claim = models.TextField()
    claim_en = models.TextField()
    crossed = models.JSONField()
    next_level = models.JSONField(null=True)
    thresholds = models.JSONField()
    threshold_source = models.TextField()
    exclusions = models.JSONField()
    basis = models.JSONField()
    input_hash = models.CharField(max_length=64)
    clue = models.ForeignKey(Clue, null=True, on_delete=models.PROTECT, related_name="findings")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    # When a later run over the same window did not find it any more: marked since, or corrected data.
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["outlet", "model", "end"]),
            models.Index(fields=["region_code", "created_at"]),
        ]
        constraints = [models.CheckConstraint(condition=Q(end__gte=F("start")), name="finding_in_order")]


class Opinion(models.Model):
    """What is probably behind a clue (M734) by its findings so far: for the analyst, it decides nothing.

    `chances` by kind; `because` rows of `learnt.kinds.Reason`, strongest first; `artefact` a hash.
    """

    clue = models.OneToOneField(Clue, on_delete=models.CASCADE, related_name="opinion")
    kind = models.CharField(max_length=8)
    chances = models.JSONField()
    because = models.JSONField()
    artefact = models.CharField(max_length=64)
    at = models.DateTimeField()


class Right(models.TextChoices):
    """Was the model right?"""

    YES = "yes", "属实"
    NO = "no", "不属实"
    UNSURE = "unsure", "无法确定"


class Verdict(models.Model):
    """What became clear about one model's claim in one clue; the newest word replaces the older one."""

    clue = models.ForeignKey(Clue, on_delete=models.CASCADE, related_name="verdicts")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="verdicts")
    version = models.IntegerField()
    right = models.CharField(max_length=8, choices=Right)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clue", "model"], name="one_verdict_per_model")]


class ThresholdScope(models.TextChoices):
    """Whom a threshold is for; the later in this list wins over the catalogue and the earlier ones."""

    INDUSTRY = "industry", "行业"
    REGION = "region", "地区"
    ENTERPRISE = "enterprise", "企业"


class ThresholdState(models.TextChoices):
    """Numbers of level 1 need a second person before they count."""

    PROPOSED = "proposed", "待审批"
    IN_FORCE = "in_force", "已生效"
    REJECTED = "rejected", "未通过"


@pghistory.track()
class Threshold(models.Model):
    """Levels of one model for one scope and period, with author and reason.

    `levels` maps "3", "2", "1" to a list of alternatives ``{measure: number}``; null switches a level off,
    an absent level stays as it was. `value` is an industry, a six-digit region code or an enterprise id;
    `region_code` is the region that is concerned, that of the country for an industry.
    """

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="thresholds")
    scope = models.CharField(max_length=12, choices=ThresholdScope)
    value = models.CharField(max_length=64)
    region_code = models.CharField(max_length=6, default="000000")
    levels = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=ThresholdState, default=ThresholdState.IN_FORCE)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decided_reason = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.model_id} {self.get_scope_display()} {self.value}"


@pghistory.track()
class Suppression(ScopedModel):
    """A model kept quiet for an outlet, or a whole enterprise, for a while: who and why."""

    model = models.ForeignKey(Model, null=True, on_delete=models.CASCADE, related_name="suppressions")
    enterprise = models.ForeignKey("registry.Enterprise", on_delete=models.CASCADE, related_name="+")
    outlet = models.ForeignKey("registry.Outlet", null=True, on_delete=models.CASCADE, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(end__gt=F("start")), name="suppression_has_length")]


class OwnState(models.TextChoices):
    """How far a version of a model built here is."""

    DRAFT = "draft", "草稿"
    REVIEW = "review", "待审核"
    APPROVED = "approved", "已批准"
    DISCARDED = "discarded", "已作废"


@pghistory.track()
class OwnModel(ScopedModel):
    """One version of a model people here built with the form; what was approved never changes.

    `form` as it was filled in, `content` what a ``model.yaml`` would say (null while the form is incomplete),
    `hash` of that content with its legal basis. The highest approved version of a code is in force.
    """

    code = models.CharField(max_length=12)
    version = models.IntegerField()
    title = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=9, choices=OwnState, default=OwnState.DRAFT)
    form = models.JSONField()
    content = models.JSONField(null=True)
    hash = models.CharField(max_length=64, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decided_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_row_per_own_version"),
            models.CheckConstraint(
                condition=~Q(state__in=["review", "approved"]) | Q(content__isnull=False),
                name="own_model_complete_before_review",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="approved_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="approved"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class BacktestState(models.TextChoices):
    """How far a back-test is."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "计算中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"


class Backtest(ScopedModel):
    """A model run over the past without consequence; with `proposal` the preview of a threshold.

    With `own` it is the preview of a version that people here are building, as it was when it ran.

    `proposal` holds scope, value and levels as in `Threshold`; `result` is what `backtest.run` tells.
    """

    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="backtests")
    start = models.DateTimeField()
    end = models.DateTimeField()
    level1 = models.BooleanField(default=False)  # as if level 1 were switched on
    proposal = models.JSONField(null=True)
    own = models.ForeignKey(OwnModel, null=True, on_delete=models.CASCADE, related_name="previews")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=BacktestState, default=BacktestState.QUEUED)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(end__gt=F("start")), name="backtest_has_length")]
