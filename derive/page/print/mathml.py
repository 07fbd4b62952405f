r"""Formulas as MathML Core, which browsers and screen readers know without a script."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from derive.memo import memo
from derive.page.print.pieces import Formula, Piece, fences, parse
from derive.page.print.signs import ACCENTS, OPERATORS, SIGNS, SPACES

_LETTERS = {"mathbf": 0x1D400, "boldsymbol": 0x1D400, "mathbb": 0x1D538, "mathcal": 0x1D49C}  # of A
_HOLES = {  # letters that Unicode had before its mathematical alphabets
    **dict(zip("ℂℍℕℙℚℝℤ", (0x1D53A, 0x1D53F, 0x1D545, 0x1D547, 0x1D548, 0x1D549, 0x1D551), strict=True)),
    **dict(zip("ℬℰℱℋℐℒℳℛ", (0x1D49D, 0x1D4A0, 0x1D4A1, 0x1D4A3, 0x1D4A4, 0x1D4A7, 0x1D4A8, 0x1D4AD), strict=True)),
}
_FILLED = {code: letter for letter, code in _HOLES.items()}
_BESIDE = frozenset(["+", "-", "=", "<", ">", ",", "(", ")", "[", "]", "/", "|", ":", ";", "!", "'", "*", "{", "}"])
_WIDTHS = {"thin": 0.17, "med": 0.28, "space": 0.3, "quad": 1, "wide": 2}  # the words of SPACES, in em
_THIN = f'<mspace width="{_WIDTHS["thin"]}em"></mspace>'
_APPLIED = "<mo>\u2061</mo>"  # a screen reader says "log of a"
_LIMITS = frozenset(["\\sum", "\\prod", *(f"\\{name}" for name, below in OPERATORS.items() if below)])


@memo
def mathml(latex: str, display: bool = False) -> str:
    """The element `<math>` of a printed formula.

    >>> print(mathml("a_{i} + 1"))
    <math><msub><mi>a</mi><mi>i</mi></msub><mo stretchy="false">+</mo><mn>1</mn></math>
    """
    shown = ' display="block"' if display else ""
    return f"<math{shown}>{_formula(parse(latex))}</math>"


def _formula(formula: Formula) -> str:
    return "".join(_scripted(formula))


def _row(formula: Formula) -> str:
    """A formula as one element."""
    parts = list(_scripted(formula))
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


def _scripted(formula: Formula) -> Iterator[str]:
    """Each base with what stands below and above it, and the spaces around the name of a function."""
    at, before = 0, None
    while at < len(formula):
        base, at = formula[at], at + 1
        scripts: dict[str, str] = {}
        while at < len(formula) and formula[at].kind in ("_", "^") and formula[at].kind not in scripts:
            scripts[formula[at].kind] = _row(formula[at].parts[0])
            at += 1
        named = base.kind[1:] in OPERATORS
        if named and before is not None and _is_operand(before):
            yield _THIN
        if base.kind == "-" and not scripts and not (before is not None and _is_operand(before)):
            yield '<mo form="prefix" stretchy="false">−</mo>'  # a sign, set close to what it belongs to
        else:
            yield from _with(base, scripts)
        if named and at < len(formula):
            yield _APPLIED if _opens(formula[at]) else _APPLIED + _THIN
        before = base


def _is_operand(piece: Piece) -> bool:
    """Whether a factor ends here, from which the name of a function keeps its distance: y log a."""
    if piece.parts:
        return piece.kind not in ("mathrel", "not")
    return piece.kind not in SPACES and (piece.kind in (")", "]", "!") or _text(piece.kind).isalnum())


def _opens(piece: Piece) -> bool:
    """Whether a bracket follows, to which the name of a function is set close, or a space that is there already."""
    return piece.kind in ("(", "[", "\\{", "left", "_", "^") or piece.kind in SPACES


def _with(base: Piece, scripts: dict[str, str]) -> Iterator[str]:
    if base.kind in ("_", "^"):  # a script without a base
        yield from _with(Piece("group", ((),)), {base.kind: _row(base.parts[0])})
        return
    body = _piece(base)
    if not scripts:
        yield body
        return
    below, above = ("munder", "mover") if base.kind in _LIMITS else ("msub", "msup")
    both = "munderover" if base.kind in _LIMITS else "msubsup"
    name = both if len(scripts) == 2 else below if "_" in scripts else above
    yield f"<{name}>{body or '<mrow></mrow>'}{scripts.get('_', '')}{scripts.get('^', '')}</{name}>"


def _piece(piece: Piece) -> str:
    kind, parts = piece.kind, piece.parts
    if kind == "frac":
        return f"<mfrac>{''.join(map(_row, parts))}</mfrac>"
    if kind == "sqrt":
        return f"<msqrt>{_formula(parts[0])}</msqrt>"
    if kind == "left":
        opening, closing = (_fence(sign) for sign in fences(piece.sign))
        return f"<mrow>{opening}{_formula(parts[0])}{closing}</mrow>"
    if kind in ("cases", "pmatrix"):
        return _table(piece)
    if kind in ("mathrm", "operatorname", "text", "mathsf"):
        return f'<mi mathvariant="normal">{escape(_letters(parts[0]))}</mi>'
    if kind in _LETTERS:
        return f"<mi>{''.join(_styled(kind, letter) for letter in _letters(parts[0]))}</mi>"
    if kind in ACCENTS:
        return f'<mover accent="true">{_row(parts[0])}<mo>{_MARKS[kind]}</mo></mover>'
    if kind == "not":
        return f"<mo>{escape(_letters(parts[0]))}\u0338</mo>"
    return _row(parts[0]) if parts else _leaf(kind)


_MARKS = {"hat": "^", "widehat": "^", "tilde": "~", "widetilde": "~", "bar": "¯", "overline": "¯", "dot": "˙"}


def _fence(sign: str) -> str:
    text = "" if sign == "." else _text(sign)
    return f'<mo fence="true" stretchy="true">{escape(text)}</mo>' if text else ""


def _table(piece: Piece) -> str:
    wide = int(piece.sign)
    cells = [f"<mtd>{_formula(part)}</mtd>" for part in piece.parts]
    rows = "".join(f"<mtr>{''.join(cells[n : n + wide])}</mtr>" for n in range(0, len(cells), wide))
    opening, closing = ("{", "") if piece.kind == "cases" else ("(", ")")
    return f"<mrow>{_fence(opening)}<mtable>{rows}</mtable>{_fence(closing or '.')}</mrow>"


def _letters(formula: Formula) -> str:
    """The letters of a word: `\\mathrm{softmax}`."""
    return "".join(_letters(p.parts[0]) if p.parts else _text(p.kind) for p in formula)


def _styled(kind: str, letter: str) -> str:
    """A letter of one of Unicode's mathematical alphabets; a digit is bold or doubled."""
    if letter.isdigit():
        return chr((0x1D7D8 if kind == "mathbb" else 0x1D7CE) + int(letter))
    if not (letter.isascii() and letter.isalpha()):
        return escape(letter)
    code = _LETTERS[kind] + (ord(letter) - ord("A") if letter.isupper() else ord(letter) - ord("a") + 26)
    return _FILLED.get(code, chr(code))


def _text(token: str) -> str:
    """What a token is as plain text."""
    name = token[1:] if token[:1] == "\\" else ""
    if name in OPERATORS:
        return name
    if token in SPACES:
        return SPACES[token][1]
    if name.isalpha():
        return SIGNS.get(name, name)
    return name or token


@memo
def _leaf(token: str) -> str:
    text = _text(token)
    if token in SPACES:
        return f'<mspace width="{_WIDTHS[SPACES[token][0].strip()]}em"></mspace>' if text else ""
    if not text:
        return ""
    if token[1:] in OPERATORS:
        return f"<mi>{text}</mi>"
    if text[0].isdigit():
        return f"<mn>{text}</mn>"
    if text.isalpha() and text != "∂":
        return f"<mi>{escape(text)}</mi>"
    stretched = ' stretchy="false"' if text in _BESIDE else ""
    return f"<mo{stretched}>{escape('−' if text == '-' else text)}</mo>"
