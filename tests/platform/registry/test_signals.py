"""Process parameters and machines of the register."""

from __future__ import annotations

from typing import Any

import pytest

from yuanjian.platform.common.activity import timeline
from yuanjian.platform.common.errors import Invalid
from yuanjian.platform.registry import services
from yuanjian.platform.registry.models import Facility, Signal
from yuanjian.platform.registry.selectors import outlet_contexts

JSON = "application/json"
FURNACE = {"role": "furnace_temperature", "factor": "g20501"}


def post(client: Any, world: Any, **given: Any) -> Any:
    point = world.own.points["gas"].pk
    return client.post(
        f"/api/outlets/{world.own.gas.pk}/signals", {**FURNACE, "point_id": point, **given}, JSON
    )


def test_a_signal_reaches_screening_and_the_dossier(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    made = post(client, world, name="1号炉炉膛", design=850).json()
    assert (made["role_text"], made["role_text_en"], made["unit"]) == ("炉膛温度", "furnace temperature", "℃")
    context = next(item for item in outlet_contexts() if item.outlet == world.own.gas.pk)
    (signal,) = context.signals_of("furnace_temperature")
    assert (signal.point, signal.factor) == (world.own.points["gas"].pk, "g20501")
    assert (signal.name, signal.design) == ("1号炉炉膛", 850)
    dossier = client.get(f"/api/enterprises/{world.own.enterprise.pk}").json()
    assert dossier["outlets"][0]["signals"] == [made]
    assert timeline(world.own.gas)[-1]["text"] == "测试integrator 登记工况参数 1号炉炉膛"


def test_said_again_it_is_changed(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    first, second = (post(client, world, design=design).json() for design in (850, 900))
    assert first["id"] == second["id"]
    assert str(Signal.objects.get()) == "炉膛温度"
    assert Signal.objects.get().design == 900


def test_a_signal_is_taken_back(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    made = post(client, world).json()
    assert client_of(world.foreign["integrator"]).delete(f"/api/signals/{made['id']}").status_code == 404
    assert client.delete(f"/api/signals/{made['id']}").status_code == 204
    assert not Signal.objects.exists()
    assert timeline(world.own.gas)[-1]["action"] == "registry.signal_removed"


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [({"role": "mood"}, 422, "registry.role"), ({"point_id": 10**9}, 404, "api.not_found")],
)
def test_a_wrong_signal_is_refused(
    world: Any, client_of: Any, given: dict[str, Any], status: int, code: str
) -> None:
    answer = post(client_of(world.users["integrator"]), world, **given)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_signal_comes_from_a_point_of_the_enterprise(world: Any) -> None:
    with pytest.raises(Invalid, match=r"registry\.point"):
        services.set_signal(world.admin, world.own.gas, **FURNACE, point=world.other.points["gas"])


@pytest.mark.parametrize("who", ["analyst", "author"])
def test_who_may_not_write_the_register(world: Any, client_of: Any, who: str) -> None:
    assert post(client_of(world.users[who]), world).status_code == 403
    assert post(client_of(world.foreign["integrator"]), world).status_code == 404


def test_machines_and_the_main_meter(world: Any, client_of: Any) -> None:
    client = client_of(world.users["integrator"])
    kiln, scrubber = Facility.objects.filter(outlet=world.own.gas).order_by("code")
    body = client.patch(
        f"/api/facilities/{scrubber.pk}", {"machine": "slurry_pump", "in_permit": False}, JSON
    ).json()
    assert (body["machine_text"], body["machine_text_en"]) == ("浆液循环泵", "slurry pump")
    assert client.patch(f"/api/facilities/{kiln.pk}", {"kind": "total"}, JSON).json()["kind"] == "total"
    chain = next(item for item in outlet_contexts() if item.outlet == world.own.gas.pk).chain
    assert chain is not None
    (meter,), (total,) = chain.treatment, chain.total
    assert (meter.machine, meter.in_permit, meter.code, total.name) == ("slurry_pump", False, "ZL01", "窑炉")
    assert client.patch(f"/api/facilities/{kiln.pk}", {"machine": "x"}, JSON).status_code == 422
    assert client.patch(f"/api/facilities/{kiln.pk}", {}, JSON).json()["machine"] == ""
    foreign = client_of(world.foreign["integrator"])
    assert foreign.patch(f"/api/facilities/{kiln.pk}", {"machine": "fan"}, JSON).status_code == 404


def test_a_point_of_process_parameters(world: Any) -> None:
    spec = services.PointSpec(world.own.gas, "45", "process")
    services.register_logger(None, mn="PROCESS000000001", enterprise=world.own.enterprise, points=[spec])
    assert world.own.gas.points.get(kind="process").name == "锅炉排口工况"
