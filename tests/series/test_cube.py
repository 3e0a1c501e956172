"""Grids of Beijing time, and cubes against a plain dictionary of the newest reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from yuanjian.clock import beijing_day, to_beijing
from yuanjian.series import Cube, FlagCode, SeriesKey, SeriesStore, direct, fill
from yuanjian.series.cube import Grid
from yuanjian.series.flags import flag_code, flag_codes
from yuanjian.series.table import _touching

Rows = Callable[..., pl.DataFrame]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 20, 16, tzinfo=UTC)
SO2 = SeriesKey(1, "a21026")

instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
steps = st.sampled_from([timedelta(minutes=minutes) for minutes in (1, 5, 10, 15, 60, 240, 1440)])


@given(instants, st.timedeltas(timedelta(microseconds=1), timedelta(days=3)), steps)
def test_a_grid_covers_its_interval_and_no_more(start: datetime, length: timedelta, step: timedelta) -> None:
    grid = Grid.covering(start, start + length, step)
    assert grid.start <= start < grid.start + step
    assert grid.end - step < start + length <= grid.end
    wall = to_beijing(grid.start)
    assert (wall - wall.replace(hour=0, minute=0, second=0, microsecond=0)) % step == timedelta(0)
    assert grid.index(start) == 0
    assert grid.index(start + length - timedelta(microseconds=1)) == grid.size - 1
    assert len(grid.times()) == grid.size


@given(instants)
def test_a_daily_grid_is_one_of_beijing_days(instant: datetime) -> None:
    grid = Grid.covering(instant, instant + timedelta(microseconds=1), DAY)
    assert grid.size == 1
    assert beijing_day(grid.start) == beijing_day(instant)
    assert beijing_day(grid.start - timedelta(microseconds=1)) == beijing_day(instant) - DAY


def test_grid_times_are_utc() -> None:
    grid = Grid.covering(MIDNIGHT, MIDNIGHT + 2 * DAY, DAY)
    expected = ["2026-11-20T16:00:00.000000", "2026-11-21T16:00:00.000000"]
    assert np.datetime_as_string(grid.times()).tolist() == expected


@pytest.mark.parametrize(
    ("start", "end", "step", "words"),
    [
        (MIDNIGHT.replace(tzinfo=None), MIDNIGHT, HOUR, "aware"),
        (MIDNIGHT, MIDNIGHT.replace(tzinfo=None), HOUR, "aware"),
        (MIDNIGHT, MIDNIGHT, HOUR, "empty"),
        (MIDNIGHT, MIDNIGHT + HOUR, timedelta(0), "divide"),
        (MIDNIGHT, MIDNIGHT + HOUR, timedelta(minutes=7), "divide"),
    ],
)
def test_grids_that_cannot_be(start: datetime, end: datetime, step: timedelta, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Grid.covering(start, end, step)


def test_the_cells_of_a_cube(store: SeriesStore, rows: Rows) -> None:
    batch = rows(
        {"value": 35.25, "reference": 42.5, "decimals": 1},
        {"time": MIDNIGHT + HOUR, "value": None, "flag": "D", "decimals": None},
        {"time": MIDNIGHT + 2 * HOUR, "value": 30.0, "reference": 9999.99, "flag": "Td"},
        {"time": MIDNIGHT + 2 * HOUR, "value": 31.0, "reference": -9999.99, "flag": None},
        {"time": MIDNIGHT + 3 * HOUR, "factor": "a21002"},
        {"time": MIDNIGHT + 4 * HOUR, "cadence": "day"},
    )
    store.append(batch, None, app="a", version=0)
    other = SeriesKey(2, "a21026")
    cube = store.cube([other, SO2], cadence="hour", start=MIDNIGHT, end=MIDNIGHT + 4 * HOUR)
    row = cube.row(SO2)
    assert (row, cube.row((2, "a21026")), cube.shape) == (1, 0, (2, 4))
    np.testing.assert_array_equal(cube.values[row], np.float32([35.25, np.nan, 31.0, np.nan]))
    np.testing.assert_array_equal(cube.reference[row], np.float32([42.5, np.nan, np.nan, np.nan]))
    assert cube.flags[row].tolist() == [FlagCode.N, FlagCode.D, FlagCode.N, FlagCode.MISSING]
    assert cube.decimals.tolist() == [0, 2]
    assert np.isnan(cube.values[0]).all()
    assert (cube.values.dtype, cube.flags.dtype, cube.decimals.dtype) == (np.float32, np.uint8, np.int8)
    assert (cube.start, cube.end, cube.step) == (MIDNIGHT, MIDNIGHT + 4 * HOUR, HOUR)
    assert cube.time(cube.index(MIDNIGHT + 3 * HOUR)) == MIDNIGHT + 3 * HOUR
    assert cube.times()[1] - cube.times()[0] == np.timedelta64(1, "h")
    with pytest.raises(KeyError):
        cube.row(SeriesKey(3, "a21026"))
    for outside in (MIDNIGHT - timedelta(microseconds=1), MIDNIGHT + 4 * HOUR):
        with pytest.raises(IndexError):
            cube.index(outside)


@pytest.mark.parametrize("compiled", [True, False])
def test_rows_go_straight_to_their_cells(
    lake: str, rows: Rows, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points between and beyond those asked for, an unknown factor, nulls, an hour outside, a correction."""
    asked = [SeriesKey(3, "a21026"), SeriesKey(1, "a21026"), SeriesKey(3, "a21002"), SeriesKey(8, "a21002")]
    batch = rows(
        *(
            {"point": point, "value": float(point), "time": MIDNIGHT + n * HOUR}
            for point in range(10)
            for n in (0, 5)
        ),
        {"point": 3, "factor": "a21002", "value": None, "flag": None, "decimals": None},
        {"point": 3, "factor": "a34013"},
        {"point": 1, "time": MIDNIGHT + HOUR, "value": 1.5, "received": MIDNIGHT + 2 * DAY},
        {"point": 1, "time": MIDNIGHT + HOUR, "value": 1.25, "received": MIDNIGHT + DAY},
    )
    SeriesStore.open(lake).append(batch, None, app="a", version=0)
    if not compiled:
        monkeypatch.setattr(direct, "_scatter", direct._scatter.py_func)  # type: ignore[attr-defined]

    def load(uri: str) -> Cube:
        store = SeriesStore.open(uri)
        return store.cube(asked, cadence="hour", start=MIDNIGHT, end=MIDNIGHT + 2 * HOUR)

    cube = load(lake)
    assert cube.values[:, 0].tolist()[:2] == [3.0, 1.0]
    assert np.isnan(cube.values[2:, 0]).all()
    assert cube.flags.tolist() == [[1, 0], [1, 1], [1, 0], [0, 0]]
    assert cube.values[1, 1] == 1.5
    assert cube.contested.tolist() == [False, True, False, False]
    assert cube.decimals.tolist() == [2, 2, 0, 0]
    assert load(f"file://{lake}").content_hash() == cube.content_hash()
    beside = SeriesStore.open(lake).cube(
        [SeriesKey(-1, "a21026"), SeriesKey(99, "a21026")],
        cadence="hour",
        start=MIDNIGHT,
        end=MIDNIGHT + HOUR,
    )
    assert not beside.flags.any()
    monkeypatch.setattr(direct, "fits", lambda cube: False)
    assert load(lake).content_hash() == cube.content_hash()


