"""`moderator evidence pack/verify/public-key`: a case as a file that an outsider can verify."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import typer

from moderator.cli.ledger import MOST_ID, By, Config, at_the_ledger, decider
from moderator.domain.access import Actor, Role
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.pack_verifier import faults_of
from moderator.ledger.evidence.pack_writing import VERIFIER, verifier
from moderator.ledger.evidence.packs import Pack, Packs
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.evidence.signing import Signer
from moderator.ledger.reading.violations import Violations
from moderator.settings import Settings, load_settings


def pack(
    violation: Annotated[int, typer.Argument(help="Which violation.", min=1, max=MOST_ID)],
    reason: Annotated[str, typer.Option(help="Why; kept in the pack and in the audit log.")],
    output: Annotated[Path | None, typer.Option(help="File; violation-ID.zip if unset.")] = None,
    by: By = "",
    config: Config = None,
) -> None:
    """Make the evidence pack of a violation, text included.

    Where the settings ask for two persons, packs are made over the API.
    """
    path = output or Path(f"violation-{violation}.zip")

    async def made(settings: Settings, engine: Engine) -> Pack:
        violations = Violations(engine, EvidenceCipher.of(settings.evidence))
        signer = Signer.of(settings.evidence)
        packs = Packs(engine, violations, signer, persons=settings.evidence.unmask_persons)
        actor = Actor(name=decider(by), roles=frozenset({Role.AUDITOR}))
        return await packs.write(violation, actor, file, reason=reason)

    with _created(path) as file:
        written = at_the_ledger(config, made)
    print(f"{path}: up to row {written.audit_row} of the audit log")


def verify(
    path: Annotated[Path, typer.Argument(metavar="PACK", help="An evidence pack.")],
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--public-key", help="Keys that may have signed it; those of the settings if omitted."
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Verify an evidence pack without any network; exit status 1 if anything is wrong with it."""
    trusted = set(key or Signer.of(load_settings(config).evidence).public_keys)
    faults = faults_of(path, {each.lower() for each in trusted})
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print("whole, and signed with a trusted key")


@contextmanager
def _created(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner may read, and that is there only if the block succeeds."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise typer.BadParameter(f"{path} is there already") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        path.unlink()
        raise


def public_key(config: Config = None) -> None:
    """Print the public keys of packs, the current one first, to be published."""
    for key in Signer.of(load_settings(config).evidence).public_keys:
        print(key)
    print(hashlib.sha256(verifier().encode()).hexdigest(), f"SHA-256 of {VERIFIER}")
