"""Runs the cases of the catalogue: each proves what a model finds, lets pass and excludes.

``python -m yuanjian.screening.cases [CODE…]`` prints a table and exits 1 if any fails. A case is a folder
``catalogue/<code>/cases/<name>/`` with ``case.yaml`` and ``hours.csv`` and, where needed, other `FILES`;
the first column is the Beijing wall time of the start of the period, the others are series: ``a21026`` a
factor, ``a21026@ref`` its value at reference oxygen, ``a21026@flag`` its device flag, names of meters, and
``meter@A`` their current. ``a21026#2`` is the factor at outlet 2, which is like the first in all the rest.
An empty cell is no reading. A column ``received`` tells when a row came; without it, at its own time.
``case.yaml`` names the columns that are process parameters (``signals: {role: column}``, or columns; one may
be ``a24088@in`` beside the outlet's ``a24088``), the machines and permits of meters, and ``records: {kind:
[...]}`` with Beijing times.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl
import yaml

from yuanjian.clock import from_beijing
from yuanjian.screening import catalogue, engine, records
from yuanjian.screening.findings import Finding
from yuanjian.screening.frames import EVENT_COLUMNS, READING_COLUMNS, FixedRegistry, FrameReadings
from yuanjian.screening.learnt.artefact import UNTRAINED, Shelf, Trained, load
from yuanjian.screening.methods.power_meters import current_code
from yuanjian.screening.model import Model
from yuanjian.screening.ports import Chain, Limit, OutletContext, PowerMeter, Signal
from yuanjian.screening.thresholds import CataloguePolicy, Confirmation
from yuanjian.series import MarkPeriod

KINDS = ("positive", "near_miss", "stopped_plant")
FILES = {
    "hours.csv": "hour",
    "versions.csv": "hour",
    "minutes.csv": "minute",
    "days.csv": "day",
    "realtime.csv": "realtime",
}
"""Files of a case with the cadence of their rows; ``versions.csv`` holds later versions of hours."""
CASE_COLUMNS = {**READING_COLUMNS, "received": READING_COLUMNS["time"]}
POINT, METERS, DOOR, SIGNALS = 1, 100, 50, 60
"""Point ids used in cases: the outlet's monitor, the first meter, the door, the process parameters."""


@dataclass(frozen=True)
class Case:
    """One case: its data behind the ports, the window to screen, and what must come out."""

    code: str
    name: str
    kind: str
    title: str
    readings: FrameReadings
    registry: FixedRegistry
    start: datetime
    end: datetime
    level1: bool
    expect: tuple[dict[str, Any], ...]
    trained: Trained = UNTRAINED


@dataclass(frozen=True)
class Outcome:
    """How a case went; ``problems`` is empty if it passed."""

    case: Case
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]


def read(model_code: str, root: Traversable | None = None) -> list[Case]:
    """The cases of a model in order of name."""
    folder = (root or catalogue.folder()) / model_code / "cases"
    if not folder.is_dir():
        return []
    names = sorted(item.name for item in folder.iterdir() if item.is_dir())
    trained = learnt(model_code, root)
    return [replace(one(model_code, folder / name), trained=trained) for name in names]


def learnt(model_code: str, root: Traversable | None = None) -> Trained:
    """The artefact beside the cases, ``catalogue/<code>/trained.npz``, of models that learn."""
    file = (root or catalogue.folder()) / model_code / "trained.npz"
    if not file.is_file():
        return UNTRAINED
    with file.open("rb") as stored:
        return Shelf([load(stored)])


def findings(case: Case, model: Model, start: datetime | None = None) -> tuple[Finding, ...]:
    """What the model finds in the case's window, or from ``start`` on."""
    confirmed = {model.code: Confirmation("case", "case")} if case.level1 else {}
    report = engine.run(
        [model],
        case.readings,
        case.registry,
        CataloguePolicy({model.code: model}, confirmed),
        start=start or case.start,
        end=case.end,
        now=case.end,
        trained=case.trained,
    )
    return tuple(report.findings)


def run(case: Case, model: Model) -> Outcome:
    """Screen the case and compare with what it expects."""
    found = findings(case, model)
    problems = [] if len(found) == len(case.expect) else [f"expected {len(case.expect)}, found {len(found)}"]
    for want, got in zip(case.expect, found, strict=False):
        problems.extend(_differences(want, got))
    return Outcome(case, found, tuple(problems))


