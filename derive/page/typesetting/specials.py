"""The specials in XeTeX's output: what it asks of the PDF driver, which would read any file that is named to it.

The format is DVI with XeTeX's operations for glyphs (Knuth, "DVItype"; XDV version 7): a byte for the operation, then
arguments of a known length. What this reader does not know is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ALLOWED = re.compile(
    rb"color (push|pop)|background|papersize|x:(gsave|grestore|scale|rotate|transform|beginclip|endclip)"
    rb"|pdf: ?(pagesize|literal|code|content|bcontent|econtent|bcolor|ecolor|scolor|btrans|etrans|begincolor|endcolor"
    rb"|setcolor|dest|out|outline|docinfo|docview|put|obj|bxobj|exobj|uxobj|tounicode|minorversion|majorversion)\b"
)
MALFORMED = "an unreadable page"
PREAMBLE, POSTAMBLE, GLYPHS, TEXT, NATIVE_FONT = 247, 248, 253, 254, 252
FLAGS = {0x0200: 4, 0x1000: 4, 0x2000: 4, 0x4000: 4}  # colour, extension, slant, weight of a native font


def forbidden(xdv: bytes) -> str | None:
    """The first special that is not allowed, or None; a page that cannot be read is not allowed either."""
    try:
        found = next((s for s in specials(xdv) if not ALLOWED.match(s)), None)
    except (IndexError, ValueError):
        return MALFORMED
    return None if found is None else found[:40].decode(errors="replace")


def specials(xdv: bytes) -> Iterator[bytes]:
    """The specials of every page. Errors: ValueError for an operation that is not known."""
    at = 0
    while (operation := xdv[at]) != POSTAMBLE:
        at += 1
        if 239 <= operation <= 242:
            size = operation - 238
            length = _number(xdv, at, size)
            yield xdv[at + size : at + size + length]
            at += size + length
        else:
            at += _length(operation, xdv, at)


def _length(operation: int, xdv: bytes, at: int) -> int:
    """How many bytes of arguments follow an operation."""
    if operation in SIZES:
        return SIZES[operation]
    if operation == PREAMBLE:
        return 14 + xdv[at + 13]
    if 243 <= operation <= 246:  # the definition of a TeX font
        name = at + operation - 242 + 12
        return operation - 242 + 14 + xdv[name] + xdv[name + 1]
    if operation == NATIVE_FONT:
        flags, name = _number(xdv, at + 8, 2), xdv[at + 10]
        return 15 + name + sum(size for flag, size in FLAGS.items() if flags & flag)
    if operation == TEXT:
        text = 2 + 2 * _number(xdv, at, 2)
        return text + _glyphs(xdv, at + text)
    if operation == GLYPHS:
        return _glyphs(xdv, at)
    raise ValueError(f"operation {operation}")


def _glyphs(xdv: bytes, at: int) -> int:
    return 6 + 10 * _number(xdv, at + 4, 2)


def _number(xdv: bytes, at: int, size: int) -> int:
    if at + size > len(xdv):
        raise IndexError(at)
    return int.from_bytes(xdv[at : at + size], "big")


# The operations of a fixed length: characters, rules, pages, the stack, and moves of one to four bytes.
SIZES = (
    dict.fromkeys([*range(128), 138, 140, 141, 142, 147, 152, 161, 166, *range(171, 235), 250, 251], 0)
    | {128: 1, 129: 2, 130: 3, 131: 4, 132: 8, 133: 1, 134: 2, 135: 3, 136: 4, 137: 8, 139: 44}
    | {first + n: n + 1 for first in (143, 148, 153, 157, 162, 167, 235) for n in range(4)}
)