def test_row_groups_without_statistics_may_hold_anything(tmp_path: Path) -> None:
    frame = pl.DataFrame({"point": [1, 2]}, schema={"point": pl.Int32})
    asked = np.array([5], np.int32)
    for statistics, groups in ((True, []), (False, [0])):
        frame.write_parquet(tmp_path / "a.parquet", statistics=statistics)
        assert _touching(pq.read_metadata(tmp_path / "a.parquet"), asked) == groups


def test_a_cube_of_nothing(store: SeriesStore) -> None:
    assert store.cube([], cadence="hour", start=MIDNIGHT, end=MIDNIGHT + HOUR).shape == (0, 1)
    assert np.isnan(store.cube([SO2], cadence="day", start=MIDNIGHT, end=MIDNIGHT + DAY).values).all()
    with pytest.raises(ValueError, match="twice"):
        store.cube([SO2, SO2], cadence="hour", start=MIDNIGHT, end=MIDNIGHT + HOUR)


def test_electricity_every_ten_minutes(store: SeriesStore, rows: Rows) -> None:
    ten = timedelta(minutes=10)
    late = timedelta(seconds=20)  # a stamp that is not on the grid belongs to the period it lies in
    batch = rows(
        *({"time": MIDNIGHT + n * ten + (n == 2) * late, "value": float(n)} for n in range(6)),
        {"time": MIDNIGHT + 2 * ten, "value": 99.0},
        cadence="minute",
        factor="d20701",
    )
    store.append(batch, None, app="a", version=0)
    key = SeriesKey(1, "d20701")
    hours = store.cube([key], cadence="minute", start=MIDNIGHT + 5 * ten, end=MIDNIGHT + HOUR, step=ten)
    assert (hours.values.tolist(), hours.contested.tolist()) == ([[5]], [False])
    cube = store.cube([key], cadence="minute", start=MIDNIGHT, end=MIDNIGHT + HOUR, step=ten)
    assert cube.values.tolist() == [[0, 1, 2, 3, 4, 5]]
    assert store.cube([key], cadence="minute", start=MIDNIGHT, end=MIDNIGHT + HOUR).shape == (1, 60)


