"""What an operator reads and types about targets that frames are relayed to."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from devices import MN
from platforms import Platform, add


def test_the_list_says_how_far_behind_a_target_is(
    typed: Callable[..., int], journal: list[bytes], platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    add(typed, platform, "--from-start", "--mn", MN, "64*")
    assert typed("forward", "list", "--json") == 0
    [target] = json.loads(capsys.readouterr().out)
    assert (target["name"], target["behind"], target["mns"]) == ("province", 40, [MN, "64*"])
    assert typed("forward", "list") == 0
    assert "province" in capsys.readouterr().out


@pytest.mark.parametrize("address", ["host", "host:", ":1", "host:0", "host:99999", "host:one"])
def test_an_address_must_be_one(
    typed: Callable[..., int], capsys: pytest.CaptureFixture[str], address: str
) -> None:
    assert typed("forward", "add", "x", address) == 1
    assert "cli.bad_address" in capsys.readouterr().err


def test_a_target_that_is_not_there_is_named(
    typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ("pause", "resume", "remove"):
        assert typed("forward", verb, "nobody") == 1
        assert "cli.no_target" in capsys.readouterr().err
