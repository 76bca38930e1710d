"""The certificate with which the service itself speaks TLS, where no proxy does it."""

import ssl
from datetime import datetime
from pathlib import Path

import structlog
from cryptography import x509


class Certificates:
    """Takes renewed files into use; a service that outlives its certificate hears no callback.

    Connections that are open keep what they began with.
    """

    def __init__(self, chain: Path, key: Path | None) -> None:
        """`chain` and `key` in PEM; without `key` the chain's file holds it too."""
        self._chain = chain
        self._key = key
        self._seen = self._stamp()
        self._log = structlog.get_logger("moderator.certificates")

    def renew(self, context: ssl.SSLContext) -> None:
        """Load the files into `context` if they have changed since; unfit ones are told of."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            # Elsewhere first: a chain without its key would stay in the context all the same.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._chain, self._key)
            context.load_cert_chain(self._chain, self._key)
        except (OSError, ssl.SSLError) as error:
            self._log.error("certificate not taken into use", error=type(error).__name__)
        else:
            self._log.info("certificate taken into use", expires=expiry(self._chain).isoformat())

    def _stamp(self) -> object:
        try:
            return [
                (found.st_ino, found.st_mtime_ns, found.st_size)
                for found in (path.stat() for path in (self._chain, self._key) if path)
            ]
        except OSError:  # being replaced
            return None


def expiry(chain: Path) -> datetime:
    """When the service's own certificate expires; raises `OSError` and `ValueError`."""
    return x509.load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc
