# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The one flat form in which WeCom writes XML, read in a single pass.

Where it says None, and where nothing could be compiled, expat reads; property tests hold the two
equal.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

cdef extern from "Python.h":
    unicode PyUnicode_DecodeUTF8(const char*, Py_ssize_t, const char*)


cdef struct Child:
    const unsigned char* name
    Py_ssize_t length
    const unsigned char* text
    Py_ssize_t size


def children(bytes document not None):
    """Names and texts of the root's children where that is all there is; else None."""
    cdef const unsigned char* at = <const unsigned char*>PyBytes_AS_STRING(document)
    cdef const unsigned char* end = at + PyBytes_GET_SIZE(document)
    cdef Child child
    cdef list found = []
    at = _opened(at, end)
    while at != NULL and not _is(at, end, b"</xml>", 6):
        at = _read(at, end, &child)
        if at == NULL:
            return None
        try:
            found.append((_decoded(child.name, child.length), _decoded(child.text, child.size)))
        except UnicodeDecodeError:
            return None
    return found if at != NULL and _past_space(at + 6, end) == end else None


def only_text(bytes document not None, bytes name not None):
    """Text of the one child called `name`; None unless it is the only one and all else ASCII."""
    cdef const unsigned char* at = <const unsigned char*>PyBytes_AS_STRING(document)
    cdef const unsigned char* end = at + PyBytes_GET_SIZE(document)
    cdef Child child, wanted
    wanted.name = NULL
    at = _opened(at, end)
    while at != NULL and not _is(at, end, b"</xml>", 6):
        at = _read(at, end, &child)
        if at == NULL or not _ascii(child.text, child.size):
            return None
        if _called(&child, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name)):
            if wanted.name != NULL:
                return None
            wanted = child
    if at == NULL or wanted.name == NULL or _past_space(at + 6, end) != end:
        return None
    return _decoded(wanted.text, wanted.size)


def text_message(bytes document not None):
    """FromUserName, MsgId, CreateTime and Content of a text message, each there once; else None."""
    cdef const unsigned char* at = <const unsigned char*>PyBytes_AS_STRING(document)
    cdef const unsigned char* end = at + PyBytes_GET_SIZE(document)
    cdef Child child, sender, message, created, content
    cdef bint is_text = False
    sender.name = message.name = created.name = content.name = NULL
    at = _opened(at, end)
    while at != NULL and not _is(at, end, b"</xml>", 6):
        at = _read(at, end, &child)
        if at == NULL:
            return None
        if _called(&child, b"Content", 7):
            if content.name != NULL:
                return None
            content = child
        elif not _ascii(child.text, child.size):
            return None
        elif _called(&child, b"FromUserName", 12):
            if sender.name != NULL:
                return None
            sender = child
        elif _called(&child, b"MsgId", 5):
            if message.name != NULL:
                return None
            message = child
        elif _called(&child, b"CreateTime", 10):
            if created.name != NULL:
                return None
            created = child
        elif _called(&child, b"MsgType", 7):
            if is_text or child.size != 4 or memcmp(child.text, b"text", 4) != 0:
                return None
            is_text = True
        elif _called(&child, b"InfoType", 8):
            return None
    if at == NULL or not is_text or _past_space(at + 6, end) != end:
        return None
    if sender.name == NULL or message.name == NULL or created.name == NULL or content.name == NULL:
        return None
    try:
        text = _decoded(content.text, content.size)
    except UnicodeDecodeError:
        return None
    return (
        _decoded(sender.text, sender.size),
        _decoded(message.text, message.size),
        _decoded(created.text, created.size),
        text,
    )


cdef inline const unsigned char* _opened(
    const unsigned char* at, const unsigned char* end
) noexcept:
    """Past the root's tag; NULL for another root."""
    return _past_space(at + 5, end) if _is(at, end, b"<xml>", 5) else NULL


cdef inline const unsigned char* _read(
    const unsigned char* at, const unsigned char* end, Child* child
) noexcept:
    """Past the child that begins here; NULL where it is none or has not the flat form."""
    if at == end or at[0] != c"<":
        return NULL
    child.name = at + 1
    at = _past_name(child.name, end)
    child.length = at - child.name
    if child.length == 0 or at == end or at[0] != c">":
        return NULL
    at += 1
    if _is(at, end, b"<![CDATA[", 9):
        child.text = at + 9
        at = _end_of_data(child.text, end)
        child.size = at - child.text
        at += 3
    else:
        child.text = at
        at = _end_of_text(at, end)
        child.size = at - child.text
    if at >= end or not _closes(at, end, child.name, child.length):
        return NULL
    if not _plain(child.text, child.size):
        return NULL
    return _past_space(at + child.length + 3, end)


cdef inline str _decoded(const unsigned char* text, Py_ssize_t size):
    return PyUnicode_DecodeUTF8(<const char*>text, size, NULL)


cdef inline bint _called(Child* child, const char* name, Py_ssize_t length) noexcept:
    return child.length == length and memcmp(child.name, name, length) == 0


cdef inline bint _ascii(const unsigned char* at, Py_ssize_t size) noexcept:
    cdef const unsigned char* end = at + size
    while at < end:
        if at[0] >= 0x80:
            return False
        at += 1
    return True


cdef inline bint _is(
    const unsigned char* at, const unsigned char* end, const char* what, Py_ssize_t length
) noexcept:
    return end - at >= length and memcmp(at, what, length) == 0


cdef inline bint _closes(
    const unsigned char* at, const unsigned char* end, const unsigned char* name, Py_ssize_t length
) noexcept:
    return (
        end - at >= length + 3
        and at[0] == c"<"
        and at[1] == c"/"
        and memcmp(at + 2, name, length) == 0
        and at[length + 2] == c">"
    )


cdef inline const unsigned char* _past_space(
    const unsigned char* at, const unsigned char* end
) noexcept:
    while at < end and (at[0] == c" " or at[0] == c"\t" or at[0] == c"\n"):
        at += 1
    return at


cdef inline const unsigned char* _past_name(
    const unsigned char* at, const unsigned char* end
) noexcept:
    cdef const unsigned char* begin = at
    while at < end and (
        c"a" <= at[0] <= c"z" or c"A" <= at[0] <= c"Z" or (at > begin and c"0" <= at[0] <= c"9")
    ):
        at += 1
    return at


cdef inline const unsigned char* _end_of_data(
    const unsigned char* at, const unsigned char* end
) noexcept:
    """Where `]]>` begins, or the end."""
    while at < end:
        at = <const unsigned char*>memchr(at, c"]", end - at)
        if at == NULL:
            return end
        if _is(at, end, b"]]>", 3):
            return at
        at += 1
    return end


cdef inline const unsigned char* _end_of_text(
    const unsigned char* at, const unsigned char* end
) noexcept:
    while at < end and at[0] != c"<" and at[0] != c">" and at[0] != c"&" and at[0] != c"]":
        at += 1
    return at


cdef inline bint _plain(const unsigned char* at, Py_ssize_t size) noexcept:
    """No character that expat changes (line ends) or refuses: controls, U+FFFE and U+FFFF."""
    cdef const unsigned char* end = at + size
    while at < end:
        if at[0] < 0x20 and at[0] != c"\t" and at[0] != c"\n":
            return False
        if at[0] == 0xEF and end - at >= 3 and at[1] == 0xBF and at[2] >= 0xBE:
            return False
        at += 1
    return True
