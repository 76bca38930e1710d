"""Callbacks are opened when they are WeCom's, and refused for the right reason when not."""

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.enterprise.crypto import WeChatCrypto as WorkCrypto
from wechatpy.exceptions import InvalidSignatureException

from moderator.errors import MalformedEnvelope, SignatureMismatch, WrongReceiver
from moderator.wecom.envelope import MOST_BYTES, Envelope, Form, SealedCallback

TOKEN = "QDG6eK"
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"  # published, vector A1; spare bits set
CORP = "wx5823bf96d3bd56c7"
TIMESTAMP = "1409659813"
NONCE = "1372623149"

ENVELOPE = Envelope(token=TOKEN, encoding_aes_key=KEY, receive_id=CORP)


def opened(sealed: SealedCallback, envelope: Envelope = ENVELOPE) -> bytes:
    return envelope.open(
        sealed.body,
        signature=sealed.signature,
        timestamp=sealed.timestamp,
        nonce=sealed.nonce,
    )


def sealed(
    plain: bytes = b"<xml/>", form: Form = Form.XML, receive_id: str = CORP
) -> SealedCallback:
    envelope = Envelope(token=TOKEN, encoding_aes_key=KEY, receive_id=receive_id)
    return envelope.seal(plain, timestamp=TIMESTAMP, nonce=NONCE, form=form)


def open_signed(ciphertext: str, body: str = "<xml><Encrypt>{}</Encrypt></xml>") -> bytes:
    """Open a body whose signature fits its ciphertext, whatever the ciphertext is."""
    signature = ENVELOPE.sign(timestamp=TIMESTAMP, nonce=NONCE, ciphertext=ciphertext)
    return ENVELOPE.open(
        body.format(ciphertext).encode(), signature=signature, timestamp=TIMESTAMP, nonce=NONCE
    )


def encrypted(padded: bytes) -> str:
    """Encrypt what an honest sender never would."""
    key = base64.b64decode(KEY + "=")
    return base64.b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(padded)).decode()


@given(plain=st.binary(max_size=300), form=st.sampled_from(Form))
def test_what_is_sealed_opens_again(plain: bytes, form: Form) -> None:
    """Any bytes come back exactly, in both forms."""
    assert opened(sealed(plain, form)) == plain


@pytest.mark.parametrize("receive_id", [CORP, "suite_id-1", ""])
def test_each_receiveid_opens_its_own(receive_id: str) -> None:
    """Corp ids, suite ids and the empty receiveid of robots all work."""
    envelope = Envelope(token=TOKEN, encoding_aes_key=KEY, receive_id=receive_id)

    assert opened(sealed(b"hi", receive_id=receive_id), envelope) == b"hi"


def test_one_envelope_serves_many_threads() -> None:
    """Threads that open different callbacks with one envelope at the same time get their own."""
    plains = [str(number).encode() * 500 for number in range(64)]
    callbacks = [sealed(plain) for plain in plains]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(opened, callbacks)) == plains


def test_sealing_is_never_the_same_twice() -> None:
    """Without given padding the 16 random bytes differ, and so does the signature."""
    assert sealed().signature != sealed().signature


def test_xml_and_json_are_written_as_wecom_writes_them() -> None:
    """XML names receiver and agent; JSON uses lower-case names."""
    xml = ENVELOPE.seal(b"x", timestamp=TIMESTAMP, nonce=NONCE, agent_id="218").body.decode()
    body = ENVELOPE.seal(b"x", timestamp=TIMESTAMP, nonce=NONCE, form=Form.JSON).body

    assert xml.startswith(f"<xml><ToUserName>{CORP}</ToUserName><AgentID>218</AgentID><Encrypt>")
    assert json.loads(body).keys() == {"tousername", "encrypt", "agentid"}