def _differences(want: dict[str, Any], got: Finding) -> Iterator[str]:
    for name in ("level", "factor"):
        if name in want and getattr(got, name) != want[name]:
            yield f"{name}: expected {want[name]}, got {getattr(got, name)}"
    for name in ("start", "end"):
        if name in want and getattr(got, name) != _instant(want[name]):
            yield f"{name}: expected {want[name]}, got {getattr(got, name).isoformat()}"
    for name, value in want.get("measures", {}).items():
        if not _alike(value, got.measures[name]):
            yield f"{name}: expected {value}, got {got.measures[name]}"


def _alike(want: float | str, got: float | str) -> bool:
    """Equal, numbers within 1 %."""
    if isinstance(want, str) or isinstance(got, str):
        return want == got
    return abs(want - got) <= 0.01 * max(1.0, abs(want))


def one(code: str, folder: Traversable) -> Case:
    """A case by its folder; also what models of the catalogue learn from."""
    raw = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    meters = _meters(raw)
    signals = dict(_signals(raw))
    columns = {name: (meter.point, meter.factor) for name, meter in meters.items()}
    columns |= {column: (signal.point, signal.factor) for column, signal in signals.items()}
    there = [name for name in FILES if (folder / name).is_file()]
    rows = [row for name in there for row in _rows(folder / name, FILES[name], columns)]
    owed = dict.fromkeys((row[0], row[1]) for row in rows if row[2] == "hour")
    outlets = tuple(_outlets(raw, meters, tuple(signals.values()), owed))
    marks = tuple(
        MarkPeriod(POINT, mark.get("factor"), mark["kind"], _instant(mark["start"]), _instant(mark["end"]))
        for mark in raw.get("marks", ())
    )
    events = pl.DataFrame(list(_events(raw)), schema=EVENT_COLUMNS, orient="row")
    times = [row[3] for row in rows]
    return Case(
        code=code,
        name=folder.name,
        kind=raw["kind"],
        title=raw["title"],
        readings=FrameReadings(pl.DataFrame(rows, schema=CASE_COLUMNS, orient="row"), events),
        registry=FixedRegistry(outlets, marks, _records(raw)),
        start=_instant(raw["start"]) if "start" in raw else min(times),
        end=_instant(raw["end"]) if "end" in raw else max(times) + timedelta(hours=1),
        level1=raw.get("level1", True),
        expect=tuple(raw["expect"]),
    )


def _outlets(
    raw: dict[str, Any],
    meters: dict[str, PowerMeter],
    signals: tuple[Signal, ...],
    series: Iterable[tuple[int, str]],
) -> Iterator[OutletContext]:
    """The outlets of an enterprise, one for each point of the columns."""
    factors: dict[int, tuple[str, ...]] = {POINT: ()}
    for point, factor in (key for key in series if key[0] < DOOR):
        factors[point] = (*factors.get(point, ()), factor)
    for point, owed in factors.items():
        first = _outlet(raw, meters, owed)
        code, name = f"{first.code[:-1]}{point}", f"{point}号排放口"
        yield replace(first, outlet=point, point=point, code=code, name=name, signals=signals)


def _outlet(raw: dict[str, Any], meters: dict[str, PowerMeter], factors: tuple[str, ...]) -> OutletContext:
    chain = Chain(
        tuple(meter for meter in meters.values() if meter.kind == "production"),
        tuple(meter for meter in meters.values() if meter.kind == "treatment"),
        tuple(meter for meter in meters.values() if meter.kind == "total"),
    )
    limits = tuple(
        Limit(
            factor=limit["factor"],
            averaging=limit["averaging"],
            low=limit.get("low"),
            high=limit.get("high"),
            o2_reference=limit.get("o2_reference"),
            valid_from=limit.get("from", date(2020, 1, 1)),
            valid_to=limit.get("to"),
            basis=limit.get("basis", "排污许可证"),
        )
        for limit in raw.get("limits", ())
    )
    return OutletContext(
        outlet=1,
        enterprise=1,
        region="640105",
        industry="电力、热力生产和供应业",
        medium=raw["medium"],
        code="DA001" if raw["medium"] == "gas" else "DW001",
        name="1号排放口",
        point=POINT,
        factors=factors,
        limits=limits,
        chain=chain if meters else None,
        door_points=(DOOR,) if "doors" in raw else (),
        sampler_starts="sampler" in raw,
        intermittent=raw.get("intermittent", False),
        sampler_hours=tuple(raw.get("sampler_hours", ())),
        records=frozenset(raw.get("records", ())),
    )


