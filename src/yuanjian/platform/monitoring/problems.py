"""What can be wrong with a logger whatever its state: how it is found, and what it is called."""

from __future__ import annotations

from typing import Any

SKEW_S = 300.0  # hj212.md section 5: alarm above 5 minutes [D]
CRC_RATE = 0.01  # one frame in a hundred: TCP itself delivers none broken, so the device computes it wrong
KEY_DAYS = 90  # HJ 212-2025 section 6.4 [25-A]
RECENT = "7 days"

PROBLEMS = {
    "clock": ("时钟偏差", "clock off"),
    "mn": ("MN 格式有误", "odd MN"),
    "version": ("协议版本不符", "other version"),
    "crc": ("CRC 错误多", "CRC errors"),
    "unreadable": ("报文无法解析", "unreadable"),
    "duplicate": ("MN 重复", "MN used twice"),
    "stranger": ("来源地址不符", "wrong address"),
    "clear": ("明文传输", "in clear"),
    "no_key": ("缺少密钥", "no key"),
    "key": ("密钥超期", "key too old"),
    "tolerated": ("放行错误 CRC", "CRC tolerated"),
}
"""In few words, for lists and filters."""

_FIGURES = {
    "clock": ("时钟偏差 {clock_skew_s:.0f} 秒", "the clock is {clock_skew_s:.0f} s off"),
    "mn": (
        "MN 应为 24 位（2005 版 14 位）字母数字，请核对设备设置",
        "an MN has 24 letters or digits, 14 in 2005",
    ),
    "version": (
        "登记为 {standard} 版，实际按 {claimed} 版发送",
        "registered as {standard}, sends as {claimed}",
    ),
    "crc": ("CRC 错误率 {crc_rate:.1%}", "{crc_rate:.1%} of frames have a wrong CRC"),
    "unreadable": (
        "{skipped} 条报文已应答但无法解析：{skip_fault_text}",
        "{skipped} frames acknowledged but not readable: {skip_fault_text_en}",
    ),
    "duplicate": (
        "两台设备使用同一 MN，另一台在 {rival_peer}",
        "two devices use one MN, the other one at {rival_peer}",
    ),
    "stranger": (
        "有报文以此 MN 从不允许的地址 {stranger_peer} 发来，未作为数据接收",
        "frames with this MN came from {stranger_peer}, where it may not be; they were not taken as data",
    ),
    "clear": ("应加密而未加密（互联网传输违反规定）", "in clear where encryption is due"),
    "no_key": ("要求加密但平台没有密钥，密文无法解开", "encryption is demanded, but there is no key here"),
    "key": (f"密钥超过 {KEY_DAYS} 天未更换", f"the key is older than {KEY_DAYS} days"),
    "tolerated": ("按约定接受了 CRC 算法错误的报文", "frames with a wrong CRC are tolerated"),
}

TESTS = f"""
    array_remove(ARRAY[
        CASE WHEN abs(l.clock_skew_s) > {SKEW_S} THEN 'clock' END,
        CASE WHEN coalesce(d.mn, l.mn) !~ '^[0-9A-Za-z]*$' OR length(coalesce(d.mn, l.mn)) <>
            CASE coalesce(v.standard, d.standard, l.standard) WHEN '2005' THEN 14 ELSE 24 END THEN 'mn' END,
        CASE WHEN coalesce(v.standard, d.standard) <> l.standard THEN 'version' END,
        CASE WHEN l.crc_faults > {CRC_RATE} * (l.frames + l.faults) THEN 'crc' END,
        CASE WHEN l.skipped_at > now() - interval '{RECENT}' THEN 'unreadable' END,
        CASE WHEN l.rival_at > now() - interval '{RECENT}' THEN 'duplicate' END,
        CASE WHEN l.stranger_at > now() - interval '{RECENT}' THEN 'stranger' END,
        CASE WHEN l.seal = 'hj212.seal.clear'
              AND (NOT v.allow_clear OR l.exposed_at > now() - interval '{RECENT}') THEN 'clear' END,
        CASE WHEN NOT v.allow_clear AND coalesce(v.standard, d.standard) = '2025'
              AND v.key_current IS NULL THEN 'no_key' END,
        CASE WHEN v.key_made_at < now() - interval '{KEY_DAYS} days' THEN 'key' END,
        CASE WHEN l.tolerated > 0 THEN 'tolerated' END], NULL)
"""
"""SQL: the codes of all that is wrong, over `registry_datalogger d`, `intake.link l`, `intake.device v`."""


def said(code: str, figures: dict[str, Any] | None = None) -> dict[str, str]:
    """A problem in words: few, or with its figures."""
    zh, en = PROBLEMS[code] if figures is None else (text.format_map(figures) for text in _FIGURES[code])
    return {"code": code, "text": zh, "text_en": en}