def test_padding_before_the_message_is_sixteen_bytes() -> None:
    """Sealing with any other number of bytes is refused, not sent."""
    with pytest.raises(ValueError, match="16 bytes"):
        ENVELOPE.seal(b"x", timestamp=TIMESTAMP, nonce=NONCE, padding=b"short")


@given(text=st.text(max_size=120), timestamp=st.integers(0, 2**33), nonce=st.integers(0, 2**33))
def test_wechatpy_opens_what_we_seal(text: str, timestamp: int, nonce: int) -> None:
    """wechatpy's own WeCom class verifies and decrypts our callbacks."""
    ours = ENVELOPE.seal(text.encode(), timestamp=str(timestamp), nonce=str(nonce))
    theirs = WorkCrypto(TOKEN, KEY, CORP)

    found = theirs.decrypt_message(ours.body, ours.signature, str(timestamp), str(nonce))

    assert found == text


@given(
    text=st.text(min_size=1, max_size=120),
    timestamp=st.integers(0, 2**33),
    nonce=st.integers(0, 2**33),
)
def test_we_open_what_wechatpy_seals(text: str, timestamp: int, nonce: int) -> None:
    """What wechatpy encrypts and signs opens with ours."""
    reply = WorkCrypto(TOKEN, KEY, CORP).encrypt_message(text, str(nonce), str(timestamp))
    signature = reply.split("<MsgSignature><![CDATA[")[1].split("]]>")[0]

    found = ENVELOPE.open(
        reply.encode(), signature=signature, timestamp=str(timestamp), nonce=str(nonce)
    )

    assert found == text.encode()


def test_wechatpy_agrees_on_the_wrong_token() -> None:
    """A callback that wechatpy refuses for its signature is one that we refuse for it."""
    callback = sealed()
    stranger = Envelope(token="other", encoding_aes_key=KEY, receive_id=CORP)

    with pytest.raises(InvalidSignatureException):
        WorkCrypto("other", KEY, CORP).decrypt_message(
            callback.body, callback.signature, TIMESTAMP, NONCE
        )
    with pytest.raises(SignatureMismatch):
        opened(callback, stranger)


def test_public_account_crypto_is_the_same_envelope() -> None:
    """The 公众号 class of wechatpy, with the corp id for its appid, opens ours too."""
    ours = sealed("你好".encode())

    found = WeChatCrypto(TOKEN, KEY, CORP).decrypt_message(
        ours.body, ours.signature, TIMESTAMP, NONCE
    )

    assert found == "你好"


@pytest.mark.parametrize("place", [0, 19, 39])
def test_one_wrong_digit_of_the_signature_is_refused(place: int) -> None:
    """Flipping any hex digit makes the callback a forgery."""
    callback = sealed()
    wrong = "0" if callback.signature[place] != "0" else "1"
    signature = callback.signature[:place] + wrong + callback.signature[place + 1 :]

    with pytest.raises(SignatureMismatch):
        ENVELOPE.open(callback.body, signature=signature, timestamp=TIMESTAMP, nonce=NONCE)


@pytest.mark.parametrize("signature", ["", "0", "签名", "\ud800", "a" * 10_000])
def test_strange_signatures_are_refused_quietly(signature: str) -> None:
    """Whatever a stranger writes as the signature is a mismatch, never another error."""
    with pytest.raises(SignatureMismatch):
        ENVELOPE.open(sealed().body, signature=signature, timestamp=TIMESTAMP, nonce=NONCE)


@pytest.mark.parametrize(("timestamp", "nonce"), [("1409659814", NONCE), (TIMESTAMP, "1")])
def test_timestamp_and_nonce_are_signed(timestamp: str, nonce: str) -> None:
    """A signature is good for its own timestamp and nonce only."""
    callback = sealed()

    with pytest.raises(SignatureMismatch):
        ENVELOPE.open(callback.body, signature=callback.signature, timestamp=timestamp, nonce=nonce)


