"""All settings of an installation: environment variables with safe defaults.

One frozen object, read once per process; `yuanjian settings` prints it. Secrets are never printed.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network


def _setting(variable: str, default: str, help_text: str, *, secret: bool = False) -> Any:
    metadata = {"variable": variable, "default": default, "help": help_text, "secret": secret}
    return field(metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings; each field names its environment variable, default and meaning."""

    home: Path = _setting("YUANJIAN_HOME", "var", "folder of everything this installation writes")
    database_url: str = _setting(
        "DATABASE_URL", "", "PostgreSQL to use; empty: an embedded one under the home folder", secret=True
    )
    lake: str = _setting("YUANJIAN_LAKE", "", "Delta Lake of readings, folder or s3://…; empty: home/lake")
    storage_options: str = _setting(
        "YUANJIAN_LAKE_OPTIONS", "", "object-store options as key=value;key=value", secret=True
    )
    archive: str = _setting("YUANJIAN_ARCHIVE", "", "folder of archived raw frames; empty: home/archive")
    journal_days: int = _setting(
        "YUANJIAN_JOURNAL_DAYS", "0", "days after which archived frames leave the database; 0: never"
    )
    gateway_host: str = _setting("YUANJIAN_GATEWAY_HOST", "127.0.0.1", "address of the HJ 212 gateway")
    gateway_port: int = _setting("YUANJIAN_GATEWAY_PORT", "9212", "port of the HJ 212 gateway")
    gateway_connections: int = _setting(
        "YUANJIAN_GATEWAY_CONNECTIONS", "10000", "open connections; a province has some thousand loggers"
    )
    gateway_per_ip: int = _setting(
        "YUANJIAN_GATEWAY_PER_IP", "1000", "open connections of one address; 0: no limit"
    )
    gateway_ip_bytes: int = _setting(
        "YUANJIAN_GATEWAY_IP_BYTES", "16777216", "bytes a second from one address; 0: no limit"
    )
    gateway_mn_frames: int = _setting(
        "YUANJIAN_GATEWAY_MN_FRAMES", "1000", "frames a second of one MN; 0: no limit"
    )
    gateway_allow: str = _setting(
        "YUANJIAN_GATEWAY_ALLOW", "", "networks that may connect, CIDR by commas; empty: all"
    )
    gateway_allow_mn: str = _setting(
        "YUANJIAN_GATEWAY_ALLOW_MN",
        "",
        "file of lines MN CIDR,CIDR: where an MN may come from; empty: anywhere",
    )
    gateway_tls_port: int = _setting("YUANJIAN_GATEWAY_TLS_PORT", "0", "port of HJ 212 inside TLS; 0: none")
    gateway_tls_cert: str = _setting("YUANJIAN_GATEWAY_TLS_CERT", "", "its certificate chain, PEM")
    gateway_tls_key: str = _setting("YUANJIAN_GATEWAY_TLS_KEY", "", "its key, PEM; empty: with the chain")
    gateway_tls_ca: str = _setting(
        "YUANJIAN_GATEWAY_TLS_CA", "", "CA whose certificates devices must show, PEM; empty: none asked for"
    )
    gateway_shard: int = _setting("YUANJIAN_GATEWAY_SHARD", "0", "number of this gateway's own journal")
    gateway_shared_port: bool = _setting(
        "YUANJIAN_GATEWAY_SHARED_PORT", "0", "1: several gateways, a shard each, listen on one port"
    )
    web_host: str = _setting("YUANJIAN_WEB_HOST", "127.0.0.1", "address the web server listens on")
    web_port: int = _setting("YUANJIAN_WEB_PORT", "8080", "port of the web server")
    push_port: int = _setting("YUANJIAN_PUSH_PORT", "8081", "port of the server-sent events")
    public_url: str = _setting("YUANJIAN_PUBLIC_URL", "", "address people type; empty: made of host and port")
    push_url: str = _setting("YUANJIAN_PUSH_URL", "", "address of the events for the browser; empty: by port")
    trusted_proxies: str = _setting(
        "YUANJIAN_TRUSTED_PROXIES",
        "",
        "networks of proxies whose X-Forwarded-For is believed, CIDR by commas; empty: none",
    )
    max_upload_mb: int = _setting("YUANJIAN_MAX_UPLOAD_MB", "20", "largest upload; a phone photo is ≤ 15 MB")
    web_workers: int = _setting("YUANJIAN_WEB_WORKERS", "2", "processes of the web server, 2 threads each")
    demo: bool = _setting("YUANJIAN_DEMO", "0", "1: a virtual province, its accounts shown at sign-in")
    screen_every: int = _setting(
        "YUANJIAN_SCREEN_EVERY", "60", "seconds between incremental screening runs; 0: none by itself"
    )
    secret_key: str = _setting(
        "YUANJIAN_SECRET_KEY", "", "signing key; empty: made once in home/secret", secret=True
    )

    @property
    def files(self) -> Path:
        """Content-addressed folder of evidence files."""
        return self.home / "files"

    @property
    def lake_uri(self) -> str:
        """Where the Delta tables are."""
        return self.lake or str(self.home / "lake")

    @property
    def archive_folder(self) -> Path:
        """Where raw frames are archived."""
        return Path(self.archive).resolve() if self.archive else self.home / "archive"

    @property
    def lake_options(self) -> dict[str, str]:
        """Object-store options for the lake; empty for a local folder."""
        pairs = (item.split("=", 1) for item in self.storage_options.split(";") if "=" in item)
        return {key.strip(): value.strip() for key, value in pairs}

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Networks of the trusted proxies; raises `ValueError` naming the variable."""
        return _networks("YUANJIAN_TRUSTED_PROXIES", self.trusted_proxies)

    @property
    def web_url(self) -> str:
        """The address people type."""
        return self.public_url or f"http://{self.web_host}:{self.web_port}"

    @property
    def events_url(self) -> str:
        """Where the browser fetches server-sent events."""
        return self.push_url or f"http://{self.web_host}:{self.push_port}/events"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises `ValueError` naming the variable if one has the wrong form."""
    values: dict[str, Any] = {}
    for item in fields(Settings):
        variable = item.metadata["variable"]
        text = environ.get(variable) or item.metadata["default"]
        values[item.name] = _read(variable, text, str(item.type))
    values["home"] = values["home"].resolve()
    if not values["secret_key"]:
        values["secret_key"] = _own_secret(values["home"])
    return Settings(**values)


def _read(variable: str, text: str, kind: str) -> Any:
    try:
        if kind == "int":
            return int(text)
    except ValueError as error:
        raise ValueError(f"{variable}={text!r} is not a whole number") from error
    if kind == "bool":
        return text.lower() in {"1", "true", "yes", "on"}
    return Path(text) if kind == "Path" else text


def _networks(variable: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(item.strip()) for item in text.split(",") if item.strip())
    except ValueError as error:
        raise ValueError(f"{variable}={text!r}: {error}") from error


def _own_secret(home: Path) -> str:
    """Make the signing key on first use, readable by its owner only; processes that start together agree."""
    path = home / "secret"
    if path.exists() and (key := path.read_text().strip()):
        return key
    home.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # whoever made the file may not have written yet
        if not (key := file.read().strip()):
            file.write(key := secrets.token_urlsafe(48))
    return key
