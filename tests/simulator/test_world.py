"""The province: its people and places are invented, well-formed, and the same again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from yuanjian.clock import BEIJING, utcnow
from yuanjian.simulator import Clock, World, identity
from yuanjian.simulator.plants import KINDS
from yuanjian.simulator.profiles import counties, load_shape, residual, tables
from yuanjian.simulator.routine import MARKED
from yuanjian.simulator.slots import day_number, first_slot
from yuanjian.simulator.truth import read_truth, write_truth

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_every_kind_of_plant_occurs() -> None:
    world = World.build(seed=1, outlets=40)
    assert {outlet.kind.key for outlet in world.outlets} == {kind.key for kind in KINDS}
    assert [outlet.index for outlet in world.outlets] == list(range(40))


def test_standards_are_mixed_as_asked() -> None:
    shares = Counter(outlet.standard for outlet in World.build(seed=1, outlets=1000).outlets)
    assert 660 < shares["2017"] < 740
    assert 110 < shares["2005"] < 190
    assert 110 < shares["2025"] < 190


def test_numbers_and_names_are_unique_and_plainly_invented() -> None:
    world = World.build(seed=1, outlets=2000)
    enterprises = world.enterprises
    assert len({e.credit_code for e in enterprises}) == len(enterprises)
    assert len({e.name for e in enterprises}) == len(enterprises)
    assert all(e.name.endswith("（虚拟）") and e.short_name.endswith("（虚拟）") for e in enterprises)
    assert len({o.mn for o in world.outlets}) == 2000
    assert len({o.key for o in world.outlets}) == 2000
    assert all(len(o.mn) == (14 if o.standard == "2005" else 24) for o in world.outlets)
    assert all((o.meter_mn != o.mn) == (o.standard == "2005") for o in world.outlets)
    assert {o.meter_standard for o in world.outlets} == {"2017", "2025"}


def test_credit_codes_have_valid_check_digits() -> None:
    for serial in range(1, 200):
        code = identity.credit_code("640104", serial)
        assert len(code) == 18
        assert code.startswith("91640104XN")
        total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
        assert (total + ALPHABET.index(code[17])) % 31 == 0


def test_enterprises_lie_inside_their_county() -> None:
    for enterprise in World.build(seed=3, outlets=300).enterprises:
        county = enterprise.county
        away = ((enterprise.lon - county.lon) ** 2 + (enterprise.lat - county.lat) ** 2) ** 0.5
        assert away <= 0.81 * county.radius


def test_the_same_parameters_give_the_same_province(tmp_path: Path) -> None:
    world = World.build(seed=6, outlets=50, start=date(2026, 9, 1))
    world.inject(1, rate=0.5)
    world.inject(2, start=date(2026, 10, 1), days=20, rate=0.3)
    world.save(tmp_path / "home" / "world.json", time_factor=60)
    again, extras = World.load_with_extras(tmp_path / "home" / "world.json")
    assert extras["time_factor"] == 60
    assert again.outlets == world.outlets
    assert again.truths == world.truths
    assert World.load(tmp_path / "home" / "world.json").as_dict() == world.as_dict()


def test_another_seed_gives_another_province() -> None:
    assert World.build(seed=1, outlets=20).outlets != World.build(seed=2, outlets=20).outlets


def test_truth_survives_writing(tmp_path: Path) -> None:
    world = World.build(seed=6, outlets=50)
    truths = world.inject(1, rate=0.5)
    path = tmp_path / "truth.jsonl"
    assert write_truth(path, truths) == len(truths) == 25
    assert read_truth(path) == truths
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["kind"] == truths[0].kind


def test_routine_goes_on_for_ever_and_keeps_its_distance() -> None:
    world = World.build(seed=6, outlets=40)
    first = first_slot(day_number(world.start))
    late = world.periods(first + 144 * 400, first + 144 * 430)
    assert {p.kind for p in late} >= {"stopped", "starting", "maintenance", "visit", "gap", "meter_gap"}
    by_outlet: dict[int, list[tuple[int, int]]] = {}
    for period in late:
        by_outlet.setdefault(period.outlet, []).append((period.start, period.end))
    for spans in by_outlet.values():
        ordered = sorted(spans)
        assert all(a[1] <= b[0] for a, b in pairwise(ordered))


def test_every_stop_is_announced_by_marks() -> None:
    world = World.build(seed=6, outlets=40)
    marks = world.marks(world.midnight(), world.midnight(30))
    kinds = Counter(mark.kind for mark in marks)
    assert set(kinds) == set(MARKED)
    assert kinds["stopped"] == kinds["stopping"] == kinds["starting"]
    assert all(mark.start < mark.end and mark.note for mark in marks)


def test_midnight_is_beijing_midnight() -> None:
    world = World.build(seed=1, outlets=1, start=date(2026, 10, 1))
    assert world.midnight(2).astimezone(BEIJING).isoformat() == "2026-10-03T00:00:00+08:00"


def test_clock_runs_at_its_factor() -> None:
    wall = utcnow()
    clock = Clock(wall, wall - timedelta(days=3), 60)
    assert clock.at(wall + timedelta(seconds=2)) == wall - timedelta(days=3) + timedelta(minutes=2)
    assert clock.wait(wall, wall - timedelta(days=3) + timedelta(minutes=1)) == timedelta(seconds=1)
    assert clock.wait(wall, wall - timedelta(days=4)) == timedelta(0)
    with pytest.raises(ValueError, match="positive"):
        Clock(wall, wall, 0)


def test_profiles_are_shares_and_residuals_are_centred() -> None:
    for name in ("coal", "steel", "sewage", "flat"):
        shape = load_shape(name)
        assert shape.shape == (2, 24)
        assert 0 < shape.min() <= shape.max() <= 1.0
    for path in (("coal", "nox"), ("coal", "so2"), ("turbine", "nox")):
        ar1, z, values = residual(*path)
        assert 0.5 < ar1 < 1
        assert abs(values[len(z) // 2]) < 0.01
        assert list(values) == sorted(values)
    assert tables()["wwtp"]["cod_in"] > tables()["wwtp"]["cod_out"]
    assert len(counties()) == 22


def test_look_alikes_are_there() -> None:
    """Precision means something only if honest plants sometimes look dishonest."""
    world = World.build(seed=6, outlets=200)
    first = first_slot(day_number(world.start))
    kinds = Counter(period.kind for period in world.periods(first, first + 144 * 30))
    assert min(kinds[kind] for kind in ("turn_down", "fault", "comm_loss", "gap", "meter_gap", "visit")) >= 15
    assert 8 <= sum(outlet.coarse for outlet in world.outlets) <= 35
    assert any(outlet.kind.intermittent for outlet in world.outlets)
