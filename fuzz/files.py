"""Targets on what operators write: rule packs, the policy, the settings."""

import shutil
import tempfile
from pathlib import Path

from fuzz.target import Target, require
from moderator.errors import RulebookError, SettingsError
from moderator.rulebook.loader import build_rulebook
from moderator.rulebook.reading import POLICY_FILE, Reading, read_directory
from moderator.settings import load_settings

MARKER = "5ec3e7" * 8  # every secret of the seeds holds it; no sentence may
_POLICY = b"ladders:\n  - {id: all, window: 9d, rungs: [{at: 1, actions: [warn_sender]}]}\n"
_WORDS = ("words: ", "patterns: ", "- id: ", "examples: [", "{", "&a ", "*a", "<<: ", "!!python/")
_RULES = (
    *map(str.encode, _WORDS),
    *(b"(a+)+$", b"(?P<x>", b"\\d{1,99999}", b"[[:alpha:]]", b"~", b"  ", b"\t", b"- - -", b"|\n"),
)
_BUILT_EVERY = 64  # readings; building a matcher takes a hundred times as long
_POLICIES = (b"ladders:", b"rungs: [", b"at: ", b"window: ", b"clauses: ", b"units:", b"999999999d")
_TOML = (b"[[", b"[wecom.apps.x]", b"= {", b'"""', b"= -1", b"= 1e9", b"= nan", b"= 1979-05-27")


def targets() -> list[Target]:
    return [
        Target(name="rules", check=_Rules("pack.yaml").check, share=4, tokens=_RULES),
        Target(name="policy", check=_Rules(POLICY_FILE).check, share=4, tokens=_POLICIES),
        Target(name="settings", check=_Settings().check, share=4, tokens=_TOML),
    ]


class _Folder:
    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def __del__(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


class _Rules:
    """Whatever stands in a rule file is a rule or a fault; what was read can be built."""

    def __init__(self, name: str) -> None:
        self._folder = _Folder()
        (self._folder.path / POLICY_FILE).write_bytes(_POLICY)
        self._file = self._folder.path / name
        self._seen = 0

    def check(self, data: bytes) -> None:
        self._file.write_bytes(data)
        reading = read_directory(self._folder.path)
        require(all(fault.line >= 0 for fault in reading.faults), "a fault has a line")
        if reading.policy is None:
            require(bool(reading.faults), "a policy that is none has a fault")
        self._seen += 1
        if self._seen % _BUILT_EVERY == 0:
            self._build(reading)

    def _build(self, reading: Reading) -> None:
        try:
            book = build_rulebook(reading)
        except RulebookError:
            require(reading.policy is None, "only a policy that is none keeps a book from being")
            return
        for packed in reading.rules:
            for sample in packed.examples[:4]:
                book.screen.screen(sample.text)


class _Settings:
    """Settings are right or refused with sentences, and no sentence holds a secret."""

    def __init__(self) -> None:
        self._folder = _Folder()
        self._file = self._folder.path / "moderator.toml"

    def check(self, data: bytes) -> None:
        self._file.write_bytes(data)
        try:
            load_settings(self._file)
        except SettingsError as error:
            require(bool(error.faults), "a refusal has a sentence")
            require(MARKER not in str(error), "a refusal never holds a secret")
