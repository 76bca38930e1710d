"""XML from outside: no DOCTYPE, no entities, bounded.

What has the one flat form that WeCom writes is read at a glance (`flat.pyx`), anything else with
bare expat; a property test holds the two equal.
Encoding is fixed to UTF-8 whatever a document declares, so `<!DOCTYPE` cannot hide in another
encoding; without a DOCTYPE expat knows only the five entities of XML itself.
"""

from typing import NoReturn
from xml.parsers import expat

from moderator.errors import MalformedEnvelope

try:
    from moderator.wecom.flat import children as _children
    from moderator.wecom.flat import only_text as _only_text
    from moderator.wecom.flat import text_message as _text_message
except ImportError:  # not compiled on this machine, or before it knew all of them

    def _children(document: bytes) -> list[tuple[str, str]] | None:  # noqa: ARG001
        return None

    def _only_text(document: bytes, name: bytes) -> str | None:  # noqa: ARG001
        return None

    def _text_message(document: bytes) -> tuple[str, str, str, str] | None:  # noqa: ARG001
        return None


MOST_ELEMENTS = 4096


def only_text(document: bytes, name: str) -> str:
    """Text of the one element called `name`; raises `MalformedEnvelope` for none or several."""
    glanced = _only_text(document, name.encode())
    if glanced is not None:
        return glanced
    known = _children(document)
    every = texts(document) if known is None else known
    found = [text for element, text in every if element == name]
    if len(found) != 1:
        raise MalformedEnvelope(f"not exactly one {name}")
    return found[0]


def fields(document: bytes) -> dict[str, str]:
    """Texts of the root's children by name, the first where a name comes twice.

    Of a child that has children of its own only the name tells anything; see `texts` for those.
    """
    known = _children(document)
    if known is not None:
        return dict(reversed(known))
    parser = expat.ParserCreate("utf-8")
    found: dict[str, str] = {}
    chunks: list[str] = []
    depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        chunks.clear()

    def end(name: str) -> None:
        nonlocal depth
        if depth == 2:
            found.setdefault(name, "".join(chunks))
        depth -= 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = chunks.append
    _run(parser, document)
    return found


def text_message(document: bytes) -> tuple[str, str, str, str] | None:
    """`FromUserName`, `MsgId`, `CreateTime` and `Content` of a text message in its usual form.

    None for everything else, and wherever one of the four is not there exactly once.
    """
    return _text_message(document)


def texts(document: bytes) -> list[tuple[str, str]]:
    """Name and text of every element in the order in which they end.

    Of an element with children it is the text after the last of them.
    """
    parser = expat.ParserCreate("utf-8")
    found: list[tuple[str, str]] = []
    chunks: list[str] = []

    def start(_name: str, _attributes: object) -> None:
        chunks.clear()

    def end(name: str) -> None:
        if len(found) == MOST_ELEMENTS:
            raise MalformedEnvelope("far too many elements")
        found.append((name, "".join(chunks)))
        chunks.clear()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = chunks.append
    _run(parser, document)
    return found


def _run(parser: expat.XMLParserType, document: bytes) -> None:
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise MalformedEnvelope(f"not XML: {error}") from error


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise MalformedEnvelope("DOCTYPE is not allowed")