def _meters(raw: dict[str, Any]) -> dict[str, PowerMeter]:
    """Meters by column name: ``chain: {kind: {name: rated kW}}``, ``machines: {name: machine}``."""
    chain = raw.get("chain", {}).items()
    listed = [(kind, name, rated) for kind, of_kind in chain for name, rated in of_kind.items()]
    machines, foreign = raw.get("machines", {}), raw.get("not_in_permit", ())
    return {
        name: PowerMeter(
            facility_id=at,
            name=name,
            kind=kind,
            point=METERS + at,
            factor="d20701",
            rated_kw=rated,
            machine=machines.get(name, ""),
            in_permit=name not in foreign,
            code=name,
        )
        for at, (kind, name, rated) in enumerate(listed)
    }


def _signals(raw: dict[str, Any]) -> Iterator[tuple[str, Signal]]:
    """Process parameters by column: ``signals: {role: column}``, ``design: {column: x}``.

    A column is a factor; what follows an ``@`` tells it from the outlet's own (``a24088@in``).
    """
    design = raw.get("design", {})
    for role, columns in raw.get("signals", {}).items():
        for column in [columns] if isinstance(columns, str) else columns:
            yield column, Signal(role, SIGNALS, column.partition("@")[0], design=design.get(column))


def _records(raw: dict[str, Any]) -> dict[str, pl.DataFrame]:
    """Records by kind, of the first outlet unless ``outlet`` says otherwise; times are Beijing time."""
    found = {}
    for kind, rows in raw.get("records", {}).items():
        times = {name for name, type_ in records.schema(kind).items() if type_ == records.INSTANT}
        told = [
            {
                "id": at,
                "enterprise": 1,
                "outlet": POINT if records.KINDS[kind].of_outlet else None,
                **{name: _instant(value) if name in times else value for name, value in row.items()},
            }
            for at, row in enumerate(rows)
        ]
        found[kind] = records.frame(kind, told)
    return found


def _rows(path: Traversable, cadence: str, columns: dict[str, tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    """Rows of a reading each; resolution as written."""
    for line in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        time = _instant(line["time"])
        received = _instant(line.get("received") or line["time"])
        for name, text in line.items():
            if name in {"time", "received"} or name.endswith(("@ref", "@flag")) or not text:
                continue
            point, factor = _series(name, columns)
            reference = line.get(f"{name}@ref") or None
            decimals = len(text.partition(".")[2])
            flag = line.get(f"{name}@flag") or "N"
            value = float(text)
            converted = reference and float(reference)
            yield point, factor, cadence, time, value, converted, flag, decimals, received


def _series(name: str, columns: dict[str, tuple[int, str]]) -> tuple[int, str]:
    """Point and factor of a column; ``meter@A`` is the current of a meter."""
    if name.removesuffix("@A") in columns:
        point, factor = columns[name.removesuffix("@A")]
        return point, current_code(factor) if name.endswith("@A") else factor
    factor, _, outlet = name.partition("#")
    return int(outlet or POINT), factor


def _events(raw: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    for door in raw.get("doors", ()):
        told = dict(door) if isinstance(door, dict) else {"time": door}
        time = _instant(told.pop("time"))
        content = {"state": "1", "person": "运维甲", **told}
        yield DOOR, "door", "i3310", time, json.dumps(content, ensure_ascii=False)
    for event in raw.get("events", ()):
        yield POINT, event["kind"], event["code"], _instant(event["time"]), event["text"]
    for text in raw.get("sampler", ()):
        yield POINT, "state", "i32001", _instant(text), '{"sampler": "start"}'


def _instant(text: object) -> datetime:
    return from_beijing(datetime.fromisoformat(str(text)))


def table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The outcomes as lines."""
    yield f"{'model':6} {'case':16} {'kind':14} {'found':>5}  result"
    for outcome in outcomes:
        result = "ok" if not outcome.problems else "; ".join(outcome.problems)
        case = outcome.case
        yield f"{case.code:6} {case.name:16} {case.kind:14} {len(outcome.findings):5}  {result}"


def main(codes: Sequence[str]) -> int:
    """Run the cases of the named models (all without names); 1 if any failed."""
    models = catalogue.load()
    wanted = [models[code] for code in codes] or list(models)
    outcomes = [run(case, model) for model in wanted for case in read(model.code)]
    print("\n".join(table(outcomes)))
    return 1 if any(outcome.problems for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
