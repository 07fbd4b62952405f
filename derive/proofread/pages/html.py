"""The formulas of a finished page of HTML: each stands there as LaTeX and as MathML, and both are read.

A page holds both languages and both details, and exercise and solution in one; so its statements are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import chain
from unicodedata import name, normalize
from xml.etree import ElementTree as xml

from derive.memo import memo
from derive.proofread.pages import latex
from derive.proofread.pages.expected import Expected

FORMULA = re.compile(r'<span class="m( d)?[^"]*" data-latex="([^"]*)">(<math.*?</math>)</span>', re.DOTALL)
ACCENTS = {"^": "hat", "~": "tilde", "¯": "bar", "˙": "dot"}
ALPHABETS = {"MATHEMATICAL BOLD": "bold", "DOUBLE-STRUCK": "bb", "SCRIPT": "cal"}
SAME = str.maketrans({"−": "-", "\u2061": "", "\u200b": ""})


def fault(page: str, due: Iterable[Expected]) -> str:
    """What is wrong with a page, in a few words; empty where nothing is."""
    displays = []
    for display, source, mathml in FORMULA.findall(page):
        signs = latex.signs(unescape(source))
        if not _same(signs, mathml):
            return f"{unescape(source)} is another formula in MathML"
        displays += [signs] if display else []
    whole = "".join(displays)
    statements = (s for each in due for s in chain.from_iterable(each.blocks))
    missing = (s for s in statements if "".join(latex.signs(p.text) for p in s if p.due) not in whole)
    return next((f"{''.join(p.text for p in s)} is missing" for s in missing if all(p.due for p in s)), "")


@memo
def _same(signs: str, mathml: str) -> bool:
    return _alike(signs) == _alike("".join(_signs(xml.fromstring(mathml))))


def _alike(signs: str) -> str:
    """What MathML does not tell apart."""
    return signs.replace("sans[", "upright[").replace("overline[", "bar[")


def _signs(at: xml.Element) -> Iterator[str]:
    """The signs of an element of MathML."""
    parts = ["".join(_signs(part)) for part in at]
    text = (at.text or "").translate(SAME)
    match at.tag:
        case "mfrac":
            yield f"frac[{parts[0]}][{parts[1]}]"
        case "msqrt":
            yield f"sqrt[{''.join(parts)}]"
        case "mover" if at.get("accent") == "true":
            yield f"{ACCENTS.get(parts[1], '?')}[{parts[0]}]"
        case "msub" | "munder":
            yield f"{parts[0]}_[{parts[1]}]"
        case "msup" | "mover":
            yield f"{parts[0]}^[{parts[1]}]"
        case "msubsup" | "munderover":
            yield f"{parts[0]}_[{parts[1]}]^[{parts[2]}]"
        case "mrow" if at.find("mtable") is not None:
            yield f"{'cases' if parts[0] == '{' else 'mat'}[{parts[1]}]"
        case "mtable":
            yield ";".join("&".join("".join(_signs(cell)) for cell in row) for row in at)
        case "mi" if at.get("mathvariant") == "normal" or (len(text) > 1 and text.isascii() and text.isalpha()):
            yield f"upright[{text}]"
        case "mi" | "mn":
            yield _styled(text)
        case "mo" if text.endswith("\u0338"):
            yield f"not[{text[:-1]}]"
        case "mo" | "mspace":
            yield text
        case _:
            yield "".join(parts)


@memo
def _styled(text: str) -> str:
    """Letters of one of Unicode's mathematical alphabets, as ordinary ones in their font."""
    font = next((font for mark, font in ALPHABETS.items() if mark in name(text[:1], "")), "")
    return f"{font}[{normalize('NFKC', text)}]" if font and text != "ℓ" else text
