"""Writing and reading the register."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest
import world as make
from django.db import IntegrityError, connection, transaction
from stories import Town, a_clue, get

from yuanjian.platform.common.activity import timeline
from yuanjian.platform.common.errors import Invalid, Refused
from yuanjian.platform.registry import industries, services
from yuanjian.platform.registry.geography import boundaries, divisions, inside, name_of
from yuanjian.platform.registry.models import DataLogger, Limit, MonitoringPoint, Region
from yuanjian.platform.registry.selectors import outlet_contexts

JSON = "application/json"
STRAY = "STRAY0000000000000000001"


def test_the_divisions_are_those_of_the_ministry() -> None:
    levels = [division.level for division in divisions().values()]
    assert {level: levels.count(level) for level in set(levels)} == {
        "province": 34,
        "city": 333,
        "county": 2847,
    }
    assert divisions()["640105"].full_name == "宁夏回族自治区/银川市/西夏区"
    assert name_of("640105") == "西夏区"
    assert name_of("999999") == "999999"
    assert [division.code for division in inside("640200")] == ["640200", "640202", "640205", "640221"]


def test_an_industry_is_named_by_the_narrowest_that_is_known() -> None:
    said = {code: industries.name_of(code) for code in ("C3011", "C3012", "D44", "X99", "")}
    assert said == {
        "C3011": ("水泥制造", "Cement"),
        "C3012": ("非金属矿物制品业", "Non-metal mineral products"),
        "D44": ("电力、热力生产和供应业", "Electricity and heat"),
        "X99": ("", ""),
        "": ("", ""),
    }


def test_industries_are_those_of_the_enterprises_one_sees(world: Any) -> None:
    plant = world.own.enterprise
    plant.industry_code, plant.industry = "C3011", "水泥（本地叫法）"
    plant.save()
    [division, own] = industries.present(world.users["analyst"])
    assert division == {"code": "C30", "name": "非金属矿物制品业", "name_en": "Non-metal mineral products"}
    assert own == {"code": "C3011", "name": "水泥（本地叫法）", "name_en": "Cement"}
    row = get(world.users["analyst"], f"/enterprises/{plant.pk}")
    assert (row["industry"], row["industry_en"]) == ("水泥（本地叫法）", "Cement")


def test_the_table_of_regions_is_filled_and_kept(db: None) -> None:
    assert Region.objects.count() == 3214
    Region.objects.filter(code="640105").delete()
    services.load_regions()
    region = Region.objects.get(code="640105")
    assert (str(region), region.parent) == ("西夏区", "640100")
    assert 105 < (region.lon or 0) < 107


def test_boundaries_always_carry_the_boundary_lines() -> None:
    body, etag = boundaries("640000")
    features = orjson.loads(body)["features"]
    kinds = [feature["properties"].get("kind") for feature in features]
    assert kinds.count("boundary_line") == 7
    assert len(features) == 22 + 7
    assert etag != boundaries("640100")[1]
    assert len(orjson.loads(boundaries("000000")[0])["features"]) == 2898


def test_the_browser_need_not_fetch_boundaries_twice(world: Any, client_of: Any) -> None:
    client = client_of(world.users["analyst"])
    first = client.get("/api/geo/640000")
    assert first.headers["Content-Type"] == "application/geo+json"
    again = client.get("/api/geo/640000", headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/geo/999999").status_code == 404


def test_enterprises_can_be_searched(world: Any, client_of: Any) -> None:
    client = client_of(world.admin)
    own, other = world.own.enterprise.pk, world.other.enterprise.pk

    def found(query: str) -> list[int]:
        return [row["id"] for row in client.get(f"/api/enterprises?{query}").json()["items"]]

    assert found("q=甲") == [own]
    assert found("q=" + world.other.logger.mn.lower()) == [other]
    assert found("region=640200") == [other]
    assert found("region=640000") == [own, other]
    assert found("q=没有") == []
    assert found("size=1&page=2") == [other]
    assert found("level=1") == []


def test_a_row_says_whether_a_logger_is_online(world: Any, client_of: Any) -> None:
    make.link(world.own.logger.mn)
    rows = client_of(world.admin).get("/api/enterprises").json()["items"]
    assert [(row["online"], row["outlets"], row["region_name"]) for row in rows] == [
        (True, 2, "西夏区"),
        (False, 2, "惠农区"),
    ]


def test_the_dossier_has_everything(world: Any, client_of: Any) -> None:
    body = client_of(world.users["analyst"]).get(f"/api/enterprises/{world.own.enterprise.pk}").json()
    gas, water = body["outlets"]
    assert [point["kind"] for point in gas["points"]] == ["gas", "electricity", "door"]
    assert [facility["name"] for facility in gas["facilities"]] == ["窑炉", "脱硫塔"]
    assert {limit["factor_name"] for limit in water["limits"]} == {"化学需氧量", "pH值"}
    assert body["loggers"][0]["state"] == "never"
    assert body["timeline"][0]["text"] == "系统 登记排污单位 甲测试厂（虚拟）"


def test_the_code_table_of_factors(world: Any, client_of: Any) -> None:
    rows = {row["code"]: row for row in client_of(world.own.user).get("/api/factors").json()}
    assert rows["a21026"]["name"] == "二氧化硫"
    assert rows["a21026"]["unit"] == "mg/m³"


@pytest.mark.parametrize(
    ("given", "code"),
    [({"region_code": "999999"}, "registry.region"), ({"credit_code": "short"}, "registry.credit_code")],
)
def test_a_wrong_enterprise_is_refused(db: None, given: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        services.register_enterprise(None, **{"name": "丙", "region_code": "640105", **given})


def test_a_credit_code_is_registered_once(db: None) -> None:
    given = {"name": "丙", "region_code": "640105", "credit_code": "91640000TEST000001"}
    services.register_enterprise(None, **given)
    with pytest.raises(Refused, match=r"registry\.enterprise_twice"):
        services.register_enterprise(None, **given)


def test_a_limit_needs_a_bound_and_ordered_dates(world: Any) -> None:
    given = {"factor": "a21002", "averaging": "hour", "basis": "x", "valid_from": date(2026, 1, 1)}
    with pytest.raises(Invalid, match=r"registry\.limit_bound"):
        services.set_limit(None, world.own.gas, **given)
    with pytest.raises(IntegrityError, match="limit_dates_in_order"), transaction.atomic():
        services.set_limit(None, world.own.gas, **given, high=1.0, valid_to=date(2025, 1, 1))


def test_a_logger_takes_over_what_was_received_before(world: Any) -> None:
    make.execute("INSERT INTO intake.route (mn, st, point_id) VALUES (%s, '31', 4711)", STRAY)
    make.link(STRAY)
    spec = services.PointSpec(world.own.gas, "31", "gas", factors=("a21026",))
    services.register_logger(None, mn=STRAY, enterprise=world.own.enterprise, points=[spec])
    point = MonitoringPoint.objects.get(logger__mn=STRAY)
    assert (point.pk, point.name, str(point)) == (4711, "锅炉排口废气", "锅炉排口废气")
    with connection.cursor() as cursor:
        cursor.execute("SELECT known FROM intake.link WHERE mn = %s", [STRAY])
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("mn", ["short", "has space 12345", "x" * 25])
def test_a_malformed_mn_is_refused(world: Any, mn: str) -> None:
    with pytest.raises(Invalid, match=r"registry\.mn"):
        services.register_logger(None, mn=mn, enterprise=world.own.enterprise, points=[])


def adopt(client: Any, plant: Any, **given: Any) -> Any:
    body = {
        "mn": STRAY,
        "standard": "2017",
        "enterprise_id": plant.enterprise.pk,
        "outlet_id": plant.gas.pk,
        "kind": "gas",
        **given,
    }
    return client.post("/api/loggers", body, content_type=JSON)


def test_an_unregistered_mn_is_adopted_with_all_it_sent(world: Any, client_of: Any) -> None:
    for st in ("31", "44", "door"):
        make.execute("INSERT INTO intake.route (mn, st) VALUES (%s, %s)", STRAY, st)
    body = adopt(client_of(world.users["analyst"]), world.own).json()
    assert [(point["st"], point["kind"]) for point in body["points"]] == [
        ("31", "gas"),
        ("44", "electricity"),
        ("door", "door"),
    ]
    assert "登记数采仪" in timeline(DataLogger.objects.get(mn=STRAY))[0]["text"]
    again = adopt(client_of(world.users["analyst"]), world.own)
    assert (again.status_code, again.json()["code"]) == (409, "registry.logger_twice")


def test_an_mn_that_never_sent_gets_a_point_of_its_kind(world: Any, client_of: Any) -> None:
    body = adopt(client_of(world.users["integrator"]), world.own, kind="electricity").json()
    assert [(point["st"], point["kind"]) for point in body["points"]] == [("44", "electricity")]


def test_only_who_may_adopts_and_only_in_his_region(world: Any, client_of: Any) -> None:
    assert adopt(client_of(world.users["officer"]), world.own).status_code == 403
    assert adopt(client_of(world.own.user), world.own).status_code == 403
    assert adopt(client_of(world.foreign["analyst"]), world.own).status_code == 404
    assert (
        adopt(client_of(world.users["analyst"]), world.own, outlet_id=world.other.gas.pk).status_code == 404
    )
    assert adopt(client_of(world.users["analyst"]), world.own, kind="noise").status_code == 422


def test_every_change_of_the_register_is_kept(world: Any) -> None:
    limit = Limit.objects.filter(outlet=world.own.gas).get()
    Limit.objects.filter(pk=limit.pk).update(high=35.0)
    history = [event.high for event in limit.events.order_by("pgh_id")]
    assert history == [50.0, 35.0]


def test_outlet_contexts_say_what_screening_may_know(world: Any) -> None:
    context = next(item for item in outlet_contexts() if item.outlet == world.own.gas.pk)
    points = world.own.points
    assert (context.point, context.medium, context.industry) == (points["gas"].pk, "gas", "C44")
    assert context.factors == ("a21026",)
    assert context.limits[0].high == 50.0
    assert context.limits[0].o2_reference == 6.0
    assert context.door_points == (points["door"].pk,)
    assert context.chain is not None
    assert [(meter.factor, meter.point) for meter in context.chain.production] == [
        ("d20701", points["electricity"].pk)
    ]
    assert [meter.name for meter in context.chain.treatment] == ["脱硫塔"]
    water = next(item for item in outlet_contexts() if item.outlet == world.own.water.pk)
    assert (water.chain, water.factors) == (None, ("w01001", "w01018"))


def test_factors_received_are_owed_too(world: Any) -> None:
    make.latest(world.own.points["gas"].pk, "a34013", 5.0)
    context = next(item for item in outlet_contexts() if item.outlet == world.own.gas.pk)
    assert context.factors == ("a21026", "a34013")
    MonitoringPoint.objects.filter(pk=world.own.points["gas"].pk).update(factors=["a21002"])
    context = next(item for item in outlet_contexts() if item.outlet == world.own.gas.pk)
    assert context.factors == ("a21002",)


def test_contexts_take_a_fixed_number_of_queries(world: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(6):
        assert len(outlet_contexts()) == 4


def test_outlets_without_a_point_or_of_a_closed_plant_are_not_screened(world: Any) -> None:
    services.register_outlet(None, world.own.enterprise, code="DA002", name="无监测", medium="gas")
    assert len(outlet_contexts()) == 4
    world.other.enterprise.status = "closed"
    world.other.enterprise.save()
    assert {context.enterprise for context in outlet_contexts()} == {world.own.enterprise.pk}


def test_facilities_without_a_meter_are_no_chain(world: Any) -> None:
    services.register_facility(None, world.own.water, kind="treatment", code="ZL02", name="气浮机")
    context = next(item for item in outlet_contexts() if item.outlet == world.own.water.pk)
    assert context.chain is None


def test_names_are_readable(world: Any) -> None:
    facility = world.own.gas.facilities.first()
    assert [str(item) for item in (world.own.enterprise, world.own.gas, world.own.logger, facility)] == [
        "甲厂",
        "DA001 锅炉排口",
        world.own.logger.mn,
        "SC01 窑炉",
    ]


def test_an_enterprise_does_not_learn_from_the_register_that_there_is_a_clue(world: Any) -> None:
    town = Town.of(world)
    a_clue(town, "M205", level=2, class_="data-falsification")
    [row] = get(town.analyst, "/enterprises?level=2")["items"]
    assert row["worst_level"] == 2
    for level in ("", "?level=1", "?level=2"):
        [own] = get(town.enterprise, f"/enterprises{level}")["items"]
        assert own["worst_level"] is None
    detail = get(town.enterprise, f"/enterprises/{town.plant.pk}")
    assert (detail["worst_level"], detail["clues"], detail["orders"]) == (None, [], [])
