"""Settings come from the environment and nowhere else."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from yuanjian import config


def test_defaults_listen_on_the_loopback_address_only(tmp_path: Path) -> None:
    settings = config.load({"YUANJIAN_HOME": str(tmp_path)})
    assert settings.gateway_host == settings.web_host == "127.0.0.1"
    assert (settings.gateway_port, settings.web_port, settings.push_port) == (9212, 8080, 8081)
    assert settings.demo is False
    assert settings.lake_uri == str(tmp_path / "lake")
    assert settings.web_url == "http://127.0.0.1:8080"
    assert settings.events_url == "http://127.0.0.1:8081/events"


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = config.load({"YUANJIAN_HOME": str(tmp_path)}).secret_key
    assert len(first) >= 48
    assert config.load({"YUANJIAN_HOME": str(tmp_path)}).secret_key == first
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_signing_key_whose_maker_has_not_written_it_yet_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "secret").touch(0o600)
    first = config.load({"YUANJIAN_HOME": str(tmp_path)}).secret_key
    assert len(first) >= 48
    assert config.load({"YUANJIAN_HOME": str(tmp_path)}).secret_key == first


def test_processes_that_start_together_agree_on_the_signing_key(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def load(_: int) -> str:
        start.wait()
        return config.load({"YUANJIAN_HOME": str(tmp_path / "home")}).secret_key

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(load, range(8)))) == 1


def test_a_wrong_number_names_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="YUANJIAN_WEB_PORT='many'"):
        config.load({"YUANJIAN_HOME": str(tmp_path), "YUANJIAN_WEB_PORT": "many"})


def test_networks_of_proxies(tmp_path: Path) -> None:
    home = {"YUANJIAN_HOME": str(tmp_path)}
    assert config.load(home).proxies == ()
    some = config.load(home | {"YUANJIAN_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}).proxies
    assert [str(network) for network in some] == ["10.0.0.0/8", "::1/128"]
    with pytest.raises(ValueError, match="YUANJIAN_TRUSTED_PROXIES='proxy'"):
        _ = config.load(home | {"YUANJIAN_TRUSTED_PROXIES": "proxy"}).proxies


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False), ("no", False)])
def test_switches(tmp_path: Path, text: str, value: bool) -> None:
    assert config.load({"YUANJIAN_HOME": str(tmp_path), "YUANJIAN_DEMO": text}).demo is value


def test_options_of_the_object_store(tmp_path: Path) -> None:
    settings = config.load(
        {
            "YUANJIAN_HOME": str(tmp_path),
            "YUANJIAN_LAKE": "s3://bucket/lake",
            "YUANJIAN_LAKE_OPTIONS": "AWS_REGION=x; AWS_ENDPOINT_URL=http://127.0.0.1:9000",
        }
    )
    assert settings.lake_uri == "s3://bucket/lake"
    assert settings.lake_options == {"AWS_REGION": "x", "AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}
