"""Writes of users and sessions."""

from __future__ import annotations

import json
import os
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from yuanjian.platform.accounts.models import Role, User
from yuanjian.platform.common.activity import record, register_actions
from yuanjian.platform.common.errors import Invalid, RequestFault, SignInRequired
from yuanjian.platform.common.scope import COUNTRY
from yuanjian.platform.registry.geography import divisions

register_actions(
    {
        "accounts.created": ("{actor} 创建账号 {username}", "{actor} created the account {username}"),
        "accounts.signed_in": ("{actor} 登录", "{actor} signed in"),
        "accounts.signed_out": ("{actor} 退出", "{actor} signed out"),
        "accounts.password_changed": ("{actor} 修改密码", "{actor} changed the password"),
    }
)


class WrongPassword(RequestFault):
    """Name and password do not belong together (401); which of them is wrong is not said."""

    status = 401

    def __init__(self) -> None:
        super().__init__("session.wrong", "用户名或密码错误", "Wrong name or password")


@transaction.atomic
def create_user(
    *, username: str, password: str, name: str, role: str, actor: User | None = None, **fields: Any
) -> User:
    """Make an account; `fields`: region_code, enterprise, phone.

    Refuses (422) a weak password, a name that is taken, and a role, region or enterprise that does not fit.
    """
    _check_account(username, role, fields.get("region_code", ""), fields.get("enterprise"))
    user = User(username=username, name=name, role=Role(role), **fields)
    _check_password(password, user)
    user.set_password(password)
    user.save()
    record(actor, "accounts.created", user, username=username, role=role)
    return user


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """Check the password (throttled by django-axes) and open a session with a new key."""
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise WrongPassword  # if this was one attempt too many, the axes middleware answers 429 instead
    login(request, user)
    record(user, "accounts.signed_in", user)
    return user


def sign_out(request: HttpRequest) -> None:
    """Close the session, if there is one."""
    if isinstance(request.user, User):
        record(request.user, "accounts.signed_out", request.user)
    logout(request)


@transaction.atomic
def change_password(request: HttpRequest, old: str, new: str) -> None:
    """Change one's own password; other sessions of the user end, this one goes on."""
    if not isinstance(request.user, User):
        raise SignInRequired
    user = request.user
    if not user.check_password(old):
        raise Invalid("accounts.old_password", "原密码错误", "The old password is wrong")
    _check_password(new, user)
    user.set_password(new)
    user.save()
    update_session_auth_hash(request, user)
    record(user, "accounts.password_changed", user)


def publish_demo_accounts(accounts: list[dict[str, str]]) -> None:
    """Keep the made-up passwords of a demonstration (username, password, role, name) for its sign-in page."""
    path = settings.YUANJIAN.home / "demo-accounts.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        json.dump(accounts, file, ensure_ascii=False)


def _check_account(username: str, role: str, region: str, enterprise: Any) -> None:
    if role not in Role.values:
        known = "、".join(Role.values)
        raise Invalid("accounts.role", f"没有角色“{role}”，可选：{known}", f"no role {role}")
    if region and region != COUNTRY and region not in divisions():
        raise Invalid("accounts.region", f"行政区划 {region} 不存在", f"no region {region}")
    if (role == Role.ENTERPRISE) != (enterprise is not None):
        zh = "企业账号须指定企业，其他角色不能指定企业"
        raise Invalid("accounts.enterprise", zh, "an enterprise account, and no other, names its enterprise")
    if User.objects.filter(username=username).exists():
        raise Invalid("accounts.taken", f"用户名 {username} 已存在", f"the name {username} is taken")


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        reason = "；".join(error.messages)
        raise Invalid(
            "accounts.weak_password", f"密码不符合要求：{reason}", "The password is too weak"
        ) from error
