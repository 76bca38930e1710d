"""The published test vectors of the WeCom envelope, in both directions."""

import tomllib
from pathlib import Path

import pytest

from moderator.wecom.envelope import Envelope, Form

Vector = dict[str, str]

VECTORS: dict[str, Vector] = tomllib.loads(
    Path(__file__).with_name("vectors.toml").read_text("utf-8")
)
SIGNED = [name for name, vector in VECTORS.items() if "signature" in vector]
KEYED = [name for name, vector in VECTORS.items() if "encoding_aes_key" in vector]
OPENED = sorted(set(SIGNED) & set(KEYED))
REPRODUCIBLE = [name for name in KEYED if "random" in VECTORS[name]]


def envelope_of(vector: Vector) -> Envelope:
    return Envelope(
        token=vector["token"],
        encoding_aes_key=vector.get("encoding_aes_key", "a" * 43),
        receive_id=vector.get("receive_id", ""),
    )


def resigned(vector: Vector) -> str:
    return envelope_of(vector).sign(
        timestamp=vector.get("timestamp", "0"),
        nonce=vector.get("nonce", "0"),
        ciphertext=vector["ciphertext"],
    )


def test_all_nineteen_vectors_are_here() -> None:
    """Every vector of wecom.md §1.8 is checked by at least one test of this file."""
    assert len(VECTORS) == 19
    assert set(SIGNED) | set(KEYED) == set(VECTORS)


@pytest.mark.parametrize("name", SIGNED)
def test_signature_of_published_vector(name: str) -> None:
    """The signature of a published callback is computed exactly as published."""
    assert resigned(VECTORS[name]) == VECTORS[name]["signature"]


@pytest.mark.parametrize("name", KEYED)
def test_published_vector_is_decrypted(name: str) -> None:
    """A published ciphertext proves its address with exactly the published plaintext."""
    vector = VECTORS[name]

    plain = envelope_of(vector).verify_url(
        signature=resigned(vector),
        timestamp=vector.get("timestamp", "0"),
        nonce=vector.get("nonce", "0"),
        echostr=vector["ciphertext"],
    )

    assert plain.decode() == vector["plaintext"]


@pytest.mark.parametrize("name", OPENED)
@pytest.mark.parametrize(
    "body",
    [
        "<xml><ToUserName><![CDATA[x]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
        '<?xml version="1.0" encoding="GBK"?>\n<xml>\n<Encrypt>{}</Encrypt>\n</xml>\n',
        '{{"tousername":"x","encrypt":"{}","agentid":"218"}}',
        ' {{"encrypt":"{}"}}',
    ],
)
def test_published_callback_is_opened(name: str, body: str) -> None:
    """A published callback opens with its own signature from every way of writing the body."""
    vector = VECTORS[name]

    plain = envelope_of(vector).open(
        body.format(vector["ciphertext"]).encode(),
        signature=vector["signature"],
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
    )

    assert plain.decode() == vector["plaintext"]


@pytest.mark.parametrize("name", REPRODUCIBLE)
def test_published_vector_is_sealed(name: str) -> None:
    """With the published random bytes, sealing gives the published ciphertext and signature."""
    vector = VECTORS[name]

    sealed = envelope_of(vector).seal(
        vector["plaintext"].encode(),
        timestamp=vector.get("timestamp", "0"),
        nonce=vector.get("nonce", "0"),
        form=Form.XML,
        padding=vector["random"].encode(),
    )

    assert f"<![CDATA[{vector['ciphertext']}]]>".encode() in sealed.body
    assert sealed.signature == vector.get("signature", sealed.signature)
