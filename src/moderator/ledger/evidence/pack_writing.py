"""How an evidence pack is laid out: files in a ZIP, each named with its hash in a signed list."""

import hashlib
import json
import zipfile
from collections.abc import AsyncIterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from moderator.ledger.evidence import pack_verifier
from moderator.ledger.evidence.pack_verifier import AUDIT, FORMAT, MANIFEST, SIGNATURE
from moderator.ledger.evidence.signing import Signer
from moderator.policy.canonical import canonical

VERIFIER: Final = "verify.py"
_README: Final = """\
# Evidence pack · 证据包

Violation {violation}, made {at} by {by}.  Reason: {reason}

| file | holds |
|---|---|
| case.json | who, where, when, what it counted as, how it was judged · 违规记录 |
| message.json | what was written, secrets struck out, and each hit explained · 原文与命中说明 |
| rules.json | each rule at the version that hit · 当时的规则 |
| policy.json | the policy that decided, and the clauses as they read then · 当时的制度与条款 |
| decisions.json | who decided what, and why · 处理决定 |
| notices.json | each action, what WeCom answered, each notice word for word · 措施与通知 |
| viewers.json | who looked at the case, who read it unmasked and why · 查阅记录 |
| holds.json | legal holds over it · 法律保全 |
| audit.jsonl | the audit log from the first row about this case on; of rows about others only \
number and hash · 审计链 |
| manifest.json, manifest.sig | the hash of every file, and an Ed25519 signature over that list |

To verify it (Python 3.10 or newer, nothing else, no network) · 离线校验:

    unzip PACK.zip verify.py
    python3 verify.py PACK.zip PUBLIC_KEY

PUBLIC_KEY is what the company published (`moderator evidence public-key`).  Take it, and the
SHA-256 of verify.py, from the company and not from this pack: whoever forges a pack can put
another key and another program into it.
"""


class PackWriter:
    """Writes one pack; `finish` signs it."""

    def __init__(self, target: IO[bytes], *, at: datetime) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self._date = at.astimezone(UTC).timetuple()[:6]
        self._files: dict[str, dict[str, Any]] = {}

    def explain(self, **told: object) -> None:
        """Put in what a person without this software needs."""
        self._text("README.md", _README.format(**told))
        self._text(VERIFIER, verifier())

    def put(self, name: str, content: Any) -> None:
        """A file of JSON; `content` may hold dataclasses, moments and spans of time."""
        plain = json.loads(canonical(content))
        self._text(name, json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n")

    async def put_audit(self, rows: AsyncIterable[Mapping[str, Any]]) -> None:
        """The rows of the audit log as they come: there may be a great many."""
        with self._opened(AUDIT) as write:
            async for row in rows:
                line = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
                write(f"{line}\n".encode())

    def finish(self, signer: Signer, told: Mapping[str, Any]) -> None:
        """Write the list of all files with what else is `told`, and sign it."""
        manifest = {"format": FORMAT, "files": self._files, **told}
        content = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
        signature = {"public_key": signer.public_keys[0], "signature": signer.sign(content).hex()}
        self._zip.writestr(self._entry(MANIFEST), content)
        self._zip.writestr(self._entry(SIGNATURE), json.dumps(signature, indent=1))
        self._zip.close()

    def _text(self, name: str, text: str) -> None:
        with self._opened(name) as write:
            write(text.encode())

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(self._entry(name), "w", force_zip64=True) as file:

            def write(content: bytes) -> None:
                nonlocal size
                digest.update(content)
                size += file.write(content)

            yield write
        self._files[name] = {"sha256": digest.hexdigest(), "bytes": size}

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self._date)
        entry.compress_type = zipfile.ZIP_DEFLATED
        return entry


def verifier() -> str:
    """The program that verifies a pack; it needs nothing but Python."""
    return Path(pack_verifier.__file__).read_text("utf-8")
