"""The optional TLS port: HJ 212 as it is, inside TLS 1.2 or newer; devices show a certificate if asked."""

from __future__ import annotations

import ssl

from yuanjian.config import Settings
from yuanjian.errors import OwnFault


def context(settings: Settings) -> ssl.SSLContext | None:
    """What the TLS port needs, or None if it is off; raises `OwnFault` for files that do not serve.

    With a CA set, a device must show a certificate of it: then nobody else gets as far as the first frame.
    """
    if not settings.gateway_tls_port:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(settings.gateway_tls_cert, settings.gateway_tls_key or None)
        if settings.gateway_tls_ca:
            made.load_verify_locations(settings.gateway_tls_ca)
            made.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise OwnFault(
            "gateway.tls",
            f"TLS 证书或密钥无法使用：{error}",
            f"certificate or key of the TLS port cannot be used: {error}",
        ) from error
    return made
