"""What codes are called: by the profile of the device, or by the tables everybody uses."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from yuanjian.ingest.codes import FOLDER, NATIONAL, codebook
from yuanjian.wire import hj212

Code = hj212.Factor | hj212.InfoCode

_STATES = {
    "O&M": "运维",
    "O2 sensor ageing": "氧传感器老化",
    "abnormal": "异常",
    "above upper limit": "高于上限",
    "administrator": "管理员",
    "alarm": "报警",
    "below lower limit": "低于下限",
    "blowback": "反吹",
    "calibration": "校准",
    "check": "核查",
    "cleaning": "清洗",
    "fault": "故障",
    "gas path blocked": "气路堵塞",
    "heated line temperature": "伴热管温度",
    "heating fault": "加热故障",
    "high alarm": "高报警",
    "idle": "空闲",
    "light intensity": "光强",
    "light source": "光源",
    "low alarm": "低报警",
    "mains power lost": "市电断电",
    "maintainer": "运维人员",
    "maintenance": "维护",
    "measuring": "测量",
    "no device on channel": "通道无设备",
    "no distilled water": "缺蒸馏水",
    "no instrument air": "无仪表气",
    "no reagent": "缺试剂",
    "no sample water": "缺水样",
    "no standard solution": "缺标液",
    "normal": "正常",
    "ordinary user": "普通用户",
    "other": "其他",
    "over limit": "超限",
    "power failure": "断电",
    "probe temperature": "探头温度",
    "run": "运行",
    "sampling": "采样",
    "sampling fault": "采样故障",
    "sensor calibration": "传感器校准",
    "span cal": "量程校准",
    "span/standard calibration": "量程或标样校准",
    "standard check": "标样核查",
    "standby": "待机",
    "stopped": "停止",
    "system fault": "系统故障",
    "temperature control": "温控",
    "time sync failed": "校时失败",
    "waste discharge fault": "排废故障",
    "zero cal": "零点校准",
}
"""The values of information codes are listed in English; these are the Chinese words for them."""


@lru_cache(maxsize=2)
def _book(folder: Path) -> hj212.Codebook:
    return codebook(folder)


def book() -> hj212.Codebook:
    """The profiles of this installation, read once per process."""
    return _book(settings.YUANJIAN.home / FOLDER)


def profiles() -> list[hj212.Profile]:
    """The profiles a device may be given; the national ones follow from its version."""
    return [profile for name, profile in book().profiles.items() if not name.startswith(NATIONAL)]


def factor(stored: str) -> hj212.Factor | None:
    """The factor of a code as readings have it; ``CODE@PROFILE`` is a profile's own."""
    code, _, profile = stored.partition("@")
    if profile:
        found = book().local(code, profile) if profile in book().profiles else None
        return found if isinstance(found, hj212.Factor) else None
    return hj212.factor(code)


def named(sent: str, code: str, standard: hj212.Standard, profile: str | None) -> dict[str, str]:
    """What a code in a frame is called: `name`, `name_en`, `unit`; an unknown one is called what it is."""
    known: Code | None = hj212.factor(code)
    if profile is not None and profile in book().profiles:
        known = book().local(sent, profile) or known
    known = known or hj212.info(code, standard)
    if known is None:
        return {"name": sent, "name_en": sent, "unit": ""}
    return {"name": known.name_zh, "name_en": known.name_en, "unit": known.unit}


def value(code: str, text: str, standard: hj212.Standard, profile: str | None) -> dict[str, str | None]:
    """What the value of an information code means, where its table lists values: `meaning`, `meaning_en`."""
    found = book().lookup(code, standard, profile if profile in book().profiles else None)
    said = found.meaning(text) if isinstance(found, hj212.InfoCode) else None
    return {"meaning": _STATES.get(said, said) if said else None, "meaning_en": said}
