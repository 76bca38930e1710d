"""A directory of rule files, read as far as it can be."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from moderator.policy.policy import Policy
from moderator.rulebook.documents import Document, NotYaml, parse
from moderator.rulebook.faults import Fault
from moderator.rulebook.packs import Pack, PackedRule, read_pack
from moderator.rulebook.policies import read_policy

POLICY_FILE = "policy.yaml"
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy and the SHA-256 (hex) of the file it came from."""

    policy: Policy
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a directory holds: packs by file name, the rules that serve, the policy, every fault.

    A pack or policy that cannot be read is that of the reading before, where there was one.
    `received` is the SHA-256 (hex) of each file as it stands on disk.
    """

    packs: Mapping[str, Pack] = field(default_factory=dict)
    rules: tuple[PackedRule, ...] = ()
    policy: PolicySource | None = None
    received: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def applied(self) -> Mapping[str, str]:
        """The SHA-256 (hex) of each file as it serves: it differs from `received` where broken."""
        serving = {name: pack.digest for name, pack in self.packs.items()}
        return serving | ({POLICY_FILE: self.policy.digest} if self.policy else {})


def rule_files(directory: Path) -> list[Path]:
    """The packs and the policy of a directory, by name; editors' hidden files are left out."""
    return sorted(
        path
        for path in directory.iterdir()
        if path.suffix in _SUFFIXES and not path.name.startswith(".") and path.is_file()
    )


def received(directory: Path) -> Mapping[str, str]:
    """The SHA-256 (hex) of each rule file as it stands on disk, empty where it cannot be read.

    Raises `OSError` where the directory cannot be.
    """
    return {path.name: _digest_of(path) for path in rule_files(directory)}


def _digest_of(path: Path) -> str:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_directory(directory: Path, *, before: Reading | None = None) -> Reading:
    """Read all rule files; nothing in them raises, every fault is in the reading's list."""
    before = before or Reading()
    try:
        files = rule_files(directory)
    except OSError as error:
        return _unreadable(directory, f"cannot be read: {error.strerror}", before)
    if not files:  # a mount that is gone looks like this
        return _unreadable(directory, "holds no rule files", before)
    collected = _Collected(directory, before)
    for path in files:
        collected.add(path)
    return collected.finished()


def _unreadable(directory: Path, message: str, before: Reading) -> Reading:
    return replace(before, faults=(Fault(str(directory), 0, message),))


class _Collected:
    def __init__(self, directory: Path, before: Reading) -> None:
        self._directory = directory
        self._before = before
        self._packs: dict[str, Pack] = {}
        self._policy: PolicySource | None = None
        self._received: dict[str, str] = {}
        self._faults: list[Fault] = []

    def add(self, path: Path) -> None:
        document, digest = self._parsed(path)
        self._received[path.name] = digest
        if path.name == POLICY_FILE:
            self._add_policy(document, digest)
        else:
            self._add_pack(path.name, document, digest)

    def finished(self) -> Reading:
        self._require_policy()
        rules = tuple(map(self._with_known_clauses, self._first_of_each_id()))
        return Reading(
            packs=MappingProxyType(self._packs),
            rules=rules,
            policy=self._policy,
            received=MappingProxyType(self._received),
            faults=tuple(sorted(set(self._faults))),
        )

    def _parsed(self, path: Path) -> tuple[Document | None, str]:
        try:
            content = path.read_bytes()
        except OSError as error:
            self._faults.append(Fault(str(path), 0, f"cannot be read: {error.strerror}"))
            return None, ""
        return self._document(path, content), _digest(content)

    def _document(self, path: Path, content: bytes) -> Document | None:
        try:
            document, faults = parse(content.decode("utf-8-sig"), file=str(path))
        except NotYaml as error:
            self._faults.append(error.fault)
            return None
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._faults.append(Fault(str(path), line, "is not UTF-8"))
            return None
        self._faults += faults
        return document

    def _add_policy(self, document: Document | None, digest: str) -> None:
        policy, faults = read_policy(document) if document else (None, ())
        self._faults += faults
        self._policy = PolicySource(policy, digest) if policy else self._before.policy

    def _add_pack(self, name: str, document: Document | None, digest: str) -> None:
        pack, faults = read_pack(document, digest=digest) if document else (None, ())
        self._faults += faults
        usable = pack or self._before.packs.get(name)
        if usable is not None:
            self._packs[name] = usable

    def _require_policy(self) -> None:
        if POLICY_FILE not in self._received:
            self._faults.append(Fault(str(self._directory / POLICY_FILE), 0, "is missing"))
            self._policy = self._before.policy

    def _first_of_each_id(self) -> Iterator[PackedRule]:
        seen: dict[str, PackedRule] = {}
        for packed in self._in_file_order():
            first = seen.setdefault(packed.rule.id, packed)
            if first is packed:
                yield packed
            else:
                message = f"the id stands twice; first at {first.rule.source}"
                self._complain(packed, packed.line, message)

    def _in_file_order(self) -> Iterator[PackedRule]:
        for _, pack in sorted(self._packs.items()):
            yield from pack.rules

    def _with_known_clauses(self, packed: PackedRule) -> PackedRule:
        # A clause that left the policy must not take a rule out of service.
        if self._policy is None or not packed.rule.clauses:
            return packed
        known = self._policy.policy.clauses
        for clause in packed.rule.clauses:
            if clause not in known:
                message = f"there is no clause `{clause}` in {POLICY_FILE}"
                self._complain(packed, packed.clauses_line, message)
        kept = tuple(clause for clause in packed.rule.clauses if clause in known)
        return replace(packed, rule=replace(packed.rule, clauses=kept))

    def _complain(self, packed: PackedRule, line: int, message: str) -> None:
        self._faults.append(Fault(packed.file, line, message, packed.rule.id))
