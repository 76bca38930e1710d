"""Every error that the service raises on purpose.

ModeratorError
├── SettingsError            start-up refused; lists every fault
├── EnvelopeError            a callback that is not what it claims to be
│   ├── SignatureMismatch        forged, or the wrong token
│   ├── MalformedEnvelope        not an envelope: XML, JSON, base64 or length is wrong
│   └── WrongReceiver            encrypted for another corp, suite or app
├── LedgerError
│   ├── LedgerUnavailable        PostgreSQL cannot be reached or refuses work
│   ├── SpoolUnavailable         the local spool is full or cannot be written
│   ├── SchemaMismatch           migrations are missing or too new
│   ├── EvidenceUnreadable       the key of stored evidence is not in the keyring
│   ├── AccountChanged           a user is not any more what they were when they were read
│   ├── NameTaken                there is a user of that name
│   ├── JobTooLarge              more violations than a bulk job takes
│   ├── NothingToUndo            nobody decided anything that still stands
│   ├── NotFound                 no such violation, action or failed message
│   ├── OwnRequest               somebody answers what they asked for themselves
│   └── UnmaskingNeeded          somebody wants the text of what they may not read now
├── IdentityError            the company's provider did not say who somebody is
├── RulebookError            no usable rule or policy at all
└── WeComError               the API did not do what was asked
    ├── WeComRefused             an errcode; carries it
    │   └── WeComPaused          an errcode of before, repeated without asking again
    ├── WeComUnreachable         network failure, time-out, or not WeCom's JSON
    └── WeComHeld                not called for now: no room, blocked, or it does not answer

Errors carry fields, not prose: what a person reads is made where it is shown.
"""

from dataclasses import dataclass
from datetime import datetime


class ModeratorError(Exception):
    """The parent of all errors raised on purpose."""


@dataclass(unsafe_hash=True)
class SettingsError(ModeratorError):
    """The settings cannot be used; `faults` has one sentence for each wrong or missing one."""

    faults: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.faults)


class EnvelopeError(ModeratorError):
    """A callback that is not what it claims to be."""


class SignatureMismatch(EnvelopeError):
    """`msg_signature` does not fit: forged, or the wrong token."""


class MalformedEnvelope(EnvelopeError):
    """Not an envelope: XML, JSON, base64, padding or length is wrong."""


class WrongReceiver(EnvelopeError):
    """Encrypted for another corp, suite or app."""


class LedgerError(ModeratorError):
    """The ledger could not do its work."""


class LedgerUnavailable(LedgerError):
    """PostgreSQL cannot be reached or refuses work."""


class SpoolUnavailable(LedgerError):
    """The spool on this machine is full or cannot be written."""


class SchemaMismatch(LedgerError):
    """The database's migrations are not those of this version."""


class EvidenceUnreadable(LedgerError):
    """Stored evidence was written with a key that is not in the keyring, or was altered."""


class AccountChanged(LedgerError):
    """A user got another password or other rights since they were read; nothing was done."""


class NameTaken(LedgerError):
    """There is a user of that name; what was begun with it was not done."""


@dataclass(unsafe_hash=True)
class JobTooLarge(LedgerError):
    """There are more violations than the `most` that one bulk job takes."""

    most: int


class NothingToUndo(LedgerError):
    """Nobody decided anything about the violation that still stands."""


class NotFound(LedgerError):
    """No such violation, action or failed message."""


class UnmaskingNeeded(LedgerError):
    """What somebody wrote is wanted by a person who may not read it at this moment."""


class OwnRequest(LedgerError):
    """What takes two persons was asked for and granted by the same one."""


@dataclass(unsafe_hash=True)
class IdentityError(ModeratorError):
    """The OpenID Connect provider cannot be reached, refused, or said what cannot be believed."""

    cause: str

    def __str__(self) -> str:
        return self.cause


class RulebookError(ModeratorError):
    """There is no usable rule or policy at all."""


class WeComError(ModeratorError):
    """The WeCom API did not do what was asked."""


@dataclass(unsafe_hash=True)
class WeComRefused(WeComError):
    """WeCom answered with an `errcode` other than 0 (`wecom.md` §7.4)."""

    code: int
    message: str
    path: str

    def __str__(self) -> str:
        return f"{self.path}: errcode {self.code} {self.message}"


@dataclass(unsafe_hash=True)
class WeComUnreachable(WeComError):
    """No answer, or none in WeCom's form; the call may or may not have been carried out."""

    path: str
    cause: str

    def __str__(self) -> str:
        return f"{self.path}: {self.cause}"


@dataclass(unsafe_hash=True)
class WeComPaused(WeComRefused):
    """WeCom refused this before and would again; nobody asks before `until`.

    `fresh` tells the refusal that began the pause from its repetitions without a call; `held_by`
    names what has to end.
    """

    until: datetime
    held_by: str
    fresh: bool = False


@dataclass(unsafe_hash=True)
class WeComHeld(WeComError):
    """Not called, though nothing is wrong with the call; there may be room at `until`."""

    path: str
    cause: str
    until: datetime
    held_by: str

    def __str__(self) -> str:
        return f"{self.path}: {self.cause}"
