"""Shapes of the session."""

from __future__ import annotations

from ninja import Field, Schema


class Me(Schema):
    """The signed-in user."""

    id: int
    username: str
    name: str
    role: str
    role_text: str
    region_code: str
    region_name: str
    enterprise_id: int | None
    enterprise_name: str | None
    permissions: list[str]


class DemoAccount(Schema):
    """An account of a demonstration, shown at sign-in."""

    username: str
    password: str
    role: str
    name: str


class SessionOut(Schema):
    """Who is signed in, and where the events are."""

    user: Me | None
    version: str
    demo: bool
    push_url: str
    max_upload_mb: int
    accounts: list[DemoAccount] = []


class SignIn(Schema):
    """Name and password."""

    username: str = Field(min_length=1, max_length=150)
    password: str = Field(min_length=1, max_length=200)


class PasswordIn(Schema):
    """A change of one's own password."""

    old: str = Field(min_length=1, max_length=200)
    new: str = Field(min_length=1, max_length=200)
