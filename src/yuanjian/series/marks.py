"""Marks: periods in which a series means something else than it says, as bits beside a cube.

Marks never change a value (DESIGN §4, "Readings"); they are a layer with its own authors.
Kinds are the union of 污染物排放自动监测设备标记规则 (MEE announcement 2022 no. 21) and provincial
platforms [B]; how each is treated is [C] unless noted in `validity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag

import numpy as np
import numpy.typing as npt

from yuanjian.series.cube import Cube

Marks = npt.NDArray[np.uint16]


class MarkKind(IntFlag):
    """One bit per kind of mark; the lower-case name is the one stored and sent."""

    STOPPED = 1  # 停运: source stopped
    STARTING = 2  # 启动 / 启炉
    STOPPING = 4  # 停机 / 停炉
    CALIBRATION = 8  # 校准
    MAINTENANCE = 16  # 维护
    FAULT = 32  # 维修 / 故障
    COMM_LOSS = 64  # 通讯中断
    POWER_LOSS = 128  # 断电
    REPLACED = 256  # 更换设备 / 调试
    BLOWBACK = 512  # 反吹
    STANDARD_CHECK = 1024  # 标样核查

    @property
    def code(self) -> str:
        """The stored name, e.g. ``standard_check``."""
        return str(self.name).lower()


MARK_KINDS: tuple[str, ...] = tuple(kind.code for kind in MarkKind)


@dataclass(frozen=True)
class MarkPeriod:
    """A mark on a point (factor None: on all its factors) over [start, end), aware instants.

    ``accepted``: somebody other than the enterprise has looked at it.
    """

    point: int
    factor: str | None
    kind: str
    start: datetime
    end: datetime
    accepted: bool = True

    @property
    def bit(self) -> MarkKind:
        """The bit of this kind; raises `KeyError` for an unknown one."""
        return MarkKind[self.kind.upper()]


def rasterise(marks: Sequence[MarkPeriod], cube: Cube) -> Marks:
    """The marks as bits, uint16 [S, T]: a period carries a mark if the mark touches any part of it."""
    bits = np.zeros(cube.shape, np.uint16)
    rows: dict[int, list[int]] = {}
    for row, key in enumerate(cube.keys):
        rows.setdefault(key.point, []).append(row)
    for mark in marks:
        first = max((mark.start - cube.start) // cube.step, 0)
        last = max(-((cube.start - mark.end) // cube.step), 0)
        for row in rows.get(mark.point, ()):
            if mark.factor in {None, cube.keys[row].factor}:
                bits[row, first:last] |= np.uint16(mark.bit)
    return bits
