"""`yuanjian simulate device` and `yuanjian conform`, as an integrator types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from devices import GatewayProcess, Intake, start_gateway  # noqa: F401 - the gateway's fixture needs it
from devices import gateway as gateway
from devices import intake as intake

from yuanjian.cli.integrators import address
from yuanjian.errors import UserFault

KEY = "0123456789abcdef"
MN = "SIMULATED000000000000001"
YUANJIAN = [sys.executable, "-m", "yuanjian.cli.main"]


@contextmanager
def simulated(gateway: GatewayProcess, home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [*YUANJIAN, "simulate", "device", "--mn", MN, "--to", f"127.0.0.1:{gateway.port}", *options]
    environ = os.environ | {"YUANJIAN_HOME": str(home), "YUANJIAN_DEVICE_KEY": KEY}
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"ready device {MN}")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)
    assert process.returncode == 0


def test_an_encrypted_device_sends_and_answers(
    gateway: GatewayProcess, intake: Intake, tmp_path: Path
) -> None:
    intake.rows(
        "INSERT INTO intake.device (mn, standard, key_current, allow_clear) VALUES (%s, '2025', %s, false) "
        "RETURNING mn",
        MN,
        KEY.encode(),
    )
    with simulated(gateway, tmp_path, "--standard", "2025", "--encrypt", "--speed", "60"):
        intake.until("SELECT seal FROM intake.link", "hj212.seal.current", 30)
        for came in ("cn = '9015'", "cn = '2011' AND fault IS NULL"):
            intake.until(f"SELECT count(*) > 0 FROM intake.frame WHERE {came}", True, 30)
        intake.rows(
            "INSERT INTO intake.command (mn, cn, requested_by) VALUES (%s, '1061', 'test') RETURNING id", MN
        )
        intake.until("SELECT state FROM intake.command", "done", 30)
    assert intake.value("SELECT result->'values' FROM intake.command") == {"RtdInterval": "30"}
    assert intake.value("SELECT clear FROM intake.link") == 0
    [raw] = intake.rows("SELECT raw FROM intake.frame WHERE cn = '2011' AND fault IS NULL LIMIT 1")[0]
    assert b"DataTime" not in raw


def test_conform_prints_a_report(gateway: GatewayProcess, tmp_path: Path) -> None:
    command = [*YUANJIAN, "conform", f"127.0.0.1:{gateway.port}", "--only", "ack-2017", "crc"]
    environ = os.environ | {"YUANJIAN_HOME": str(tmp_path)}
    done = subprocess.run([*command, "--json"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["conforms"], [each["name"] for each in report["checks"]]) == (True, ["ack-2017", "crc"])
    gateway.terminate()
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "0/2 · 不符合 does not conform"


@pytest.mark.parametrize("text", ["nowhere", "host:", ":9212", "host:0", "host:99999", "host:x"])
def test_an_address_needs_host_and_port(text: str) -> None:
    with pytest.raises(UserFault):
        address(text)
    assert address("[::1]:9212") == ("::1", 9212)
