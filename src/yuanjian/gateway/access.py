"""Who may connect, and from where an MN may come. Both lists are off unless set.

HJ 212 has no authentication: an address is the only thing that tells a device from somebody who knows its MN.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from ipaddress import IPv4Network as Network4
from pathlib import Path
from typing import TypeAlias

log = logging.getLogger(__name__)

Address: TypeAlias = IPv4Address | IPv6Address
Networks: TypeAlias = tuple[Network4 | IPv6Network, ...]

STRANGER = "gateway.address"
"""Fault of a valid frame whose MN may not come from that address; ``STRANGER_TEXT`` is it for people."""
STRANGER_TEXT = ("该设备不得从此地址发送", "this MN may not be sent from that address")


class Access:
    """``networks`` is the list for all (CIDR, by commas); ``path`` a file of lines ``MN CIDR,CIDR`` (# begins
    a remark): an MN in it is taken from there only, any other from anywhere.

    Raises `ValueError` naming the setting and the line.
    """

    def __init__(self, networks: str = "", path: Path | None = None) -> None:
        self._networks = _networks(networks, "YUANJIAN_GATEWAY_ALLOW")
        self._path = path
        self._stamp = self._seen = _stamp(path)
        try:
            self._devices = _devices(path) if path else {}
        except OSError as error:
            raise ValueError(f"YUANJIAN_GATEWAY_ALLOW_MN: {error}") from error

    def admits(self, address: Address | None) -> bool:
        """May this address connect?"""
        return not self._networks or _inside(address, self._networks)

    def trusts(self, mn: str, address: Address | None) -> bool:
        """May this MN come from this address?"""
        networks = self._devices.get(mn)
        return networks is None or _inside(address, networks)

    def reload(self) -> None:
        """Read the file again if it has changed; a list with a mistake leaves the old one in force.

        Called about once a second; a file that has changed since the last call may be half written: it waits.
        """
        stamp, before = _stamp(self._path), self._seen
        self._seen = stamp
        if self._path is None or stamp == self._stamp or stamp != before:
            return
        self._stamp = stamp
        try:
            self._devices = _devices(self._path)
            log.info("allow-list read again: %s MNs", len(self._devices))
        except (ValueError, OSError) as error:
            log.error("allow-list not read, the old one stays in force: %s", error)


def address_of(text: str) -> Address | None:
    """The address of a peer; an IPv4 address that comes as IPv6 is IPv4. None for what is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _inside(address: Address | None, networks: Networks) -> bool:
    return address is not None and any(address in network for network in networks)


def _networks(text: str, where: str) -> Networks:
    try:
        return tuple(ip_network(item.strip()) for item in text.split(",") if item.strip())
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _devices(path: Path) -> dict[str, Networks]:
    return dict(_lines(path.read_text(encoding="utf-8").splitlines()))


def _lines(lines: Iterable[str]) -> Iterable[tuple[str, Networks]]:
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split(maxsplit=1)
        where = f"YUANJIAN_GATEWAY_ALLOW_MN line {number}"
        if len(words) == 1:
            raise ValueError(f"{where}: an MN without networks")
        if words:
            yield words[0], _networks(words[1], where)


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    """What changes when a file is written; two writes within a tick of the clock differ in size at most."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size) if found else None
