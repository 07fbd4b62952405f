"""Plain text as LaTeX, sign by sign, so that the reader of LaTeX can read what the text writer prints."""

from __future__ import annotations

import re
from unicodedata import normalize

from derive.expressions.notation import ACCENTS, GREEK, SUBSCRIPTS, SUPERSCRIPTS

_BELOW = {sign: letter for letter, sign in SUBSCRIPTS.items()}
_ABOVE = {sign: letter for letter, sign in SUPERSCRIPTS.items()}
_ACCENT = {sign: word for word, sign in ACCENTS.items()}
_SIGNS = {
    **{"ᵀ": r"^{\top}", "𝟏": r"\mathbf{1}", "1[": r"\mathbf{1}[", "∂": r"\partial ", "⪰": r"\succeq "},
    **{"≥": r"\ge ", "≤": r"\le ", "⊙": r"\odot ", "⊘": r"\oslash ", "·": r"\cdot ", "∞": r"\infty ", "log ": r"\log "},
    **{sign: f"\\{word} " for word, sign in GREEK.items() if word != "lamda"},
}


def as_latex(text: str) -> str:
    """A formula of plain text in the commands of LaTeX; what stands where is not changed."""
    text = normalize("NFD", text)
    text = re.sub(f"(.)([{''.join(_ACCENT)}])", lambda m: f"\\{_ACCENT[m[2]]}{{{m[1]}}}", text)
    text = re.sub(r"Σ_\{(\w+)=(.*?)\.\.(.*?)\} ", r"\\sum_{\1=\2}^{\3} ", text)
    text = re.sub(f"[{''.join(map(re.escape, _BELOW))}]+", lambda m: f"_{{{''.join(_BELOW[c] for c in m[0])}}}", text)
    text = text.replace("⁻ᵀ", r"^{-\top}").replace("∂⁺", r"\partial^{+} ")
    text = re.sub(f"[{''.join(map(re.escape, _ABOVE))}]+", lambda m: f"^{{{''.join(_ABOVE[c] for c in m[0])}}}", text)
    text = re.sub(r"_([A-Za-z0-9]{2,})", r"_{\1}", text)
    text = re.sub(r"\^\((.*?)\)", r"^{\1}", text)
    text = re.sub(r"(?<![\\A-Za-z_{])([A-Za-z]{2,})(?=\()", r"\\mathrm{\1}", text.replace("√(", r"\sqrt("))
    for sign, command in _SIGNS.items():
        text = text.replace(sign, command)
    return text
