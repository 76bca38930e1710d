# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""The one flat form in which WeCom writes XML, read in a single pass.

`xml.py` says the same with regular expressions for where nothing could be compiled; a property test
holds both to what expat says.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memchr, memcmp

cdef extern from "Python.h":
    unicode PyUnicode_DecodeUTF8(const char*, Py_ssize_t, const char*)


def children(bytes document not None):
    """Names and texts of the root's children where that is all there is; else None."""
    cdef const unsigned char* at = <const unsigned char*>PyBytes_AS_STRING(document)
    cdef const unsigned char* end = at + PyBytes_GET_SIZE(document)
    cdef const unsigned char* name
    cdef const unsigned char* text
    cdef Py_ssize_t length, size
    cdef list found = []
    if not _is(at, end, b"<xml>", 5):
        return None
    at = _past_space(at + 5, end)
    while not _is(at, end, b"</xml>", 6):
        if at == end or at[0] != c"<":
            return None
        name = at + 1
        at = _past_name(name, end)
        length = at - name
        if length == 0 or at == end or at[0] != c">":
            return None
        at += 1
        if _is(at, end, b"<![CDATA[", 9):
            text = at + 9
            at = _end_of_data(text, end)
            size = at - text
            at += 3
        else:
            text = at
            at = _end_of_text(text, end)
            size = at - text
        if at >= end or not _closes(at, end, name, length) or not _plain(text, size):
            return None
        at = _past_space(at + length + 3, end)
        try:
            found.append(
                (
                    PyUnicode_DecodeUTF8(<const char*>name, length, NULL),
                    PyUnicode_DecodeUTF8(<const char*>text, size, NULL),
                )
            )
        except UnicodeDecodeError:
            return None
    return found if _past_space(at + 6, end) == end else None


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
