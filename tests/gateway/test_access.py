"""Who may come in, how many, how fast: over real sockets from several loopback addresses, and by TLS."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from devices import MN, Device, GatewayProcess, Intake
from hypothesis import given
from hypothesis import strategies as st

from yuanjian import config
from yuanjian.errors import OwnFault
from yuanjian.gateway import notes, tls
from yuanjian.gateway.limits import Limits
from yuanjian.gateway.notes import Notes, brief
from yuanjian.gateway.rates import Rates

Start = Callable[..., GatewayProcess]
OTHER = "127.0.0.2"


def answered(device: Device) -> bool:
    qn, _ = device.upload()
    return device.answers(1) == [f"9014:{qn}"]


def taken(device: Device) -> bool:
    """Answered rather than refused."""
    try:
        return answered(device)
    except ConnectionError:
        return False


# --- how many, how fast ---


def test_one_address_cannot_take_all_connections(start_gateway: Start) -> None:
    gateway = start_gateway(per_ip=2)
    with ExitStack() as stack:
        kept = [stack.enter_context(Device(gateway.port)) for _ in range(2)]
        assert all(map(answered, kept))
        assert stack.enter_context(Device(gateway.port)).closed()
        assert answered(stack.enter_context(Device(gateway.port, source=OTHER)))
        kept[0].socket.close()
        deadline = time.monotonic() + 15
        while not taken(stack.enter_context(Device(gateway.port))):  # until the gateway knows of the close
            assert time.monotonic() < deadline


@pytest.mark.parametrize(
    "limits", [{"ip_bytes": 5_000.0, "burst_s": 0.2}, {"mn_frames": 20.0, "burst_s": 0.2}]
)
def test_who_sends_too_fast_is_slowed_down_and_loses_nothing(
    start_gateway: Start, limits: dict[str, float]
) -> None:
    gateway = start_gateway(**limits)
    with Device(gateway.port) as fast, Device(gateway.port, "OTHER", source=OTHER) as other:
        data, begun = b"".join(fast.frame()[1] for _ in range(100)), time.monotonic()
        fast.send(data)
        fast.answers(100, 30)
        qn, _ = fast.upload()
        assert answered(other)
        assert fast.answers(1, 30) == [f"9014:{qn}"]
        worth = len(data) / limits["ip_bytes"] if "ip_bytes" in limits else 100 / limits["mn_frames"]
        assert time.monotonic() - begun >= worth - limits["burst_s"]


def test_an_mn_is_slowed_down_over_all_its_connections(start_gateway: Start) -> None:
    gateway = start_gateway(mn_frames=10, burst_s=1)
    with (
        Device(gateway.port) as first,
        Device(gateway.port) as second,
        Device(gateway.port, "OTHER") as other,
    ):
        begun = time.monotonic()
        first.send(b"".join(first.frame()[1] for _ in range(60)))
        first.answers(60, 30)
        assert answered(second)
        qn, _ = second.upload()
        assert answered(other)
        assert second.answers(1, 30) == [f"9014:{qn}"]
        assert time.monotonic() - begun >= 60 / 10 - 1


def test_nobody_is_closed_for_the_time_he_was_made_to_wait(start_gateway: Start) -> None:
    """What arrives while nothing is read from him is neither missed nor late."""
    gateway = start_gateway(mn_frames=2, burst_s=0.1, idle_s=3, unfinished_s=3)
    with Device(gateway.port) as device:
        sent = [device.frame() for _ in range(10)]
        last, frame = device.frame()
        device.send(b"".join(raw for _, raw in sent) + frame[:50])
        assert device.answers(10, 30) == [f"9014:{qn}" for qn, _ in sent]
        device.send(frame[50:])
        assert device.answers(1, 30) == [f"9014:{last}"]


def test_operators_limits_come_from_the_settings(tmp_path: Path) -> None:
    home = {"YUANJIAN_HOME": str(tmp_path)}
    assert Limits.of(config.load(home)) == Limits()
    changed = home | {
        "YUANJIAN_GATEWAY_CONNECTIONS": "5",
        "YUANJIAN_GATEWAY_PER_IP": "4",
        "YUANJIAN_GATEWAY_IP_BYTES": "3",
        "YUANJIAN_GATEWAY_MN_FRAMES": "0",
    }
    limits = Limits.of(config.load(changed))
    assert limits == Limits(connections=5, per_ip=4, ip_bytes=3, mn_frames=0)


@given(
    st.lists(st.tuples(st.floats(0, 2), st.integers(1, 30)), max_size=60),
    st.floats(0.5, 20),
    st.floats(0, 5),
)
def test_who_obeys_stays_within_the_rate(
    charges: list[tuple[float, int]], per_second: float, burst_s: float
) -> None:
    rates, now, total = Rates(per_second, burst_s), 1000.0, 0.0
    for pause, amount in charges:
        now += pause
        total += amount
        now += rates.charge("x", amount, now)
        assert total <= per_second * (now - 1000 + burst_s) * (1 + 1e-9) + 1e-6


def test_a_rate_of_nothing_is_no_limit_and_the_paid_off_are_forgotten() -> None:
    free = Rates(0, 1)
    assert free.charge("x", 1e9, 0) == 0
    rates = Rates(10, 1)
    assert [rates.charge(key, 15, 100) for key in ("a", "b", "a")] == [0.5, 0.5, 2.0]
    rates.forget(102)
    assert len(rates) == 1
    rates.forget(103)
    assert len(rates) == 0


# --- from where ---


def test_only_addresses_on_the_list_get_in(start_gateway: Start, intake: Intake) -> None:
    gateway = start_gateway(environ={"YUANJIAN_GATEWAY_ALLOW": "10.0.0.0/8, 127.0.0.2"})
    with Device(gateway.port) as stranger, Device(gateway.port, source=OTHER) as known:
        assert stranger.closed()
        assert answered(known)
    assert len(intake.frames()) == 1


def test_an_mn_is_taken_from_its_own_networks_only(
    start_gateway: Start, intake: Intake, tmp_path: Path
) -> None:
    path = tmp_path / "allow"
    path.write_text(f"# devices\n\n{MN} 127.0.0.2/32,10.0.0.0/8  # the gatehouse\n")
    gateway = start_gateway(environ={"YUANJIAN_GATEWAY_ALLOW_MN": str(path)})
    with Device(gateway.port) as stranger, Device(gateway.port, source=OTHER) as known:
        assert answered(known)
        _, frame = stranger.upload()
        assert stranger.silent()
        rows = intake.rows("SELECT mn, fault, cn, raw FROM intake.frame ORDER BY seq")
        assert rows[1] == (MN, "gateway.address", None, frame)
        stranger.mn = "NOT-LISTED"
        assert answered(stranger)
        intake.until("SELECT frames || ' ' || faults FROM intake.link WHERE mn = '" + MN + "'", "1 1")


def test_the_list_of_mns_is_read_again_when_it_changes(start_gateway: Start, tmp_path: Path) -> None:
    path = tmp_path / "allow"
    path.write_text(f"{MN} 10.0.0.0/8\n")
    gateway = start_gateway(environ={"YUANJIAN_GATEWAY_ALLOW_MN": str(path)})
    with Device(gateway.port) as device:
        device.upload()
        assert device.silent()
        path.write_text(f"{MN} 127.0.0.0/8\n")
        deadline = time.monotonic() + 15
        while not device.heard:
            device.upload()
            if not device.silent(0.2):
                break
            assert time.monotonic() < deadline


# --- TLS ---


class Authority:
    """A CA of the test and certificates signed by it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(name, self.key, ca=True)
        self.path = self._write(f"{name}.pem", self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> Path:
        """Certificate and key in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(name, key, ca=False)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._write(
            f"{self.name}-{name}.pem", certificate.public_bytes(serialization.Encoding.PEM) + private
        )

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256())

    def _write(self, name: str, data: bytes) -> Path:
        (self.folder / name).write_bytes(data)
        return self.folder / name


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_mutual_tls(start_gateway: Start, intake: Intake, tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    port = free_port()
    gateway = start_gateway(
        environ={
            "YUANJIAN_GATEWAY_TLS_PORT": str(port),
            "YUANJIAN_GATEWAY_TLS_CERT": str(ours.issue("localhost")),
            "YUANJIAN_GATEWAY_TLS_CA": str(ours.path),
        }
    )
    client = ssl.create_default_context(cafile=ours.path)
    client.load_cert_chain(ours.issue("device"))
    with Device(port, "SECURE", tls=client) as device, Device(gateway.port) as plain:
        assert answered(device)
        assert answered(plain)
        intake.until("SELECT count(*)::int FROM intake.link WHERE connected", 2)
        device.send(b"".join(device.frame()[1] for _ in range(500)))
        assert len(device.answers(500)) == 500
    for certificate in (None, theirs.issue("device")):
        refused = ssl.create_default_context(cafile=ours.path)
        if certificate:
            refused.load_cert_chain(certificate)
        with (
            pytest.raises((ssl.SSLError, ConnectionError)),
            Device(port, "STRANGER", tls=refused) as stranger,
        ):
            answered(stranger)
    assert intake.value("SELECT count(*)::int FROM intake.frame WHERE mn = 'STRANGER'") == 0


def test_no_talk_on_the_tls_port_ends_and_harms_nobody(start_gateway: Start, tmp_path: Path) -> None:
    port = free_port()
    gateway = start_gateway(
        environ={
            "YUANJIAN_GATEWAY_TLS_PORT": str(port),
            "YUANJIAN_GATEWAY_TLS_CERT": str(Authority(tmp_path, "ours").issue("localhost")),
        },
        handshake_s=0.5,
    )
    with socket.create_connection(("127.0.0.1", port), timeout=15) as silent, Device(gateway.port) as device:
        assert answered(device)
        assert silent.recv(1) == b""
    with Device(port) as plain:
        plain.upload()
        assert plain.closed()
    assert gateway.terminate() == 0


def test_files_that_do_not_serve_are_named(tmp_path: Path) -> None:
    settings = config.load({"YUANJIAN_HOME": str(tmp_path), "YUANJIAN_GATEWAY_TLS_PORT": "1"})
    with pytest.raises(OwnFault) as caught:
        tls.context(settings)
    assert caught.value.code == "gateway.tls"


# --- what is logged ---


def test_no_password_is_logged(
    start_gateway: Start, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "allow"
    path.write_text(f"{MN} 10.0.0.0/8\n")
    gateway = start_gateway(
        environ={"YUANJIAN_GATEWAY_ALLOW_MN": str(path)}, garbage=2_000, mn_frames=1, per_ip=3
    )
    with Device(gateway.port) as stranger, Device(gateway.port, "FAST") as fast, Device(gateway.port) as bad:
        stranger.upload()
        for _ in range(8):
            fast.upload()
        bad.send(bad.frame()[1].replace(b"MN=", b"MM=") * 16)  # at once: it is cut off in the midst of it
        assert bad.closed()
    assert gateway.terminate() == 0
    said = capfd.readouterr().err
    for kind in ("an address it may not come from", "sends too fast", "nothing but bad bytes"):
        assert kind in said
    assert "123456" not in said
    assert "PW=" not in said


def test_what_happens_often_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    book = Notes()
    book.flush(0)
    for number in range(notes.KEPT + 100):
        book.add("refused", f"10.0.{number % 7}.{number}")
    book.add("refused", "10.0.1.1")
    book.flush(59)
    assert [record.message for record in caplog.records] == ["refused: 10.0.0.0"]
    book.flush(61)
    assert caplog.records[1].message.startswith(
        f"refused: {notes.KEPT + 101} in the last minute, of {notes.KEPT + 1}: others x100, 10.0.1.1 x2"
    )
    book.flush(200)
    assert len(caplog.records) == 2


def test_a_database_error_is_logged_without_what_was_sent() -> None:
    assert brief(ValueError("no room\nCONTEXT:  COPY frame, line 1: PW=123456")) == "no room"


# --- several processes ---


def test_two_gateways_share_one_port_with_a_journal_each(start_gateway: Start, intake: Intake) -> None:
    shared = {"YUANJIAN_GATEWAY_SHARED_PORT": "1"}
    first = start_gateway(environ=shared)
    second = start_gateway(environ=shared | {"YUANJIAN_GATEWAY_SHARD": "1"}, port=first.port)
    assert second.port == first.port
    with ExitStack() as stack:
        devices = [stack.enter_context(Device(first.port, f"SHARED{n}")) for n in range(60)]
        assert all(map(answered, devices))
    rows = intake.rows(
        "SELECT shard, count(*)::int, max(seq)::int FROM intake.frame GROUP BY shard ORDER BY shard"
    )
    assert [shard for shard, _, _ in rows] == [0, 1]
    assert sum(count for _, count, _ in rows) == 60
    assert all(count == highest for _, count, highest in rows)
    assert [shard for (shard,) in intake.rows("SELECT shard FROM intake.progress ORDER BY shard")] == [0, 1]