def test_a_cube_loaded_in_pieces_is_the_same(
    store: SeriesStore, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = rows(*({"time": MIDNIGHT + n * HOUR, "value": float(n)} for n in range(50)))
    store.append(batch, None, app="a", version=0)

    def load() -> Cube:
        return store.cube([SO2], cadence="hour", start=MIDNIGHT, end=MIDNIGHT + 50 * HOUR)

    whole = load()
    assert whole.values.tolist() == [list(range(50))]
    monkeypatch.setattr(fill, "_ROWS_AT_ONCE", 7)
    assert load().content_hash() == whole.content_hash()


def test_the_hash_tells_every_difference(store: SeriesStore, rows: Rows) -> None:
    store.append(rows({}), None, app="a", version=0)

    def cube(key: SeriesKey = SO2, cadence: str = "hour", hours: int = 2) -> Cube:
        return store.cube([key], cadence=cadence, start=MIDNIGHT, end=MIDNIGHT + hours * HOUR)

    first = cube()
    assert first.content_hash() == cube().content_hash()
    assert len(first.content_hash()) == 64
    hashes = {first.content_hash(), cube(hours=3).content_hash(), cube(SeriesKey(2, "a21026")).content_hash()}
    hashes.add(
        store.cube([SO2], cadence="minute", start=MIDNIGHT, end=MIDNIGHT + 2 * HOUR, step=HOUR).content_hash()
    )
    for name in ("values", "reference", "flags", "decimals"):
        changed = cube()
        getattr(changed, name).flat[0] = 7
        hashes.add(changed.content_hash())
    assert len(hashes) == 8


readings = st.lists(
    st.tuples(
        st.integers(0, 2),  # point
        st.integers(-3, 30),  # hour
        st.one_of(st.none(), st.integers(-99, 99)),  # value
        st.integers(0, 3),  # received
        st.sampled_from(["N", "D", "F", None, "zz"]),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readings, st.integers(0, 40))
def test_a_cube_holds_the_newest_reading_of_each_cell(
    rows: Rows, said: list[tuple[int, int, int | None, int, str | None]], cut: int
) -> None:
    newest: dict[tuple[int, int], tuple[tuple[int, int], int | None, str | None]] = {}
    table = []
    for seq, (point, hour, value, received, flag) in enumerate(said):
        order = (received, seq)
        if (point, hour) not in newest or newest[point, hour][0] < order:
            newest[point, hour] = (order, value, flag)
        table.append(
            {
                "point": point,
                "time": MIDNIGHT + hour * HOUR,
                "value": value,
                "flag": flag,
                "received": MIDNIGHT + received * DAY,
                "seq": seq,
            }
        )
    with TemporaryDirectory() as folder:
        store = SeriesStore.open(folder)
        for version, part in enumerate((table[:cut], table[cut:])):
            store.append(rows(*part) if part else None, None, app="a", version=version)
        keys = [SeriesKey(point, "a21026") for point in range(3)]
        cube = store.cube(keys, cadence="hour", start=MIDNIGHT, end=MIDNIGHT + 25 * HOUR)
    for point in range(3):
        for hour in range(25):
            _, value, flag = newest.get((point, hour), ((0, 0), None, "missing"))
            np.testing.assert_equal(cube.values[point, hour], np.float32(np.nan if value is None else value))
            expected = FlagCode.MISSING if flag == "missing" else flag_code(flag)
            assert cube.flags[point, hour] == expected


@example(texts=[" n\t", "\x1f", "\u3000N", "n\x85"])
@given(
    st.lists(
        st.one_of(
            st.none(),
            st.sampled_from(["N", "F", "M", "S", "D", "C", "T", "B", "P", "Td", "td", "n"]),
            st.text(max_size=3),
        )
    )
)
def test_marks_as_sent_become_the_same_codes_one_by_one_and_in_columns(texts: list[str | None]) -> None:
    column = pl.DataFrame({"flag": texts}, schema={"flag": pl.String}).select(flag_codes("flag"))
    assert column["flag"].to_list() == [flag_code(text) for text in texts]


def test_the_codes_of_the_contract() -> None:
    sent = ["N", "F", "M", "S", "D", "C", "T", "B", "P", "Td", "St", None, ""]
    assert [int(flag_code(text)) for text in sent] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255, 1, 1]


def test_some_series_of_a_cube() -> None:
    keys = [SeriesKey(point, "a21026") for point in range(4)]
    start = datetime(2026, 11, 1, 16, tzinfo=UTC)
    cube = Cube.empty(keys, "hour", Grid.covering(start, start + timedelta(hours=3), timedelta(hours=1)))
    cube.values[:] = np.arange(4)[:, None]
    cube.decimals[:] = np.arange(4)
    for some in ([1, 2], [3, 1], [0], []):
        part = cube.of([keys[at] for at in some])
        assert [key.point for key in part.keys] == some
        assert part.values[:, 0].tolist() == some
        assert part.decimals.tolist() == some
    assert np.shares_memory(cube.of(keys[1:3]).values, cube.values)
    with pytest.raises(KeyError):
        cube.of([SeriesKey(9, "a21026")])
