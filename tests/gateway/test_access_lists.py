"""The lists of who may come in and from where, as they are written and changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from yuanjian.gateway.access import Access, address_of


def test_a_list_is_read_again_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "allow"
    path.write_text("M 10.0.0.0/8")
    access = Access("", path)

    def trusted_after(text: str) -> list[bool]:
        """At each of three looks: whether a stranger is trusted."""
        path.write_text(text)
        os.utime(path, (0, 0))  # the clock of files is coarse: two writes may differ in size only
        found = []
        for _ in range(3):
            access.reload()
            found.append(access.trusts("M", address_of("127.0.0.1")))
        return found

    path.write_text("")  # an editor has emptied it, and is about to write
    access.reload()
    assert not access.trusts("M", address_of("127.0.0.1"))
    assert trusted_after("M 10.0.0.0/8, not-a-network") == [False] * 3  # a mistake changes nothing
    assert trusted_after("M 127.0.0.0/8") == [False, True, True]
    assert trusted_after("M 10.0.0.0/8") == [True, False, False]


@pytest.mark.parametrize(
    ("networks", "lines", "wrong"),
    [
        ("10.0.0.0/33", "", "ALLOW: "),
        ("", "MN1 10.0.0.0/8\nMN2", "ALLOW_MN line 2"),
        ("", "A 1.2.3", "line 1"),
    ],
)
def test_a_mistake_in_a_list_is_named(tmp_path: Path, networks: str, lines: str, wrong: str) -> None:
    (tmp_path / "allow").write_text(lines)
    with pytest.raises(ValueError, match=f"YUANJIAN_GATEWAY_.*{wrong}"):
        Access(networks, tmp_path / "allow")


def test_a_list_that_is_not_there_is_named_and_one_that_goes_stays_in_force(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="YUANJIAN_GATEWAY_ALLOW_MN"):
        Access("", tmp_path / "none")
    path = tmp_path / "allow"
    path.write_text("M 10.0.0.0/8")
    access = Access("", path)
    path.unlink()
    access.reload()
    assert not access.trusts("M", address_of("11.0.0.1"))


def test_addresses_are_read_as_they_come() -> None:
    access = Access("10.0.0.0/8,fe80::/10")
    assert access.admits(address_of("::ffff:10.1.2.3"))
    assert access.admits(address_of("fe80::1%eth0"))
    assert not access.admits(address_of("2001:db8::1"))
    assert not access.admits(address_of("unknown"))
    assert Access().admits(address_of("unknown"))
