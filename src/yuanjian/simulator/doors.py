"""Door records: CN 3020 with the Hebei codes i3310A… (the only published ones; value lists are our own).

Opening method 01 card, 02 finger print; type 01 from outside; state 1 open, 0 closed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from yuanjian.clock import to_beijing
from yuanjian.wire.hj212 import Standard, build_upload

if TYPE_CHECKING:
    from yuanjian.simulator.dayplan import Door
    from yuanjian.simulator.world import Outlet

PEOPLE = (
    "运维甲",
    "运维乙",
    "运维丙",
    "运维丁",
    "环保专工",
    "巡检甲",
    "巡检乙",
    "访客甲",
    "访客乙",
    "访客丙",
)


def frame(outlet: Outlet, door: Door, at: datetime, sent: datetime) -> bytes:
    """The frame about one opening or closing at the instant ``at``, sent at ``sent``."""
    from yuanjian.simulator.world import PASSWORD

    wall = to_beijing(at).replace(tzinfo=None)
    qn = f"{to_beijing(sent):%Y%m%d%H%M%S}{sent.microsecond // 1000:03d}"
    state = "开门" if door.state else "关门"
    infos = (
        ("i3310A", f"{outlet.code}-D1"),
        ("i3310B", "01"),
        ("i3310C", "01"),
        ("i3310D", f"U{door.person:03d}"),
        ("i3310E", f"{wall:%Y%m%d%H%M%S}"),
        ("i3310F", str(door.state)),
        ("i3310G", f"{90000000 + outlet.index * 10 + door.person}"),
        ("i3310J", PEOPLE[door.person % len(PEOPLE)]),
        ("i41001", f"{state} {wall:%H:%M:%S}"),
    )
    made = build_upload(
        standard=Standard(outlet.meter_standard), st="31" if outlet.kind.medium == "gas" else "32", cn="3020",
        pw=PASSWORD, mn=outlet.meter_mn, qn=qn, data_time=wall, factors=(), infos=infos,
    )  # fmt: skip
    return made[0]
