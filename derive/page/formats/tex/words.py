"""Plain words for LaTeX: whatever a user may put into a title or a caption comes out as those words, and only that.

Every character is looked up: letters, digits and a few marks stand for themselves, Chinese characters too; what TeX
gives a meaning has a command, an accent its own, and letters of other alphabets stand in a macro that looks for a font
with them, see `other_alphabets.py`. The result has no active character, no blank line, no control character, and
brackets that balance.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from derive.memo import memo
from derive.page.formats.tex.other_alphabets import marked, with_others

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "→": r"$\to$", "←": r"$\leftarrow$", "…": r"\dots{}", "–": r"\textendash{}", "—": r"\textemdash{}", "‘": "`",
    "’": "'", "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}", "×": r"$\times$", "·": r"$\cdot$",
    "−": "$-$", "±": r"$\pm$", "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "≈": r"$\approx$", "∞": r"$\infty$",
    "∂": r"$\partial$", "∇": r"$\nabla$", "∑": r"$\sum$", "∏": r"$\prod$", "√": r"$\surd$", "∈": r"$\in$",
    "⊙": r"$\odot$", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ł": r"\l{}",
    "ı": r"\i{}", "§": r"\S{}", "©": r"\textcopyright{}", "°": r"\textdegree{}", "ᵀ": r"$^\top$", "‖": r"$\Vert$",
}  # fmt: skip
RAISED = {"<super>": "^", "<sub>": "_"}  # how Unicode writes them: x₁ is x and a small 1
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c", "\u0328": "k",
}  # fmt: skip
CAPITALS = (0x393, 0x394, 0x398, 0x39E, 0x3A0, 0x3A3, 0x3A6, 0x3A8, 0x3A9)  # those that do not look Latin
GREEK = {
    chr(code): f"${chr(92)}{unicodedata.name(chr(code)).split()[-1].lower().replace('lamda', 'lambda')}$"
    for code in range(0x3B1, 0x3CA)
    if code not in (0x3BF, 0x3C2)  # omicron looks like o; the final sigma has no command
} | {chr(code): rf"$\{unicodedata.name(chr(code)).split()[-1].capitalize()}$" for code in CAPITALS}
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?()/+-='@")
MARKS = frozenset("“”‘’…—·×")  # full-width in Chinese; xeCJK sets them
LIGATURES = re.compile(r"([-,'`])(?=\1)|([!?])(?=`)")
# Han, their punctuation, and full-width forms: set by ctex, never by pdfTeX. (As one class of a regular expression it
# would take Python 10 ms to compile, at every start.)
HAN = tuple(zip("\u2e80\u3001\u3400\u4e00\uf900\uff01", "\u2fdf\u30ff\u4dbf\u9fff\ufaff\uff5e", strict=True))


@memo
def escape(text: str, lang: str = "en") -> str:
    """Words for LaTeX; any white space is one space, control characters are dropped, Chinese marks stay in Chinese."""
    blank = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    known = "".join(c if lang == "zh" and c in MARKS else character(c) for c in blank)
    return with_others(LIGATURES.sub(r"\1\2{}", known))


def chinese(text: str) -> bool:
    """True if a character of the text is set by ctex."""
    return not text.isascii() and any(first <= c <= last for c in set(text) for first, last in HAN)


def _raised(c: str) -> str:
    """What Unicode writes small, above or below: the LaTeX of ², of ₙ and of ™; empty for other signs."""
    kind, *codes = unicodedata.decomposition(c).split() or [""]
    small = "".join(chr(int(code, 16)) for code in codes).replace("−", "-") if kind in RAISED else ""
    if not small or not all(sign in PLAIN for sign in small):
        return ""
    if len(small) > 1:
        small = rf"\mathrm{{{small}}}"
    return f"${RAISED[kind]}{small if small.isalnum() else f'{{{small}}}'}$"


@cache
def character(c: str) -> str:
    """The LaTeX of one character."""
    if c in PLAIN or chinese(c):
        return c
    known = SPECIAL.get(c) or GREEK.get(c)
    if known is not None:
        return known
    if unicodedata.category(c) in ("Cc", "Cf"):
        return ""
    if small := _raised(c):
        return small
    base, *marks = list(unicodedata.normalize("NFD", c))
    if len(marks) == 1 and marks[0] in ACCENTS and base in PLAIN:
        return f"\\{ACCENTS[marks[0]]}{{{base}}}"
    return marked(c)
