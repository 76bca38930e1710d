"""The service's own certificate: renewed without a restart, never half."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.responses import PlainTextResponse

from moderator.cli.certificates import expiry
from moderator.cli.diagnosis.examination import _certificate
from moderator.cli.diagnosis.findings import Level
from moderator.cli.listening import _Server, uvicorn_config
from moderator.settings import ServerSettings

_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "moderator.test")])


def made(days: int) -> tuple[bytes, bytes]:
    """A certificate that has so many days left, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(_NAME, _NAME, key.public_key())
        .serial_number(days + 1000)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM), written


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    return tmp_path / "chain.pem"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "key.pem"


@pytest.fixture
def server(chain: Path, key: Path) -> _Server:
    """Loaded with a certificate of one day."""
    put(made(1), chain, key)
    config = uvicorn_config(
        ServerSettings(certificate=chain, private_key=key), PlainTextResponse(), lifespan="off"
    )
    config.load()
    return _Server(config)


def put(pair: tuple[bytes, ...], *paths: Path) -> None:
    """As certbot and Kubernetes do: another file in the place of the old one."""
    for content, path in zip(pair, paths, strict=False):
        new = path.with_suffix(".new")
        new.write_bytes(content)
        new.replace(path)


def lose(path: Path) -> None:
    path.unlink()


def shown(server: _Server) -> int:
    """How many days the certificate has left that a new connection is shown."""
    assert server.config.ssl is not None
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = server.config.ssl.wrap_bio(up, down, server_side=True)
    there = unverified.wrap_bio(down, up)
    for side in (there, here, there):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    found = there.getpeercert(binary_form=True)
    assert found is not None
    return x509.load_der_x509_certificate(found).serial_number - 1000


async def test_a_renewed_certificate_is_shown_without_a_restart(
    server: _Server, chain: Path, key: Path
) -> None:
    """Whoever connects after the next look gets the new one."""
    assert shown(server) == 1

    put(made(90), chain, key)
    await server.on_tick(0)

    assert shown(server) == 90


async def test_a_chain_without_its_key_is_not_taken(
    server: _Server, chain: Path, key: Path
) -> None:
    """Between the two files being replaced the old pair serves on; then the new one does."""
    new = made(90)
    put(new, chain)
    await server.on_tick(0)
    assert shown(server) == 1

    put(new[1:], key)
    await server.on_tick(0)
    assert shown(server) == 90


async def test_what_is_no_certificate_is_not_taken(server: _Server, chain: Path, key: Path) -> None:
    """Nor is a file that is gone the end of the service."""
    put((b"", b""), chain, key)
    await server.on_tick(0)
    lose(chain)
    await server.on_tick(0)

    assert shown(server) == 1


@pytest.mark.parametrize(("days", "level"), [(-2, Level.FAULT), (3, Level.NOTE), (60, Level.OK)])
def test_the_doctor_tells_when_it_expires(chain: Path, days: int, level: Level) -> None:
    """In time to renew it."""
    put(made(days), chain)

    assert _certificate(chain).level is level
    assert (expiry(chain) - datetime.now(UTC)).days == days


def test_the_doctor_tells_of_what_is_none(chain: Path) -> None:
    """As of every setting that is wrong."""
    put((b"-----BEGIN",), chain)

    assert _certificate(chain).level is Level.FAULT
