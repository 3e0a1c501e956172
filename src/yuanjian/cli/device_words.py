"""The words of `yuanjian devices`; what they do is in `devices`, which loads much more."""

from __future__ import annotations

import argparse


def add(devices: argparse.ArgumentParser) -> None:
    """Give the command its verbs."""
    verbs = devices.add_subparsers(required=True, metavar="VERB", dest="verb")
    listing = verbs.add_parser("list", help="one row per logger")
    listing.add_argument("q", nargs="?", default="", help="part of an MN or of an enterprise's name")
    listing.add_argument("--state", default="", help="online, silent, offline, never or unregistered")
    listing.add_argument("--problem", default="", help="clock, mn, version, crc, duplicate, clear, key …")
    listing.add_argument("--json", action="store_true")
    verbs.add_parser("show", help="one logger as JSON; never a key").add_argument("mn")
    change = verbs.add_parser("set", help="what is named is changed; none lifts a setting")
    change.add_argument("mn")
    change.add_argument("--standard", choices=("2005", "2017", "2025", "none"))
    change.add_argument("--profile", help="code profile")
    change.add_argument("--tolerate", nargs="*", choices=("modbus", "swapped"), help="CRC taken as valid")
    change.add_argument("--clear", dest="allow_clear", choices=("yes", "no"), help="clear text is allowed")
    change.add_argument("--over-time", type=float, help="seconds to wait for the answer to a command")
    change.add_argument("--re-count", type=int, help="how often an unanswered command is sent again")
    activate = verbs.add_parser("activate", help="the MN a logger of 2025 gets that asks for one")
    activate.add_argument("hardware", help="its hardware number")
    target = activate.add_mutually_exclusive_group(required=True)
    target.add_argument("--mn")
    target.add_argument("--off", action="store_true", help="withdraw the MN")
    key = verbs.add_parser("key", help="its SM4 key, from YUANJIAN_DEVICE_KEY or standard input")
    key.add_argument("mn")
    key.add_argument("--remove", action="store_true")
    for verb in (change, activate, key):
        verb.add_argument("--reason", required=True)