def test_signature_is_checked_before_decryption() -> None:
    """A forged body with garbage for ciphertext is forged, not malformed."""
    with pytest.raises(SignatureMismatch):
        ENVELOPE.open(
            b"<xml><Encrypt>!</Encrypt></xml>", signature="0", timestamp=TIMESTAMP, nonce=NONCE
        )


@pytest.mark.parametrize("receive_id", ["wx5823bf96d3bd56c8", "", CORP + "x"])
def test_another_corp_is_refused(receive_id: str) -> None:
    """A callback that is signed and encrypted well, but for another receiveid, is refused."""
    with pytest.raises(WrongReceiver):
        opened(sealed(receive_id=receive_id))


def test_another_key_is_refused() -> None:
    """Decrypting with another EncodingAESKey gives a clear refusal, not an obscure error."""
    other = Envelope(token=TOKEN, encoding_aes_key="b" * 43, receive_id=CORP)

    with pytest.raises(MalformedEnvelope):
        opened(sealed(), other)


@pytest.mark.parametrize(
    "key", [KEY[:-1], KEY + "x", KEY[:-1] + "=", "$" + KEY[1:], KEY + "\n", "键" * 43, ""]
)
def test_impossible_keys_are_refused(key: str) -> None:
    """EncodingAESKey is exactly 43 letters and digits."""
    with pytest.raises(ValueError, match="43 letters and digits"):
        Envelope(token=TOKEN, encoding_aes_key=key, receive_id=CORP)


def test_spare_bits_of_the_key_do_not_matter() -> None:
    """A key whose last character carries bits beyond 32 bytes opens like its canonical form."""
    canonical = base64.b64encode(base64.b64decode(KEY + "=")).decode().rstrip("=")
    envelope = Envelope(token=TOKEN, encoding_aes_key=canonical, receive_id=CORP)

    assert canonical != KEY
    assert opened(sealed(b"hi"), envelope) == b"hi"


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE xml><xml><Encrypt>{}</Encrypt></xml>",
        '<!DOCTYPE xml [<!ENTITY e "x">]><xml><Encrypt>{}</Encrypt></xml>',
        '<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><Encrypt>{}</Encrypt></xml>',
        "<xml><Encrypt>{}&e;</Encrypt></xml>",
        "<xml><Encrypt>{0}</Encrypt><Encrypt>{0}</Encrypt></xml>",
        "<xml><Encrypt>{}<Encrypt></Encrypt></Encrypt></xml>",
        "<xml><encrypt>{}</encrypt></xml>",
        "<xml><Encrypt>{}</Encrypt>",
        "<xml><Encrypt>{}</Encrypt></xml><xml/>",
        "<xml>" + "<a/>" * 5000 + "<Encrypt>{}</Encrypt></xml>",
        "{{}}",
        '{{"Encrypt":"{}"}}',
        '{{"encrypt":["{}"]}}',
        '{{"encrypt":{{"encrypt":"{}"}}}}',
        '{{"encrypt":"{0}","encrypt":"{0}"}}',
        '{{"encrypt":"{}"',
        '{{"encrypt":null,"x":"{}"}}',
        '["{}"]',
        "{}",
        "",
    ],
)
def test_what_is_no_envelope_is_malformed(body: str) -> None:
    """DOCTYPE, entities, several or no Encrypt, broken XML and JSON are all refused."""
    callback = sealed()
    ciphertext = callback.body.decode().split("CDATA[")[1].split("]")[0]

    with pytest.raises(MalformedEnvelope):
        open_signed(ciphertext, body)


def test_doctype_cannot_hide_in_another_encoding() -> None:
    """A UTF-16 body, in which no filter for `<!DOCTYPE` sees anything, is not XML here."""
    body = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE xml><xml><Encrypt>x</Encrypt></xml>'

    with pytest.raises(MalformedEnvelope):
        ENVELOPE.open(body.encode("utf-16"), signature="", timestamp="", nonce="")


