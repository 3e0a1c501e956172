"""Codes by (standard, profile, code), and door records through them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from yuanjian.wire.hj212 import (
    CODEBOOK,
    DoorRecord,
    Factor,
    InfoCode,
    LocalError,
    Message,
    Profile,
    Standard,
    Upload,
    info,
    parse_frame,
    read_doors,
    read_upload,
)

V2005, V2017, V2025 = Standard
AT = datetime(2016, 8, 1, 8, 58, 57)  # noqa: DTZ001 — the standard's stamps carry no zone
PROVINCE = """# Own door codes
code,profile,kind,name_zh,name_en,unit,format,values,role
i3390A,x,door,卡号,Card,,C32,,door.card
i3390B,x,door,进出,Way,,N1,0 in;1 out,door.type
i3391x,x,auxiliary,温度,Temperature,°C,N4.1,
i31001,x,auxiliary,另有含义,Another meaning,,C890,
"""


def name(code: str, standard: Standard, profile: str | None = None) -> str | None:
    found = CODEBOOK.lookup(code, standard, profile)
    return found and found.name_zh


def test_profiles_shipped() -> None:
    assert set(CODEBOOK.profiles) == {
        *("national-2005", "national-2017", "national-2025"),
        *("hebei", "shandong", "yuanjian-demo"),
    }


@pytest.mark.parametrize(
    ("code", "standard", "profile", "meaning"),
    [
        ("i23005", V2025, None, "数采仪编号"),
        ("i23005", V2025, "hebei", "烟气湿度量程"),
        ("i23005", V2017, "hebei", "烟气湿度量程"),
        ("i23005", V2017, None, None),
        ("i13108", V2025, None, "基准氧含量"),
        ("i13108", V2025, "hebei", "量程校准浓度"),
        ("i22002", V2017, None, "用户状态"),
        ("i22002", V2017, "hebei", "数采仪通讯状态"),
        ("238", V2017, "shandong", "本地大气压"),
        ("238", V2017, "hebei", None),
        ("i3310A", V2017, "shandong", None),
        ("i3310a", V2017, "hebei", "门禁编码"),
        ("i3310A", V2025, "yuanjian-demo", "门禁编码"),
        ("a34013", V2017, None, "烟尘"),
        ("a34013", V2025, None, "颗粒物"),
        ("a34013", V2025, "hebei", "颗粒物"),
        ("d20105", V2025, None, "生产设施A相电压"),
        ("d20105", V2017, None, None),
        ("d20701", V2025, None, None),
        ("d20701", V2017, "yuanjian-demo", "生产设施有功功率"),
        ("p99101", V2025, None, "关键生产工况标记"),
        ("011", V2005, None, "化学需氧量"),
        ("w01018", V2005, None, "化学需氧量"),
        ("011", V2017, None, None),
        ("i33312", V2017, None, "炉膛内上部焚烧温度"),
        ("e10203", V2017, None, "进水口COD"),
        ("SB12", V2025, None, "污染治理设施"),
        ("SB1", V2025, None, "污染治理设施"),
        ("a05024", V2017, None, "臭氧"),
        ("zz", V2025, "hebei", None),
        ("", V2025, None, None),
    ],
)
def test_a_code_means_what_its_device_means(
    code: str, standard: Standard, profile: str | None, meaning: str | None
) -> None:
    assert name(code, standard, profile) == meaning


def test_collisions_are_listed() -> None:
    found = {each.code: each for each in CODEBOOK.collisions(V2025, "hebei")}
    assert {"i23003", "i23004", "i23005", "i23006", "i23007", "i23008", "i13108"} <= set(found)
    assert (found["i23006"].local.name_zh, found["i23006"].national.name_zh) == ("烟气温度量程上限", "CPUID")
    assert {"i22002", "i22003"} <= {each.code for each in CODEBOOK.collisions(V2017, "hebei")}
    assert "i23005" not in {each.code for each in CODEBOOK.collisions(V2017, "hebei")}
    assert CODEBOOK.collisions(V2025, "national-2025") == ()


def test_unknown_profiles_are_our_mistake() -> None:
    with pytest.raises(LocalError) as caught:
        CODEBOOK.lookup("i23005", V2025, "nowhere")
    assert caught.value.zh == "没有编码表 nowhere"


def test_a_province_of_ones_own() -> None:
    book = CODEBOOK.with_profile(Profile("x", ("hebei",), "某省", "Some province"), PROVINCE)
    card = book.lookup("i3390a", V2025, "x")
    assert isinstance(card, InfoCode)
    assert card.role == "door.card"
    meanings = {"i33914": "温度", "i3310B": "开门方式", "i31001": "另有含义", "i21001": "运行日志"}
    for code, meaning in meanings.items():
        found = book.lookup(code, V2017, "x")
        assert found is not None
        assert found.name_zh == meaning
    assert "i31001" in {each.code for each in book.collisions(V2017, "x")}
    assert "x" not in CODEBOOK.profiles


def test_what_a_profile_itself_says() -> None:
    assert CODEBOOK.local("i22002", "hebei") is CODEBOOK.lookup("i22002", V2017, "hebei")
    assert CODEBOOK.local("a34013", "hebei") is None
    with pytest.raises(LocalError):
        CODEBOOK.local("a34013", "nowhere")


def test_factors_of_ones_own() -> None:
    table = (
        "code,old_code,standard,medium,name_zh,name_en,unit,amount_unit,format,note\n"
        "d209xx,,x,power,功率因数,Power factor,,,N1.2,\n"
    )
    book = CODEBOOK.with_profile(Profile("x", (), "某省", "Some province"), table)
    found = book.lookup("d20903", V2025, "x")
    assert isinstance(found, Factor)
    assert (found.name_zh, found.decimals) == ("功率因数", 2)


def test_tables_of_another_form_are_refused() -> None:
    with pytest.raises(LocalError) as caught:
        CODEBOOK.with_profile(Profile("x", (), "某省", "Some province"), "code,name\n1,2\n")
    assert caught.value.code == "hj212.profile"


def test_meaning_of_values() -> None:
    state = info("i22001")
    assert state is not None
    assert [state.meaning(text) for text in ("0", "03", " 2 ", "9", "", "x")] == [
        *("run", "maintenance", "fault", None),
        *("run", None),
    ]
    points = info("i33312")
    assert points is not None
    assert points.meaning("0") is None


def doors(cp: str, standard: Standard = V2017, profile: str | None = None) -> Any:
    upload = read_upload(
        Message("1", "32", "3020", "123456", "M", flag=5, cp=f"DataTime=20160801085857;{cp}")
    )
    assert upload is not None
    return read_doors(upload, standard, profile)


def test_an_opening(samples: list[Any]) -> None:
    (raw,) = (sample.raw for sample in samples if b"i3310A" in sample.raw)
    upload = read_upload(parse_frame(raw))
    assert upload is not None
    for profile in ("hebei", None):
        (record,), others = read_doors(upload, V2017, profile)
        assert record == DoorRecord(
            "opening", AT, door="DOOR01", method="1", user="U0001", state="1", sent=upload.infos
        )
        assert others == ()


def test_all_fields_of_an_opening() -> None:
    cp = (
        "i3310A-Info=D1,i3310B-Info=01,i3310C-Info=02,i3310D-Info=U1,i3310E-Info=20160801080000,i3310F-Info=1,"
        "i3310G-Info=90,i3310H-Info=P1,i3310I-Info=//http://h/p.jpg//,i3310J-Info=甲"
    )
    (record,), _ = doors(cp, V2025, "yuanjian-demo")
    assert record.time == datetime(2016, 8, 1, 8)  # noqa: DTZ001
    assert (record.door, record.method, record.type, record.user, record.state) == (
        "D1",
        "01",
        "02",
        "U1",
        "1",
    )
    assert (record.card, record.image, record.image_url, record.person) == (
        "90",
        "P1",
        "http://h/p.jpg",
        "甲",
    )
    assert len(record.sent) == 10


def test_two_people() -> None:
    records, _ = doors("i3310D-Info=U1;i3310F-Info=1;i3310D-Info=U2;i3310E-Info=noon")
    assert [(each.user, each.state, each.time) for each in records] == [("U1", "1", AT), ("U2", "", AT)]


def test_texts_states_and_what_is_no_door() -> None:
    records, others = doors(
        "i41001-Info=//开门 08:00//;i41002-Info=//断电//;i31001-Info=//张三;进入//;"
        "i32001-Info=2;i42003-Info=1;i99999-Info=7;i21001-Info=//记录//;w01018-Info=x"
    )
    assert [(each.kind, each.text or each.state) for each in records] == [
        ("record", "开门 08:00"),
        ("power_cut", "断电"),
        ("log", "张三;进入"),
        ("device", "2"),
        ("sampler", "1"),
    ]
    assert others == (("i99999", "7"), ("i21001", "记录"), ("w01018", "x"))


def test_doors_of_another_province() -> None:
    book = CODEBOOK.with_profile(Profile("x", (), "某省", "Some province"), PROVINCE)
    upload = Upload("info", AT, (), (("i3390A", "77"), ("i3390B", "1"), ("i31001", "text")), resent=False)
    (record,), others = read_doors(upload, V2017, "x", book)
    assert (record.card, record.type) == ("77", "1")
    assert others == (("i31001", "text"),)
