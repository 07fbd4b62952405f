"""Formulas of plain text, read sign by sign as LaTeX, so that the reader of LaTeX can read them.

What stands where is not changed. What a sign is, Unicode says: the printers' own tables are not used, for a fault in
them would be missed.
"""

from __future__ import annotations

import re
from functools import cache
from unicodedata import decomposition, name, normalize

from derive.memo import memo

_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot"}
_SIGNS = {"∂": r"\partial ", "⪰": r"\succeq ", "≥": r"\ge ", "≤": r"\le ", "⊙": r"\odot ", "⊘": r"\oslash ",
          "⊗": r"\otimes ", "·": r"\cdot ", "∞": r"\infty ", "ℓ": r"\ell ", "‖": r"\| ", "≠": r"\ne ", "∇": r"\nabla ",
          "→": r"\to ", "×": r"\times ", "…": r"\dots ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "∧": r"\land ",
          "∨": r"\lor "}  # fmt: skip
_BIG = {"Σ": r"\sum", "Π": r"\prod"}
_RANGE = re.compile(r"([ΣΠ])_\{(\w+)=(.*?)\.\.([^{}]*?)\} ")
_CHANGE = re.compile(r"∂(⁺?)/∂(\S+) (?=\()")  # of a bracket
_WORD = re.compile(r"(?<![\\A-Za-z_{])([A-Za-z]{2,})(?=(?:_\{[^{}]*\})?\()|(?<![\\A-Za-z_{])(E|Var|Cov)(?=\[)")
_SPELLED = re.compile(r"(?<![\\A-Za-z])(log|det|lim(?=_))(?=[ _|])")
_OPENED = re.compile(r"(?<![_^])\{|(?<![\w\]])\[")
_CASE = re.compile(r"(.*) \[(.*?)\]", re.DOTALL)
_CLOSING = {"{": "}", "[": "]", "(": ")"}


@memo
def as_latex(text: str) -> str:
    r"""A formula of plain text in the commands of LaTeX.

    >>> as_latex("hₜ₋₁ + α²")
    'h_{t-1} + \\alpha ^{2}'
    >>> as_latex("{a [i > 1]; 0 [i ≤ 1]}")
    '\\begin{cases}a & i > 1 \\\\ 0 & i \\le  1\\end{cases}'
    """
    text = normalize("NFD", _tables(text))
    text = re.sub(f"(.)([{''.join(_ACCENTS)}])", lambda m: f"\\{_ACCENTS[m[2]]}{{{m[1]}}}", text)
    text = _RANGE.sub(lambda m: f"{_BIG[m[1]]}_{{{m[2]}={m[3]}}}^{{{m[4]}}} ", text)
    text = scripts(_CHANGE.sub(lambda m: rf"\frac{{∂{m[1]}}}{{∂{m[2]}}}", text)).replace("1[", r"\mathbf{1}[")
    text = _WORD.sub(lambda m: rf"\mathrm{{{m[1] or m[2]}}}", _SPELLED.sub(r"\\\1", text.replace("√(", r"\sqrt(")))
    return "".join(map(_sign, text))


def _tables(text: str) -> str:
    """Cases, `{a [if]; b [if]}`, and matrices, `[a, b; c, d]`, as their environments."""
    for match in _OPENED.finditer(text):
        end = _closed(text, match.start())
        rows = _split(text[match.end() : end], ";")
        if len(rows) > 1:
            return text[: match.start()] + _table(match[0], rows) + _tables(text[end + 1 :])
    return text


def _table(opening: str, rows: list[str]) -> str:
    if opening == "[":
        name, lines = "pmatrix", [" & ".join(map(_tables, _split(row, ","))) for row in rows]
    else:
        found = [_CASE.fullmatch(row) for row in rows]
        name, lines = "cases", [f"{_tables(m[1])} & {m[2]}" if m else r for m, r in zip(found, rows, strict=True)]
    return rf"\begin{{{name}}}" + r" \\ ".join(lines) + rf"\end{{{name}}}"


def _closed(text: str, at: int) -> int:
    """The place of the bracket that closes the one at a place; the end where there is none."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] in _CLOSING) - (text[place] in ")]}")
        if not depth:
            return place
    return len(text)


def _split(text: str, sign: str) -> list[str]:
    """The parts between signs outside all brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in _CLOSING) - (c in ")]}")
        if c == sign and not depth:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts]


def scripts(text: str) -> str:
    """The small letters of Unicode as letters below and above, whole words too: `w_qh` and `^(T - t)`."""
    for kind, mark in (("<sub>", "_"), ("<super>", "^")):
        found = "".join(c for c in set(text) if decomposition(c).startswith(kind))
        if found:
            text = re.sub(f"[{re.escape(found)}]+", lambda m, mark=mark: f"{mark}{{{_plain(m[0])}}}", text)  # type: ignore[misc]
    text = re.sub(r"_([A-Za-z0-9]{2,})", r"_{\1}", text.replace("∂^{+}", r"\partial^{+} "))
    return re.sub(r"\^\((.*?)\)", r"^{\1}", text)


def _plain(small: str) -> str:
    return "".join(r"\top " if c == "ᵀ" else normalize("NFKC", c).replace("\u2212", "-") for c in small)


@cache
def _sign(c: str) -> str:
    if c.isascii() or c in _SIGNS:
        return _SIGNS.get(c, c)
    said = name(c, "")
    if said.startswith("MATHEMATICAL BOLD "):
        return rf"\mathbf{{{normalize('NFKC', c)}}}"
    size, _, letter = said.removeprefix("GREEK ").partition(" LETTER ")
    letter = letter.lower().replace("lamda", "lambda")
    return f"\\{letter if size == 'SMALL' else letter.capitalize()} " if letter.isalpha() else c
