"""Every limit of the gateway, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from yuanjian.config import Settings


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes or frames, times in seconds."""

    segment: int = 4096
    """Longest data segment. The standard says 1024; published field logs hold segments of 1,025 and 1,623."""

    unfinished_s: float = 30.0
    """Time from the first byte of a frame to its last. Even over GPRS 1 KB takes under a second."""

    idle_s: float = 7200.0
    """Silence after which a connection is closed. Real-time intervals go up to 3,600 s: two of them."""

    garbage: int = 64 * 1024
    """Bad bytes in a row, without one valid frame, before the peer is cut off. The longest standard frame has
    1,036 bytes, so more than 60 in a row were bad: no noisy line, but a stranger or a wrong program."""

    connections: int = 10_000
    """Open connections. A province has some thousand loggers; each costs a few KB and a descriptor."""

    per_ip: int = 1_000
    """Of these, connections of one address; 0 is no limit. Relays and the translated addresses of a mobile
    carrier stand for hundreds of loggers; a program gone wild opens all there are."""

    ip_bytes: float = 16 * 1024 * 1024
    """Bytes a second from one address; 0 is no limit. More than a relay on a line of 100 Mbit/s can send. Who
    sends faster is read from more slowly: nothing is lost, and the others keep their share."""

    mn_frames: float = 1_000
    """Frames a second of one MN; 0 is no limit. A device waits for each answer, so even a back-fill of months
    stays below 100; only a program in a loop does not. It is slowed down like an address."""

    burst_s: float = 5.0
    """Seconds of either rate that may come at once: an outage of days is sent again in one go."""

    batch: int = 2_000
    """Frames per commit: about 1 MB, so a fresh frame never waits long behind a full batch."""

    gather_s: float = 0.01
    """Wait for more frames before a commit that is not full. Devices wait 5–10 s for an answer."""

    queue: int = 10_000
    """Frames received but not yet committed, before reading stops. About 10 MB, five full commits."""

    backoff_s: float = 2.0
    """Longest pause between two attempts to reach the database; short, as devices resend after 5–10 s."""

    links_s: float = 1.0
    """Pause between two writes of link states: people look at them, machines do not."""

    stop_s: float = 7.0
    """Time to commit and answer what was received before SIGTERM; the supervisor waits 15 s."""

    handshake_s: float = 10.0
    """For a TLS handshake: three messages, under 3 s over GPRS."""

    answers: int = 64 * 1024
    """Send buffer of a connection. An answer has some 120 bytes: 500 of them unread, and reading from that
    peer stops. The system's own choice would be up to 4 MB each."""

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits with those an operator may set."""
        return cls(
            connections=settings.gateway_connections,
            per_ip=settings.gateway_per_ip,
            ip_bytes=settings.gateway_ip_bytes,
            mn_frames=settings.gateway_mn_frames,
        )
