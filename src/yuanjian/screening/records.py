"""Records: what other systems and people deliver beside the readings, one table row per kind.

A record belongs to an enterprise and mostly to one of its outlets, and tells about ``[start, end]`` (the same
instant for what happened at once). Columns beyond these are the kind's own. The platform checks and keeps
them, a case writes them down, models read them as frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import polars as pl

Type = Literal["text", "number", "flag", "time", "choice"]
INSTANT = pl.Datetime("us", "UTC")
BASE: dict[str, Any] = {
    "id": pl.Int64,
    "enterprise": pl.Int64,
    "outlet": pl.Int64,  # null: of the whole enterprise
    "start": INSTANT,
    "end": INSTANT,
    "received": INSTANT,
    "source": pl.String,
}
_POLARS: dict[Type, Any] = {
    "text": pl.String,
    "choice": pl.String,
    "number": pl.Float64,
    "flag": pl.Boolean,
    "time": INSTANT,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of a record; ``choices`` by code with their Chinese and English words."""

    zh: str
    en: str
    type: Type = "text"
    unit: str = ""
    required: bool = False
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its words, own columns, whether it is of an outlet and lasts, who delivers it."""

    zh: str
    en: str
    columns: Mapping[str, Column]
    of_outlet: bool = True
    lasting: bool = False
    by_enterprise: bool = True
    """May the enterprise itself deliver it? Permits, orders and visits come from authorities."""


def _text(zh: str, en: str, required: bool = False) -> Column:
    return Column(zh, en, "text", required=required)


def _number(zh: str, en: str, unit: str = "", required: bool = False) -> Column:
    return Column(zh, en, "number", unit, required)


def _choice(zh: str, en: str, **choices: tuple[str, str]) -> Column:
    return Column(zh, en, "choice", required=True, choices=choices)


FACTOR = _text("因子编码", "factor code", required=True)
SOME_FACTOR = _text("因子编码", "factor code")

KINDS: dict[str, Kind] = {
    "qc": Kind(
        "质控记录",
        "quality control",
        {
            "factor": FACTOR,
            "kind": _choice(
                "类型",
                "kind",
                zero=("零点校准", "zero calibration"),
                span=("量程校准", "span calibration"),
                standard=("标样核查", "standard check"),
                comparison=("实际水样比对", "comparison with a real sample"),
                verification=("校验", "verification"),
            ),
            "expected": _number("标准值", "expected"),
            "measured": _number("测定值", "measured"),
            "error": _number("误差", "error", "%"),
            "passed": Column("合格", "passed", "flag"),
            "raw_signal": _number("原始信号", "raw signal"),
        },
    ),
    "fault_report": Kind(
        "故障报告",
        "fault report",
        {
            "factor": SOME_FACTOR,
            "reported_at": Column("报告时间", "reported at", "time"),
            "repaired_at": Column("修复时间", "repaired at", "time"),
            "reason": _text("原因", "reason"),
        },
    ),
    "manual_result": Kind(
        "手工监测结果",
        "manual monitoring result",
        {
            "factor": FACTOR,
            "value": _number("结果", "value", required=True),
            "purpose": _choice(
                "用途",
                "purpose",
                outage=("故障期间替代", "during an outage"),
                own=("自行监测", "self-monitoring"),
                supervision=("监督监测", "supervisory monitoring"),
                retained=("留样复测", "retained sample"),
            ),
            "seal_intact": Column("封存完好", "seal intact", "flag"),
            "place": _text("采样位置", "sampling place"),
        },
    ),
    "parameter": Kind(
        "设备参数",
        "device parameter",
        {
            "factor": SOME_FACTOR,
            "name": _choice(
                "参数",
                "parameter",
                range=("量程", "range"),
                slope=("斜率", "slope"),
                intercept=("截距", "intercept"),
                oxygen_base=("基准氧含量", "reference oxygen"),
                stack_area=("烟道截面积", "stack area"),
                pitot=("皮托管系数", "Pitot coefficient"),
                velocity_factor=("速度场系数", "velocity factor"),
                limit=("限值", "limit"),
                moisture_source=("湿度来源", "source of moisture"),
                unit=("单位", "unit"),
            ),
            "origin": _choice(
                "来源",
                "origin",
                permit=("许可证", "permit"),
                platform=("平台", "platform"),
                logger=("数采仪", "data logger"),
                analyser=("分析仪", "analyser"),
            ),
            "value": _number("数值", "value"),
            "text": _text("文字", "text"),
            "approved": Column("已备案", "approved", "flag"),
        },
    ),
    "permit_amount": Kind(
        "许可排放量",
        "permitted amount",
        {
            "factor": FACTOR,
            "kind": _choice(
                "类型", "kind", year=("年许可量", "a year"), day=("特殊时段日许可量", "a special day")
            ),
            "amount": _number("许可量", "amount", "t", required=True),
        },
        of_outlet=False,
        lasting=True,
        by_enterprise=False,
    ),
    "order": Kind(
        "停限产、错峰与应急指令",
        "order to stop or reduce",
        {
            "kind": _choice(
                "类型",
                "kind",
                emergency=("重污染应急", "heavy pollution"),
                staggered=("错峰生产", "staggered production"),
                suspension=("责令停产", "suspension"),
                curtailment=("责令限产", "curtailment"),
            ),
            "grade": _text("级别", "grade"),
            "share": _number("减产比例（0–1）", "share to reduce (0–1)"),
            "quota": _number("日用电限额", "energy a day", "kWh"),
            "facilities": _text("涉及设施（编号，逗号分隔）", "facilities (numbers, by commas)"),
            "allowance": _number("停机宽限", "time to shut down", "min"),
        },
        of_outlet=False,
        lasting=True,
        by_enterprise=False,
    ),
    "declared_tax": Kind(
        "环境保护税申报",
        "declared tax",
        {
            "factor": FACTOR,
            "amount": _number("申报排放量", "declared amount", "kg", required=True),
            "reduction": _number("申报减征比例", "claimed reduction", "%"),
        },
        lasting=True,
    ),
    "substituted": Kind(
        "缺失替代数据",
        "substituted data",
        {
            "factor": FACTOR,
            "amount": _number("替代排放量（每小时）", "substituted amount an hour", "kg", required=True),
            "used": Column("已用于税、许可", "used for tax or permit", "flag"),
        },
        lasting=True,
    ),
    "analyser_export": Kind(
        "分析仪存储数据",
        "memory of the analyser",
        {"factor": FACTOR, "value": _number("数值", "value", required=True)},
    ),
    "visit": Kind(
        "检查记录",
        "visit of officers",
        {"purpose": _text("事由", "purpose")},
        of_outlet=False,
        lasting=True,
        by_enterprise=False,
    ),
    "fuel": Kind(
        "燃料与原料台账",
        "fuel and raw material",
        {
            "material": _text("名称", "material", required=True),
            "amount": _number("用量", "amount", required=True),
            "unit": _text("单位", "unit"),
            "gas_per_unit": _number("理论干烟气量", "theoretical dry flue gas", "m3/单位"),
        },
        lasting=True,
    ),
    "product": Kind(
        "产品产量",
        "product",
        {
            "product": _text("产品", "product", required=True),
            "amount": _number("产量", "amount", required=True),
            "unit": _text("单位", "unit"),
        },
        of_outlet=False,
        lasting=True,
    ),
    "capacity": Kind(
        "许可产能",
        "permitted capacity",
        {
            "product": _text("产品", "product", required=True),
            "amount": _number("年产能", "a year", required=True),
            "energy_per_unit": _number("核定单位产品电耗", "verified energy per unit", "kWh"),
        },
        of_outlet=False,
        lasting=True,
        by_enterprise=False,
    ),
    "utility": Kind(
        "用气、用水、用电量",
        "gas, water, electricity used",
        {
            "kind": _choice(
                "类型", "kind", gas=("天然气", "gas"), water=("水", "water"), power=("电", "electricity")
            ),
            "amount": _number("用量", "amount", required=True),
        },
        of_outlet=False,
        lasting=True,
    ),
    "carbon_change": Kind(
        "活性炭更换",
        "change of activated carbon",
        {
            "amount": _number("更换量", "amount", "kg"),
            "design_hours": _number("设计更换周期", "design interval", "h"),
        },
    ),
    "sludge": Kind(
        "污泥转移",
        "sludge moved",
        {
            "amount": _number("重量", "weight", "t", required=True),
            "moisture": _number("含水率", "moisture", "%"),
        },
    ),
    "bypass_notice": Kind(
        "旁路应急报备", "notice of an emergency by-pass", {"reason": _text("原因", "reason")}, lasting=True
    ),
    "process_change": Kind(
        "工艺变更记录", "record of a process change", {"text": _text("内容", "text")}, lasting=True
    ),
    "maintenance_order": Kind(
        "运维工单",
        "maintenance order",
        {
            "kind": _choice(
                "类型",
                "kind",
                patrol=("巡检", "patrol"),
                maintenance=("维护保养", "maintenance"),
                calibration=("校准", "calibration"),
                check=("标样核查", "standard check"),
                repair=("故障维修", "repair"),
                replacement=("更换部件", "replacement"),
                other=("其他（保洁、参观等）", "other (cleaning, visitors)"),
            ),
            "people": _text("作业人员（姓名，逗号分隔）", "people (names, by commas)"),
            "company": _text("运维单位", "company"),
            "issued_at": Column("开单时间", "issued at", "time"),
            "text": _text("工作内容", "work"),
        },
        lasting=True,
    ),
    "video_gap": Kind(
        "视频缺失",
        "video missing",
        {"camera": _text("摄像机", "camera", required=True)},
        lasting=True,
        by_enterprise=False,
    ),
    "face_check": Kind(
        "门禁人脸比对",
        "face check at the door",
        {
            "card_owner": _text("持卡人", "card owner", required=True),
            "distance": _number("人脸距离", "face distance"),
            "persons": _number("进入人数", "persons entering"),
        },
        by_enterprise=False,
    ),
}


def schema(kind: str) -> dict[str, Any]:
    """Polars columns of a kind."""
    return {**BASE, **{name: _POLARS[column.type] for name, column in KINDS[kind].columns.items()}}


def frame(kind: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of one kind as a frame in order of start; what a row does not tell is null.

    ``start``, ``end``, ``received`` are aware instants; without an end a record is of its start, without
    ``received`` it came at its end.
    """
    filled = []
    for row in rows:
        end = row.get("end") or row["start"]
        filled.append({"source": "", **row, "end": end, "received": row.get("received") or end})
    return pl.DataFrame(filled, schema=schema(kind), orient="row").sort("start", "id")


def touching(rows: pl.DataFrame, enterprises: Sequence[int], start: datetime, end: datetime) -> pl.DataFrame:
    """Rows of some enterprises that touch ``[start, end)``."""
    return rows.filter(
        pl.col("enterprise").is_in(list(enterprises)), pl.col("start") < end, pl.col("end") >= start
    )
