"""`yuanjian account`: the first sign-in of a new installation."""

from __future__ import annotations

import getpass
import os
import sys

from yuanjian import config
from yuanjian.cli import borrow


def create(settings: config.Settings, username: str, role: str, region: str, name: str) -> int:
    """Create an account; the password comes from the terminal, or from standard input if it is piped."""
    password = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with borrow.installation(settings):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yuanjian.platform.settings")
        import django

        django.setup()
        from yuanjian.platform.accounts import services

        user = services.create_user(
            username=username, password=password, role=role, region_code=region, name=name or username
        )
    print(f"账号已创建 · account created: {user.username} ({role}, {region})")
    return 0
