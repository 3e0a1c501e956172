"""The profile of a device decides what its codes mean when ingest decodes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from devices import MN, Intake
from lake import IngestProcess

from yuanjian.errors import OwnFault
from yuanjian.ingest.codes import Codes, Dialect, codebook
from yuanjian.ingest.decode import Decoded, Frame, decode
from yuanjian.wire.hj212 import CODEBOOK, Standard, build_upload

WALL = datetime(2026, 5, 1, 8, 0)  # noqa: DTZ001 - Beijing wall time, as in a frame
SOON = datetime(2026, 5, 1, 0, 1, tzinfo=UTC)
PROFILES = """# Two provinces that use the same codes for different things
name,layers,name_zh,name_en,note
north,,北省,North,
south,hebei,南省,South,
"""
FACTORS = "code,old_code,standard,medium,name_zh,name_en,unit,amount_unit,format,note,means\n"
NORTH = FACTORS + (
    "d90101,,local,power,一号设施有功功率,Power of facility 1,kW,,N5.2,,d20701\n"
    "a21026,,local,gas,本省另有含义,Something else here,,,N5.2,,\n"
    "p80101,,local,condition,炉排转速,Grate speed,r/min,,N3.1,,\n"
)
SOUTH = FACTORS + "d90101,,local,power,一号设施累计电量,Energy of facility 1,kWh,,N10.2,,d20801\n"
INFOS = "code,profile,kind,name_zh,name_en,unit,format,values,role\n"
NORTH_INFOS = INFOS + "i9001,x,door,卡号,Card,,C32,,door.card\ni9002,x,logger,日志,Log,,C890,,\n"
SOUTH_INFOS = INFOS + "i9001,x,auxiliary,房温,Room temperature,°C,N3.1,,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "profiles"
    found.mkdir()
    for name, text in (
        ("profiles.csv", PROFILES),
        ("north.factors.csv", NORTH),
        ("south.factors.csv", SOUTH),
        ("north.infos.csv", NORTH_INFOS),
        ("south.infos.csv", SOUTH_INFOS),
    ):
        (found / name).write_text(text, encoding="utf-8")
    return found


def raw(
    cn: str,
    st: str,
    factors: Sequence[Any] = (),
    infos: Sequence[Any] = (),
    mn: str = MN,
    wall: datetime = WALL,
) -> bytes:
    [made] = build_upload(
        standard=Standard.V2017, st=st, cn=cn, pw="123456", mn=mn, qn="20260501080001000", data_time=wall,
        factors=factors, infos=infos,
    )  # fmt: skip
    return made


def read(folder: Path, profile: str | None, *frames: bytes) -> Decoded:
    codes = Codes(codebook(folder), {MN: Dialect(None, profile)})
    return decode([Frame(0, n, SOON, MN, each) for n, each in enumerate(frames)], None, codes)


def factors(done: Decoded) -> list[str]:
    return done.reading_frame()["factor"].to_list()


@pytest.mark.parametrize(
    ("profile", "stored"),
    [
        ("north", ["d20701", "a21026@north", "zz999"]),
        ("south", ["d20801", "a21026", "zz999"]),
        (None, ["d90101", "a21026", "zz999"]),
        ("national-2017", ["d90101", "a21026", "zz999"]),
        ("forgotten", ["d90101", "a21026", "zz999"]),
    ],
)
def test_one_code_two_meanings(folder: Path, profile: str | None, stored: list[str]) -> None:
    sent = [("d90101", {"rtd": "7"}), ("a21026", {"rtd": "8"}), ("zz999", {"rtd": "9"})]
    done = read(folder, profile, raw("2011", "44", sent))
    assert factors(done) == stored
    assert done.reading_frame()["value"].to_list() == [7, 8, 9]


def test_key_conditions_are_values_or_states(folder: Path) -> None:
    sent = [("p80101", {"rtd": "4.5"}), ("p99101", {"rtd": "St"})]
    done = read(folder, "north", raw("2011", "45", sent))
    assert factors(done) == ["p80101"]
    [state] = done.event_frame().to_dicts()
    assert (state["kind"], state["code"], state["text"]) == ("state", "p99101", "St")


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        ("north", {"i3310": "door", "i9002": "log", "i77": "state"}),
        ("south", {"i9001": "state", "i9002": "state", "i77": "state"}),
    ],
)
def test_door_records_by_the_roles_of_the_profile(folder: Path, profile: str, kinds: dict[str, str]) -> None:
    infos = [("i9001", "C-17"), ("i9002", "x"), ("i77", "y")]
    rows = read(folder, profile, raw("3020", "31", infos=infos)).event_frame().to_dicts()
    assert {row["code"]: row["kind"] for row in rows} == kinds
    if profile == "north":
        assert json.loads(next(row["text"] for row in rows if row["kind"] == "door")) == {"card": "C-17"}


def test_an_installation_without_profiles_has_the_shipped_ones(tmp_path: Path) -> None:
    assert codebook(tmp_path) is CODEBOOK


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("profiles.csv", "name,layers\nnorth,\n"),
        ("profiles.csv", "name;layers\nnorth;\n"),
        ("north.factors.csv", "code,name\nx,y\n"),
    ],
)
def test_tables_that_cannot_be_read_stop_ingest(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(OwnFault) as caught:
        codebook(folder)
    assert caught.value.code == "ingest.profiles"


def test_a_profile_set_while_ingest_runs_counts_for_the_next_frames(
    folder: Path, database_url: str, tmp_path: Path, intake: Intake
) -> None:
    from journals import fill, row

    ingest = IngestProcess(database_url, tmp_path)
    now = datetime.now(UTC).replace(microsecond=0)
    wall = (now + timedelta(hours=8)).replace(tzinfo=None)
    for seq, profile in ((1, None), (2, "north"), (3, "south")):
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "INSERT INTO intake.device (mn, profile) VALUES (%s, %s) "
                "ON CONFLICT (mn) DO UPDATE SET profile = excluded.profile",
                (MN, profile),
            )
        sent = raw("2011", "44", [("d90101", {"rtd": str(seq)})], wall=wall + timedelta(seconds=seq))
        fill(database_url, [row(seq, now, sent)])
        intake.until("SELECT max(seq)::int FROM intake.progress", seq, 20)
    found = ingest.readings("realtime").sort("value")
    assert found["factor"].to_list() == ["d90101", "d20701", "d20801"]
    assert ingest.terminate() == 0
