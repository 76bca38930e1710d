"""`moderator evidence`: what people wrote - who can read it, how long, and proof of both."""

import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from moderator.app import spool_of
from moderator.cli import evidence_packs, legal_holds
from moderator.cli.ledger import By, Config, at_the_ledger, decider
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.dump_scan import DumpScan, scan_dump
from moderator.ledger.evidence.retention import Terms, apply_terms
from moderator.ledger.evidence.rotation import Keys, KeyUse, Progress, Rotation
from moderator.ledger.evidence.scan import NAMED, EvidenceScan, Scan
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.evidence.spool_erasure import SpoolErasure
from moderator.settings import Settings

app = typer.Typer(
    help="Stored texts: keys, retention, legal holds and evidence packs.",
    no_args_is_help=True,
    add_completion=False,
)
app.command()(legal_holds.hold)
app.command()(legal_holds.release)
app.command()(legal_holds.holds)
app.command()(evidence_packs.pack)
app.command()(evidence_packs.verify)
app.command(name="public-key")(evidence_packs.public_key)

_EVERY: Final = 50  # batches, between two lines of progress


@app.command()
def keys(config: Config = None) -> None:
    """Count the rows that each key still decrypts; one that decrypts none may be removed."""

    async def counted(settings: Settings, engine: Engine) -> Keys:
        return await _rotation(settings, engine).keys()

    _show_keys(at_the_ledger(config, counted))


@app.command()
def rotate(
    batch: Annotated[int, typer.Option(help="Rows per step.", min=1, max=5000)] = 200,
    pause: Annotated[int, typer.Option(help="Milliseconds between steps.", min=0)] = 0,
    by: By = "",
    config: Config = None,
) -> None:
    """Encrypt everything again with the current key, while the service runs.

    It may be stopped (Ctrl-C) and started again at any time.  Exit status 1 if rows are left.
    """
    wait = timedelta(milliseconds=pause)

    async def rotated(settings: Settings, engine: Engine) -> Keys:
        rotation = _rotation(settings, engine, batch=batch, pause=wait)
        stopping = _stop_when_asked()
        reports = _Reports()
        progress = await rotation.run(by=decider(by), report=reports.tell, stopping=stopping)
        print(_progress(progress))
        return await rotation.keys()

    found = at_the_ledger(config, rotated)
    _show_keys(found)
    if any(_holds(use) for use in found.uses if not use.current):
        raise typer.Exit(1)


@app.command()
def retention(
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without this, only count.")
    ] = False,
    by: By = "",
    config: Config = None,
) -> None:
    """Apply the retention of the settings to texts that were stored under earlier ones."""

    async def applied(settings: Settings, engine: Engine) -> tuple[Terms, int]:
        terms = Terms.of(settings.evidence)
        changed = await apply_terms(engine, terms, by=decider(by), dry_run=not apply)
        return terms, changed

    terms, changed = at_the_ledger(config, applied)
    for category, term in sorted(terms.by_category.items()):
        print(category, f"{term.days} days", sep="\t")
    print("all others", f"{terms.otherwise.days} days", sep="\t")
    print(changed, "changed" if apply else "would change (--apply)")


@app.command()
def scan(
    dump: Annotated[
        str, typer.Option(help="A plain pg_dump to look through instead, or - for stdin.")
    ] = "",
    late: Annotated[
        int, typer.Option(help="Minutes of grace: the service erases once an hour.", min=0)
    ] = 90,
    config: Config = None,
) -> None:
    """Prove that nothing is kept beyond its retention; exit status 1 if anything is."""
    now = datetime.now(UTC)
    if dump:
        _show_dump(_scanned(dump, now - timedelta(minutes=late)))
        return

    async def looked(settings: Settings, engine: Engine) -> Scan:
        evidence = settings.evidence
        spool = SpoolErasure(spool_of(settings), EvidenceCipher.of(evidence), Terms.of(evidence))
        after = timedelta(days=evidence.forget_people_days)
        looker = EvidenceScan(engine, spool, people_after=after)
        return await looker.look(now, late=timedelta(minutes=late))

    _show_scan(at_the_ledger(config, looked))


class _Reports:
    """A line of progress now and then."""

    def __init__(self) -> None:
        self._batches = 0

    def tell(self, progress: Progress) -> None:
        self._batches += 1
        if self._batches % _EVERY == 0:
            print(_progress(progress), file=sys.stderr)


def _progress(progress: Progress) -> str:
    unreadable = f", {progress.unreadable} unreadable" if progress.unreadable else ""
    return f"{progress.looked:.0%} looked through, {progress.sealed} sealed again{unreadable}"


def _rotation(
    settings: Settings, engine: Engine, *, batch: int = 200, pause: timedelta = timedelta(0)
) -> Rotation:
    cipher = EvidenceCipher.of(settings.evidence)
    return Rotation(engine, cipher, spool_of(settings), batch=batch, pause=pause)


def _stop_when_asked() -> asyncio.Event:
    stopping = asyncio.Event()
    if threading.current_thread() is threading.main_thread():  # no other hears signals
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, stopping.set)
    return stopping


def _show_keys(found: Keys) -> None:
    for use in found.uses:
        columns = (use.key_id, _role(use), f"{use.violations} violations", f"{use.spooled} spooled")
        print(*columns, sep="\t")
    for app_, number in found.failed.items():
        print(f"EncodingAESKey of {app_}", "WeCom's", f"{number} failed messages", sep="\t")


def _role(use: KeyUse) -> str:
    if use.current:
        return "current"
    if not use.known:
        return "not in the keyring"
    return "in use" if _holds(use) else "may be dropped"


def _holds(use: KeyUse) -> int:
    return use.violations + use.spooled


def _scanned(dump: str, now: datetime) -> DumpScan:
    if dump == "-":
        return scan_dump(sys.stdin, now)
    with Path(dump).open(encoding="utf-8", newline="\n") as lines:
        return scan_dump(lines, now)


def _show_dump(found: DumpScan) -> None:
    print(f"{found.violations} violations, {found.with_text} with text, {found.held} held")
    _show("violations", "text past its time", len(found.overdue), found.overdue[:NAMED])
    _show("failed_messages", "callbacks past their time", len(found.failed), found.failed[:NAMED])
    if found.overdue or found.failed:
        raise typer.Exit(1)


def _show_scan(found: Scan) -> None:
    print(f"{found.held} held beyond their time")
    for fault in found.faults:
        _show(fault.place, fault.what, fault.number, fault.ids)
    if found.faults:
        raise typer.Exit(1)
    print("nothing is kept beyond its time")


def _show(place: str, what: str, number: int, ids: Sequence[int]) -> None:
    if number:
        print(place, what, number, " ".join(map(str, ids)), sep="\t")
