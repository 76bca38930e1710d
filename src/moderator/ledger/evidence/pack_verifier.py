"""Verifies an evidence pack of `moderator`; needs Python 3.10 or newer and nothing else.

    python3 verify.py PACK.zip PUBLIC_KEY

PUBLIC_KEY is the 64 hex digits that the company published (`moderator evidence public-key`), from
another source than the pack itself.  Exit status 0: the pack is whole and signed with that key;
1: it is not, and every fault is named; 3: it is whole, but no key was given, so that nobody knows
who signed it.
"""

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MANIFEST, SIGNATURE, AUDIT, VIEWERS = "manifest.json", "manifest.sig", "audit.jsonl", "viewers.json"
FORMAT = "moderator evidence pack 1"
_CHUNK = 1 << 20

# The curve of RFC 8032, section 5.1: -x² + y² = 1 + d·x²·y² modulo p, of order q.
_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_BASE = (4 * pow(5, -1, _P) % _P).to_bytes(32, "little")
_ROOT = pow(2, (_P - 1) // 4, _P)  # of -1

Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, X·Y = T·Z


def faults_of(path: Path, trusted: set[str] | None = None) -> list[str]:
    """One sentence for everything that is wrong; `trusted` are public keys in hex, None: any."""
    faults: list[str] = []
    try:
        with zipfile.ZipFile(path) as pack:
            faults.extend(_faults(pack, trusted))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, RecursionError) as error:
        faults.append(f"cannot be read to its end: {type(error).__name__}: {error}")
    return faults


def signer_of(path: Path) -> str:
    """The public key that the pack names; whose it is has to be known from elsewhere."""
    with zipfile.ZipFile(path) as pack:
        return str(json.loads(pack.read(SIGNATURE))["public_key"])


def verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Ed25519 (RFC 8032, 5.1.7)."""
    if len(signature) != 64:
        return False
    base, key, commitment = _point(_BASE), _point(public_key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if base is None or key is None or commitment is None or scalar >= _Q:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _Q
    return _same(_times(scalar, base), _plus(commitment, _times(challenge, key)))


def _faults(pack: zipfile.ZipFile, trusted: set[str] | None) -> Iterator[str]:
    manifest = pack.read(MANIFEST)
    yield from _signature_faults(manifest, json.loads(pack.read(SIGNATURE)), trusted)
    told = json.loads(manifest)
    if told["format"] != FORMAT:
        yield f"{MANIFEST}: is no {FORMAT}"
    yield from _file_faults(pack, told["files"])
    yield from _chain_faults(_lines(pack, AUDIT), told["audit"])
    yield from _viewer_faults(_lines(pack, AUDIT), json.loads(pack.read(VIEWERS)))


def _signature_faults(
    manifest: bytes, told: dict[str, str], trusted: set[str] | None
) -> Iterator[str]:
    key = bytes.fromhex(told["public_key"])
    if not verifies(key, manifest, bytes.fromhex(told["signature"])):
        yield f"{MANIFEST}: was altered after it was signed"
    if trusted is not None and key.hex() not in trusted:
        yield f"{SIGNATURE}: is by another key, {key.hex()}"


def _file_faults(pack: zipfile.ZipFile, files: dict[str, dict[str, Any]]) -> Iterator[str]:
    present = [entry.filename for entry in pack.infolist()]
    signed = {MANIFEST, SIGNATURE, *files}
    yield from (f"{name}: was added" for name in sorted(set(present) - signed))
    yield from (f"{name}: is missing" for name in sorted(signed - set(present)))
    yield from (f"{name}: is there twice" for name in sorted(signed) if present.count(name) > 1)
    for name in sorted(set(files) & set(present)):
        if _digest(pack, name) != (files[name]["sha256"], files[name]["bytes"]):
            yield f"{name}: was altered"


def _digest(pack: zipfile.ZipFile, name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with pack.open(name) as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _lines(pack: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with pack.open(name) as content:
        yield from (json.loads(line) for line in content)


def _chain_faults(rows: Iterator[dict[str, Any]], told: dict[str, Any]) -> Iterator[str]:
    """Rows of other cases have only their number and hash: the chain holds without their words."""
    number, previous = told["first"] - 1, told["previous"]
    for row in rows:
        if row["number"] != number + 1:
            yield f"{AUDIT}: rows are missing or out of order after {number}"
        if "actor" in row and hash_of(row, previous) != row["hash"]:
            yield f"{AUDIT}: row {row['number']} was altered or does not follow the one before it"
        number, previous = row["number"], row["hash"]
    if (number, previous) != (told["last"], told["head"]):
        yield f"{AUDIT}: does not end at row {told['last']}, whose hash is signed"


def hash_of(row: dict[str, Any], previous: str) -> str:
    """A row's hash (hex), over its content and the hash of the row before it."""
    told = [row[name] for name in ("number", "at", "actor", "action", "subject", "detail")]
    content = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    hashed = bytes.fromhex(previous) + content.encode("utf-8", "replace")
    return hashlib.sha256(hashed).hexdigest()


def _viewer_faults(rows: Iterator[dict[str, Any]], viewers: list[dict[str, Any]]) -> Iterator[str]:
    """The log of viewers says what the audit log says, and leaves nobody out."""
    looks = [_look(row) for row in rows if str(row.get("action", "")).startswith("evidence.")]
    if looks != [_look(viewer) for viewer in viewers]:
        yield f"{VIEWERS}: does not tell what {AUDIT} tells"


def _look(row: dict[str, Any]) -> list[Any]:
    return [row[name] for name in ("number", "at", "actor", "action", "detail")]


def _point(encoded: bytes) -> Point | None:
    """RFC 8032, 5.1.3: y, and in the highest bit the sign of x."""
    value = int.from_bytes(encoded, "little")
    y, sign = value & ((1 << 255) - 1), value >> 255
    if len(encoded) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _plus(one: Point, other: Point) -> Point:
    """RFC 8032, 5.1.4."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _plus(result, point)
        point, scalar = _plus(point, point), scalar >> 1
    return result


def _same(one: Point, other: Point) -> bool:
    return not (
        (one[0] * other[2] - other[0] * one[2]) % _P or (one[1] * other[2] - other[1] * one[2]) % _P
    )


def main(arguments: list[str]) -> int:
    """The exit status."""
    if not 1 <= len(arguments) <= 2:
        return _say(str(__doc__), 2)
    path, trusted = Path(arguments[0]), {key.lower() for key in arguments[1:]} or None
    if faults := faults_of(path, trusted):
        return _say("\n".join(faults), 1)
    if trusted is None:
        named = signer_of(path)
        return _say(f"Whole, and signed with {named}: compare that with the published key.", 3)
    return _say("Whole, and signed with this key.", 0)


def _say(sentence: str, status: int) -> int:
    sys.stdout.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
