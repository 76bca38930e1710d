"""Built rules on disk, so that a start costs no building.

What is kept is a pickle, which can run code when it is read: a file is only read when this user
owns it and its folder, and nobody else can write to either.
"""

import copyreg
import fcntl
import gc
import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from stat import S_IWGRP, S_IWOTH
from types import MappingProxyType
from typing import Any

import moderator
from moderator.matching.glancing import COMPILED
from moderator.matching.screening import Screen
from moderator.rulebook.identity import digest
from moderator.rulebook.reading import Reading, received

KEPT = 4  # files; the oldest go
_CODE = ("domain", "text", "matching", "policy", "rulebook")
_SOURCES = {".py", ".pyx", ".pxi"}
_LIBRARIES = ("daachorse", "opencc", "pyahocorasick", "pydantic", "pypinyin", "pyyaml")

Built = tuple[Reading, Screen]


class RulebookCache:
    """Readings and their screens, found by what the files say and by the code that read them.

    It never fails: what cannot be read is built anew, what cannot be written is not kept.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._code = _code_digest()

    def find(self, rules: Path) -> Built | None:
        """What was built from the files as they are now."""
        try:
            path = self._path(rules, received(rules))
            if not (_only_ours(path) and _only_ours(self._directory)):
                return None
            content = path.read_bytes()
        except OSError:
            return None
        return _unpacked(content)

    @contextmanager
    def building(self) -> Iterator[None]:
        """One process of this user builds at a time; the others find afterwards what it kept."""
        with ExitStack() as stack:
            with suppress(OSError):
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                lock = stack.enter_context(self._directory.with_suffix(".lock").open("a"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def keep(self, rules: Path, built: Built) -> None:
        """Keep what was built, unless it rests on files that are no longer what they were."""
        reading, _ = built
        if reading.applied != reading.received:
            return
        with suppress(OSError, pickle.PicklingError, TypeError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._path(rules, reading.received), _packed(built))
            self._prune()

    def _path(self, rules: Path, files: Mapping[str, str]) -> Path:
        return self._directory / digest([str(rules.absolute()), dict(files), self._code])

    def _write(self, path: Path, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self._directory, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink()
            raise

    def _prune(self) -> None:
        kept = sorted(self._directory.iterdir(), key=lambda path: -path.stat().st_mtime)
        for path in kept[KEPT:]:
            path.unlink(missing_ok=True)


def _only_ours(path: Path) -> bool:
    if sys.platform == "win32":  # no owner to ask for: nothing is read
        return False
    status = path.stat()
    return status.st_uid == os.getuid() and not status.st_mode & (S_IWGRP | S_IWOTH)


def _packed(built: Built) -> bytes:
    buffer = BytesIO()
    pickler = pickle.Pickler(buffer, protocol=5)
    pickler.dispatch_table = copyreg.dispatch_table | {
        MappingProxyType: lambda view: (_view, (dict(view),))
    }
    pickler.dump(built)
    content = buffer.getvalue()
    return hashlib.sha256(content).digest() + content


def _unpacked(content: bytes) -> Built | None:
    if hashlib.sha256(content[32:]).digest() != content[:32]:
        return None
    collecting = gc.isenabled()
    gc.disable()  # looking through a million new objects for garbage takes as long as reading them
    try:
        built: Built = pickle.loads(content[32:])  # noqa: S301 - only this user could have written it
    finally:
        if collecting:
            gc.enable()
    return built


def _view(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def _code_digest() -> str:
    package = Path(moderator.__file__).parent
    code = hashlib.sha256(sys.version.encode())
    for library in _LIBRARIES:
        with suppress(PackageNotFoundError):
            code.update(f"{library} {version(library)}".encode())
    code.update(f"compiled: {COMPILED}".encode())
    for path in sorted(path for part in _CODE for path in (package / part).rglob("*.p*")):
        if path.suffix in _SOURCES:
            code.update(path.read_bytes())
    return code.hexdigest()
