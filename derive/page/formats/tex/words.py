"""Plain words for LaTeX: whatever a user may put into a title or a caption comes out as those words, and only that.

Every character is looked up: letters, digits and a few marks stand for themselves, Chinese characters too; what TeX
gives a meaning has a command, an accent its own, and any other character its code point, for no font here has it. The
result has no active character, no blank line, no control character, and brackets that balance.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from derive.memo import memo

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "→": r"$\to$", "←": r"$\leftarrow$", "…": r"\dots{}", "–": r"\textendash{}", "—": r"\textemdash{}", "‘": "`",
    "’": "'", "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "×": r"$\times$", "·": r"$\cdot$",
    "−": "$-$", "±": r"$\pm$", "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "≈": r"$\approx$", "∞": r"$\infty$",
    "∂": r"$\partial$", "∇": r"$\nabla$", "∑": r"$\sum$", "∏": r"$\prod$", "√": r"$\surd$", "∈": r"$\in$",
    "⊙": r"$\odot$", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ł": r"\l{}",
    "ı": r"\i{}", "§": r"\S{}", "©": r"\textcopyright{}", "°": r"\textdegree{}", "²": r"$^2$", "³": r"$^3$",
}  # fmt: skip
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c", "\u0328": "k",
}  # fmt: skip
GREEK = {
    chr(code): f"${chr(92)}{unicodedata.name(chr(code)).split()[-1].lower().replace('lamda', 'lambda')}$"
    for code in range(0x3B1, 0x3CA)
    if code not in (0x3BF, 0x3C2)  # omicron looks like o; the final sigma has no command
}
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?()/+-='@")
MARKS = frozenset("“”‘’…—·×")  # full-width in Chinese; xeCJK sets them
LIGATURES = re.compile(r"([-,'`])(?=\1)|([!?])(?=`)")
# Han, their punctuation, and full-width forms: set by ctex, never by pdfTeX.
HAN = re.compile("[\u2e80-\u2fdf\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff5e]")


@memo
def escape(text: str, lang: str = "en") -> str:
    """Words for LaTeX; any white space is one space, control characters are dropped, Chinese marks stay in Chinese."""
    blank = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    return LIGATURES.sub(r"\1\2{}", "".join(c if lang == "zh" and c in MARKS else character(c) for c in blank))


@cache
def character(c: str) -> str:
    """The LaTeX of one character."""
    if c in PLAIN or HAN.fullmatch(c):
        return c
    known = SPECIAL.get(c) or GREEK.get(c)
    if known is not None:
        return known
    if unicodedata.category(c) in ("Cc", "Cf"):
        return ""
    base, *marks = list(unicodedata.normalize("NFD", c))
    if len(marks) == 1 and marks[0] in ACCENTS and base in PLAIN:
        return f"\\{ACCENTS[marks[0]]}{{{base}}}"
    return f"{{[}}U+{ord(c):04X}{{]}}"
