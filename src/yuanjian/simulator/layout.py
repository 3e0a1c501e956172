"""Frame templates: the wire package lays a frame out once, numbers are filled in for every period.

A template is a data segment made by `build_upload` with ``%`` fields in place of times and numbers. So
layout, field order and code mapping are those of the wire package, and filling one in costs a few
microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from yuanjian.simulator.plants import BY_KEY, PlantKind
from yuanjian.simulator.signals import Sensor
from yuanjian.simulator.world import PASSWORD, Outlet
from yuanjian.wire.hj212 import Standard, build_frame, build_upload

_STAMP = datetime(2000, 1, 1)  # noqa: DTZ001 — the standard's stamps carry no zone
_QN = "20000101000000009"
Columns = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Factors of a frame in order: (code, ((sub-name, number format) …))."""

GAS_STATE = (("a01012", "%.1f"), ("a01013", "%.3f"), ("a01014", "%.2f"))
_PERIOD = ("Cou", "Min", "Avg", "Max")
METERED = ("44", "45")
"""System codes of the logger that meters electricity and process parameters; no such thing in 2005."""


def period_columns(outlet: Outlet) -> Columns:
    """Minute and hour data of an outlet."""
    return _period_columns(outlet.kind.key, outlet.coarse)


def day_columns(outlet: Outlet) -> Columns:
    """Day data."""
    return _day_columns(outlet.kind.key, outlet.coarse)


def realtime_columns(outlet: Outlet) -> Columns:
    """Instant data."""
    return _realtime_columns(outlet.kind.key, outlet.coarse)


@lru_cache(maxsize=64)
def _period_columns(key: str, coarse: bool) -> Columns:
    kind = BY_KEY[key]
    gas = kind.medium == "gas"
    columns: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for pollutant in kind.pollutants:
        number = f"%.{pollutant.decimals - coarse}f"
        fields = [("Cou", "%.4f"), *[(name, number) for name in _PERIOD[1:]]]
        columns.append((pollutant.code, (*fields, *[(f"Zs{n}", number) for n in _PERIOD[1:] if gas])))
    flow = (("Cou", "%.1f"), *[(name, "%.2f") for name in _PERIOD[1:]])
    columns.append(("a00000" if gas else "w00000", flow))
    columns += [(code, (("Avg", number),)) for code, number in _states(kind)]
    return tuple(columns)


@lru_cache(maxsize=64)
def _day_columns(key: str, coarse: bool) -> Columns:
    kind = BY_KEY[key]
    gas = kind.medium == "gas"
    names = ("Cou", "Avg", "ZsAvg") if gas else ("Cou", "Avg")
    columns = [
        (p.code, tuple((name, "%.3f" if name == "Cou" else f"%.{p.decimals - coarse}f") for name in names))
        for p in kind.pollutants
    ]
    flow = ("a00000" if gas else "w00000", (("Cou", "%.1f"), ("Avg", "%.2f")))
    return (*columns, flow) if gas else (*columns, flow, ("w01001", (("Avg", "%.2f"),)))


@lru_cache(maxsize=64)
def _realtime_columns(key: str, coarse: bool) -> Columns:
    kind = BY_KEY[key]
    gas = kind.medium == "gas"
    names = ("Rtd", "ZsRtd") if gas else ("Rtd",)
    columns = [
        (p.code, tuple((name, f"%.{p.decimals - coarse}f") for name in names)) for p in kind.pollutants
    ]
    columns.append(("a00000" if gas else "w00000", (("Rtd", "%.2f"),)))
    return (*columns, *[(code, (("Rtd", number),)) for code, number in _states(kind)])


def _states(kind: PlantKind) -> tuple[tuple[str, str], ...]:
    if kind.medium == "gas":
        return (("a19001", "%.2f"), *GAS_STATE)
    return ("w01001", "%.2f"), ("w01010", "%.1f")


@lru_cache(maxsize=64)
def signal_columns(sensors: tuple[Sensor, ...]) -> Columns:
    """Process parameters."""
    return tuple((sensor.code, (("Avg", sensor.number),)) for sensor in sensors)


def meter_codes(outlet: Outlet) -> tuple[tuple[str, str], ...]:
    """(active power, current) codes of every meter of an outlet, in the order of its machines."""
    kinds = {"production": "d2", "treatment": "d3"}
    return tuple(
        (f"{kinds[role]}07{number}", f"{kinds[role]}04{number}") for role, number, _ in outlet.machines
    )


def meter_columns(outlet: Outlet, present: Sequence[bool], name: str) -> Columns:
    """Electricity data of the meters that are present; ``name`` is Avg or Rtd."""
    return tuple(
        (code, ((name, "%.2f"),))
        for codes, there in zip(meter_codes(outlet), present, strict=True)
        if there
        for code in codes
    )


@dataclass
class Press:
    """Makes the frames of one world; remembers its templates."""

    templates: dict[tuple[object, ...], str] = field(default_factory=dict)

    def frame(
        self, outlet: Outlet, st: str, cn: str, columns: Columns, flag: str, qn: str, time: str,
        values: Sequence[float],
    ) -> bytes:  # fmt: skip
        """One frame: ``qn`` 17 digits, ``time`` 14 digits Beijing wall time, ``values`` in column order."""
        key = (outlet.index, st, cn, flag, len(columns), columns[0][0], columns[-1][0])
        template = self.templates.get(key)
        if template is None:
            template = self.templates[key] = make_template(outlet, st, cn, columns, flag)
        return build_frame((template % (qn, time, *values)).encode())

    def electric(
        self, outlet: Outlet, cn: str, present: tuple[bool, ...], name: str, qn: str, time: str,
        values: Sequence[float],
    ) -> bytes:  # fmt: skip
        """One frame of the electricity meters that are present."""
        key = (outlet.index, cn, present)
        template = self.templates.get(key)
        if template is None:
            columns = meter_columns(outlet, present, name)
            template = self.templates[key] = make_template(outlet, "44", cn, columns, "N")
        return build_frame((template % (qn, time, *values)).encode())


def make_template(outlet: Outlet, st: str, cn: str, columns: Columns, flag: str) -> str:
    """The data segment with %-fields for QN, DataTime and every number."""
    electric = st in METERED
    frames = build_upload(
        standard=Standard(outlet.meter_standard if electric else outlet.standard),
        st=st, cn=cn, pw=PASSWORD, mn=outlet.meter_mn if electric else outlet.mn, qn=_QN, data_time=_STAMP,
        factors=[(code, {**dict(fields), "Flag": flag}) for code, fields in columns],
    )  # fmt: skip
    if len(frames) != 1:
        raise ValueError(f"{outlet.kind.key}: {cn} does not fit one packet")
    text = frames[0][6:-6].decode()
    head, _, rest = text.partition(_QN)
    return f"{head}%s{rest.replace('20000101000000', '%s', 1)}"