@pytest.mark.parametrize(
    "body", [b'{"a":' * 100_000, b"<a>" * 100_000, b"\xff\xfe", b'{"encrypt":"\xff"}']
)
def test_hostile_bodies_are_malformed(body: bytes) -> None:
    """Deep nesting and broken UTF-8 end as malformed, never as another error."""
    with pytest.raises(MalformedEnvelope):
        ENVELOPE.open(body, signature="", timestamp="", nonce="")


def test_a_body_over_one_mebibyte_is_not_even_parsed() -> None:
    """The cap holds here too, whoever calls."""
    body = sealed(os.urandom(MOST_BYTES)).body

    with pytest.raises(MalformedEnvelope, match="too large"):
        ENVELOPE.open(body, signature="", timestamp="", nonce="")


def test_half_characters_in_a_json_envelope_are_a_forgery() -> None:
    r"""`\ud800` as ciphertext is refused for its signature, not with a codec error."""
    with pytest.raises(SignatureMismatch):
        ENVELOPE.open(rb'{"encrypt":"\ud800"}', signature="0", timestamp=TIMESTAMP, nonce=NONCE)


@pytest.mark.parametrize(
    "ciphertext",
    [
        "P9nAzCzyDtyTWESHep1vC5X9xho",
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp 4RPcs8TgAE7OaBO+FZXvnaqQ==",
        "AAAA",
        "",
        "密文",
    ],
)
def test_broken_ciphertext_is_malformed(ciphertext: str) -> None:
    """Truncated base64, a blank for `+`, and anything but whole blocks is refused."""
    with pytest.raises(MalformedEnvelope):
        open_signed(ciphertext)


def test_junk_inside_base64_is_not_skipped() -> None:
    """A ciphertext that would decrypt once its junk is left out is malformed all the same."""
    ciphertext = sealed().body.decode().split("CDATA[")[1].split("]")[0]

    with pytest.raises(MalformedEnvelope, match="base64"):
        open_signed(f"{ciphertext[:8]}!{ciphertext[8:]}")


@pytest.mark.parametrize(
    ("padded", "fault"),
    [
        (bytes(16) + bytes(4) + CORP.encode() + bytes(10), "padding"),
        (bytes(32) + bytes([33]) * 32, "padding"),
        (bytes(37) + b"\x09" * 10 + b"\x0a", "padding"),
        (bytes([32]) * 32, "too short"),
        (bytes(16) + b"\x20" * 16, "padding"),
        (bytes(16) + b"\x00\x00\x00\x01" + bytes([12]) * 12, "beyond"),
        (bytes(16) + b"\xff\xff\xff\xff" + bytes([12]) * 12, "beyond"),
    ],
)
def test_wrong_padding_and_length_are_malformed(padded: bytes, fault: str) -> None:
    """Padding is 1 to 32 equal bytes; the length field points into the data."""
    with pytest.raises(MalformedEnvelope, match=fault):
        open_signed(encrypted(padded))


def test_echostr_is_decoded_exactly_once() -> None:
    """Vector A1 as it stands in the address opens when decoded once, and only then."""
    raw = (
        "P9nAzCzyDtyTWESHep1vC5X9xho%2FqYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp"
        "%2B4RPcs8TgAE7OaBO%2BFZXvnaqQ%3D%3D"
    )
    query = {
        "signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "timestamp": "1409659589",
        "nonce": "263014780",
    }

    assert ENVELOPE.verify_url(**query, echostr=unquote(raw)) == b"1616140317555161061"
    for wrong in (raw, unquote(raw).replace("+", " ")):
        with pytest.raises(SignatureMismatch):
            ENVELOPE.verify_url(**query, echostr=wrong)


def test_opening_shows_no_secret() -> None:
    """Neither the envelope's representation nor its refusals show token or key."""
    with pytest.raises(MalformedEnvelope) as refusal:
        open_signed("AAAA")

    shown = f"{ENVELOPE!r} {refusal.value} {refusal.value!r}"
    assert TOKEN not in shown
    assert KEY not in shown
