"""Words of other alphabets in LaTeX: a macro sets them by the first font of the system that has all of their letters.

Only XeTeX has fonts of the system, so a page with such words is set by it. What no font has is written by its code
points, and TeX's log says so in a line that `Typeset.unset` finds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from derive.page.look import OTHERS_IN_TEX
from derive.page.typesetting.typeset import UNSET

MARK = "\x01"  # around a character, before its neighbours are known
RUN = re.compile(f"{MARK}.{MARK}(?: ?{MARK}.{MARK})*")
SHAPED = frozenset(  # whose letters change with their neighbours, by their names in fontspec
    ("Arabic", "Bengali", "Devanagari", "Gujarati", "Gurmukhi", "Hebrew", "Kannada", "Khmer", "Lao", "Malayalam",
     "Sinhala", "Syriac", "Tamil", "Telugu", "Thai", "Tibetan")
)  # fmt: skip
ON_THE_LEFT = frozenset(("R", "AL"))  # the classes of letters that are read from right to left
TURNED = r"\beginR %s\endR"
USED = re.compile(r"\\other[\[{]")
MACRO = r"""\newcommand{\otherfonts}{FONTS}
\makeatletter
\TeXXeTstate=1
\newif\ifother@set
\newcommand{\other@try}[2]{\expandafter\other@font@set\expandafter{\other@font}{#1}\other@settrue
  \@for\other@code:=#2\do{\ifnum\XeTeXcharglyph"\other@code=0 \other@setfalse\fi}}
\newcommand{\other@font@set}[2]{\fontspec[#2]{#1}}
% the words #3, whose characters are #2, by the first font that has them all, in the script #1; else their code points
\newcommand{\other}[3][]{\begingroup\other@setfalse\ifdefined\makexeCJKinactive\makexeCJKinactive\fi
  \@for\other@font:=\otherfonts\do{\ifother@set\else\IfFontExistsTF{\other@font}{\other@try{#1}{#2}}{}\fi}%
  \ifother@set#3\else\normalfont\typeout{SAID#2}\@for\other@code:=#2\do{[U+\other@code]\allowbreak}\fi\endgroup}
\makeatother
""".replace("FONTS", ",".join(OTHERS_IN_TEX)).replace("SAID", UNSET)


def marked(c: str) -> str:
    """A character that no font of LaTeX's own has; its code point where it is no character at all."""
    return f"{{[}}U+{ord(c):04X}{{]}}" if unicodedata.category(c)[0] == "C" else f"{MARK}{c}{MARK}"


def with_others(text: str) -> str:
    """LaTeX in which runs of marked characters are words of the macro, one for each alphabet."""
    return RUN.sub(lambda run: "".join(map(_other, _alphabets(run[0].replace(MARK, "")))), text)


def used(body: str) -> bool:
    """True if the macro occurs."""
    return USED.search(body) is not None


def _alphabets(words: str) -> Iterator[str]:
    """Parts of one alphabet each, as one font has seldom two; a space goes on with the alphabet before it."""
    alphabet, part = "", ""
    for c in words:
        own = alphabet if c == " " or unicodedata.category(c)[0] == "M" else unicodedata.name(c, "?").split()[0]
        if own != alphabet and part:
            yield part
            part = ""
        alphabet, part = own, part + c
    yield part


def _other(words: str) -> str:
    """The macro with words of one alphabet; the space behind them is no part of what may be turned."""
    kept = words.rstrip(" ")
    codes = ",".join(f"{ord(c):04X}" for c in dict.fromkeys(kept) if c != " ")
    turned = any(unicodedata.bidirectional(c) in ON_THE_LEFT for c in kept)
    script = unicodedata.name(kept[0], "?").split()[0].capitalize()
    shaped = f"[Script={script}]" if script in SHAPED else ""
    return f"\\other{shaped}{{{codes}}}{{{TURNED % kept if turned else kept}}}{words[len(kept) :]}"
