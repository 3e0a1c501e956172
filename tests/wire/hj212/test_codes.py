from __future__ import annotations

import pytest

from yuanjian.wire.hj212 import FACTORS, Standard, canonical, code_2005, factor, info, medium


def test_the_whole_annex_is_there() -> None:
    counts = dict.fromkeys(("water", "gas", "noise"), 0)
    for row in FACTORS.values():
        if row.standard == "2017":
            counts[row.medium] += 1
    assert counts == {"water": 63, "gas": 121, "noise": 12}


@pytest.mark.parametrize(
    ("code", "name", "unit", "amount", "decimals"),
    [
        ("w01018", "化学需氧量", "mg/L", "kg", 1),
        ("a21026", "二氧化硫", "mg/m³", "kg", 2),
        ("a34013", "烟尘", "mg/m³", "kg", 0),
        ("w00000", "污水", "L/s", "m³", 2),
        ("a00000", "废气", "m³/s", "m³", 1),
        ("Leq", "等效声级", "dB", "", 1),
        ("a05024", "臭氧", "", "", 3),
    ],
)
def test_factors(code: str, name: str, unit: str, amount: str, decimals: int) -> None:
    found = factor(code)
    assert found is FACTORS[code]
    assert (found.name_zh, found.unit, found.amount_unit, found.decimals) == (name, unit, amount, decimals)


def test_2025_changes_formats_and_a_name() -> None:
    new = factor("a34013", Standard.V2025)
    assert new is not None
    assert (new.name_zh, new.decimals) == ("颗粒物", 1)
    assert factor("w01018", Standard.V2025) is FACTORS["w01018"]


@pytest.mark.parametrize(
    ("code", "name", "unit"),
    [
        ("d20105", "生产设施A相电压（05号）", "V"),
        ("d20701", "生产设施有功功率（01号）", "kW"),
        ("d30802", "治理设施累计电量（02号）", "kWh"),
        ("e10203", "进水口COD（03号）", "mg/L"),
        ("SB12", "污染治理设施（12号）", ""),
    ],
)
def test_numbered_codes(code: str, name: str, unit: str) -> None:
    found = factor(code)
    assert found is not None
    assert (found.code, found.name_zh, found.unit) == (code, name, unit)


def test_local_items_are_marked() -> None:
    for code in ("d20701", "d20801", "d30701", "d30801"):
        found = factor(code)
        assert found is not None
        assert found.standard == "local"
        assert "LOCAL" in found.note
    voltage = factor("d20101")
    assert voltage is not None
    assert voltage.standard == "2025"


@pytest.mark.parametrize(
    "code", ["", "x", "xx", "d209xx", "d20901", "SBx", "SB", "zz9999", "d207²²", "a99999"]
)
def test_unknown_factors(code: str) -> None:
    assert factor(code) is None


@pytest.mark.parametrize(
    ("sent", "system", "code"),
    [
        ("011", "32", "w01018"),
        ("011", "21", "w01018"),
        ("011", "31", "011"),
        ("02", "31", "a21026"),
        ("s01", "31", "a19001"),
        ("S08", "31", "a01013"),
        ("B02", "31", "a00000"),
        ("W01018", "32", "w01018"),
        ("leq", "23", "Leq"),
        ("025", "32", "025"),
        ("a21026", "32", "a21026"),
        ("ele01", "32", "ele01"),
        ("PMD", "31", "PMD"),
        ("01", "101", "01"),
    ],
)
def test_canonical(sent: str, system: str, code: str) -> None:
    assert canonical(sent, system) == code


@pytest.mark.parametrize(
    "code", [row.code for row in FACTORS.values() if row.medium in ("water", "gas", "noise")]
)
def test_2005_codes_come_back(code: str) -> None:
    system = {"water": "32", "gas": "31", "noise": "23"}[FACTORS[code].medium]
    assert canonical(code_2005(code, system), system) == code


def test_2005_codes_stay_in_their_medium() -> None:
    assert code_2005("w01018", "31") == "w01018"
    assert code_2005("w01009", "32") == "w01009"
    assert code_2005("zz", "32") == "zz"


def test_medium_of_a_system() -> None:
    assert [medium(system) for system in ("32", "31", "23", "44", "101")] == [
        "water",
        "gas",
        "noise",
        None,
        None,
    ]


def test_door_codes() -> None:
    for letter in "ABCDEFGHIJ":
        found = info(f"i3310{letter}")
        assert found is not None
        assert (found.profile, found.kind) == ("hebei", "door")
        assert found.name_en
        assert not found.is_log
    record = info("i41001")
    assert record is not None
    assert (record.name_zh, record.is_log) == ("开关门记录", True)


def test_codes_mean_what_their_profile_says() -> None:
    def name(*key: object) -> str | None:
        found = info("i23005", *key)  # type: ignore[arg-type]
        return found and found.name_zh

    assert name(Standard.V2025) == "数采仪编号"
    assert name(Standard.V2025, "hebei") == "烟气湿度量程"
    assert name() == "烟气湿度量程"
    pressure = info("238", None, "shandong")
    assert pressure is not None
    assert pressure.unit == "kPa"
    assert info("238") is None


@pytest.mark.parametrize(
    ("code", "known"), [("I33400", "i33400"), ("i33312", "i3331x"), ("I11001", "i11001")]
)
def test_info_spelling(code: str, known: str) -> None:
    found = info(code)
    assert found is not None
    assert found.code == known


@pytest.mark.parametrize("code", ["", "i3331z", "i99999"])
def test_unknown_infos(code: str) -> None:
    assert info(code) is None
