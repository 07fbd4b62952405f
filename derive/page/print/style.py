"""The two alphabets of mathematics: LaTeX and Unicode. A style says how the parts of a formula are put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from derive.expressions.functions import Row
from derive.expressions.notation import latex_name, subscript, superscript, text_name, text_parts


class Style(NamedTuple):
    """How to write names with indices, fractions, powers, sums, partials; `dot` and `space` join factors.

    A limit with nothing to tend to tends to infinity. A product may say below its sign what it leaves out.
    """

    key: str
    name: Callable[[str, tuple[str, ...]], str]
    fraction: Callable[[str, str], str]
    power: Callable[[str, str], str]
    total: Callable[[str, str, str], str]
    product: Callable[[str, str, str, str], str]
    extreme: Callable[[str, str, str, str], str]
    partial: Callable[[str, str, str], str]
    second: Callable[[str, str, str], str]
    along: Callable[[str], str]
    limit: Callable[[str, str], str]
    moment: Callable[[str, str], str]
    brackets: Callable[[str], str]
    dot: str
    space: str
    pattern: Callable[[Row], str]
    delta: Callable[[str, str], str]
    condition: Callable[[str, str, str], str]
    relations: dict[str, str]
    cases: Callable[[Sequence[tuple[str, str]]], str]
    residue: Callable[[str, bool, str, str], str]
    apart: str = r",\; "
    both: str = r" \land "
    either: str = r" \lor "
    wide_fractions: bool = False
    latex: bool = True


TALL = ("\\frac", "\\sum", "\\prod", "\\begin{cases}", "\\begin{pmatrix}")


def tall(latex: str) -> bool:
    """True for a formula round which brackets grow."""
    return any(sign in latex for sign in TALL)


def _latex_brackets(inner: str) -> str:
    return rf"\left({inner}\right)" if tall(inner) else f"({inner})"


def _latex_moment(sign: str, inner: str) -> str:
    left, right = (r"\left[", r"\right]") if tall(inner) else ("[", "]")
    return rf"\mathrm{{{sign}}}{left}{inner}{right}"


def _latex_partial(of: str, wrt: str, mark: str) -> str:
    return rf"\frac{{\partial{'^{+}' if mark else ''} {of}}}{{\partial {wrt}}}"


def _also(out: str) -> str:
    return rf",\; {out}" if out else ""


def _pair(a: str, b: str) -> str:
    """Two index values side by side, apart where they are more than letters: y_i and j are no y_ij."""
    return f"{a}{b}" if a.isalpha() and b.isalpha() and len(a + b) == 2 else f"{a},{b}"


def _latex_twice(a: str, b: str) -> str:
    return rf"\partial {a}^{{2}}" if a == b else rf"\partial {a}\, \partial {b}"


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    """The rows of cases, values and conditions in two columns."""
    return r" \\ ".join(f"{value} & {when}" for value, when in rows)


INFINITY = r"\infty"
NOT = (r"\not", "")

LATEX = Style(
    key="latex",
    name=latex_name,
    fraction=lambda a, b: rf"\frac{{{a}}}{{{b}}}",
    power=lambda a, b: f"{a}^{{{b}}}",
    total=lambda i, a, b: rf"\sum_{{{i}={a}}}^{{{b}}} ",
    product=lambda i, a, b, out: rf"\prod_{{{i}={a}{_also(out)}}}^{{{b}}} ",
    extreme=lambda word, i, a, b: rf"\{word}_{{{a} \le {i} \le {b}}} ",
    partial=_latex_partial,
    second=lambda of, a, b: rf"\frac{{\partial^{{2}} {of}}}{{{_latex_twice(a, b)}}}",
    along=lambda of: rf"\mathrm{{D}}_{{v}} {of}",
    limit=lambda x, to: rf"\lim_{{{x} \to {to or INFINITY}}} ",
    moment=_latex_moment,
    brackets=_latex_brackets,
    dot=r" \cdot ",
    space=r"\, ",
    pattern=lambda row: row.latex,
    delta=lambda a, b: rf"\delta_{{{_pair(a, b)}}}",
    condition=lambda a, e, b: rf"\mathbf{{1}}[{a} \le {e} \le {b}]",
    relations={"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"},
    cases=lambda rows: rf"{{\begin{{cases}}{_rows(rows)}\end{{cases}}}}",
    residue=lambda i, same, r, n: rf"{i} {NOT[same]}\equiv {r} \ (\mathrm{{mod}}\ {n})",
)

UNICODE = Style(
    key="text",
    name=text_name,
    fraction=lambda a, b: f"{a}/{b}",
    power=lambda a, b: a + superscript(b),
    total=lambda i, a, b: f"Σ_{{{i}={a}..{b}}} ",
    product=lambda i, a, b, out: f"Π_{{{i}={a}..{b}{', ' * bool(out)}{out}}} ",
    extreme=lambda word, i, a, b: f"{word}_{{{i}={a}..{b}}} ",
    partial=lambda of, wrt, mark: f"∂{'⁺' if mark else ''}{of}/∂{wrt}",
    second=lambda of, a, b: f"∂²{of}/∂{a}²" if a == b else f"∂²{of}/∂{a}∂{b}",
    along=lambda of: f"D_v {of}",
    limit=lambda x, to: f"lim_{{{x}→{to or '∞'}}} ",
    moment=lambda sign, inner: f"{sign}[{inner}]",
    brackets=lambda inner: f"({inner})",
    dot=" · ",
    space=" ",
    pattern=lambda row: row.text,
    delta=lambda a, b: f"δ{subscript(_pair(a, b))}",
    condition=lambda a, e, b: f"1[{a} ≤ {e} ≤ {b}]",
    relations={"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"},
    residue=lambda i, same, r, n: f"{i} {'≡' if same else '≢'} {r} mod {n}",
    cases=lambda rows: "{" + "; ".join(f"{value} [{when}]" for value, when in rows) + "}",
    apart=", ",
    both=" ∧ ",
    either=" ∨ ",
    wide_fractions=True,
    latex=False,
)
INLINE = LATEX._replace(  # within a sentence or a table a partial stays on the line
    key="inline",
    fraction=lambda a, b: f"{a}/{b}",
    wide_fractions=True,
    partial=lambda of, wrt, mark: rf"\partial{'^{+}' if mark else ''} {of}/\partial {wrt}",
    second=lambda of, a, b: rf"\partial^{{2}} {of}/{_latex_twice(a, b)}",
)
EXPONENT = LATEX._replace(key="exponent", fraction=lambda a, b: f"{a}/{b}", wide_fractions=True)  # too small for a bar
LOWER, RAISED, LEVEL = "\ue000", "\ue001", "\ue002"  # private characters: where a script begins and where it ends


def _lower(text: str) -> str:
    return f"{LOWER}{text}{LEVEL}" if text else ""


def _scripted_name(name: str, indices: tuple[str, ...]) -> str:
    body, inner = text_parts(name, indices)
    return body + _lower(inner)


def _scripted_function(row: Row) -> str:
    """e^{x} with its exponent marked; any other function as in Unicode."""
    return f"{row.latex.partition('^')[0]}{RAISED}{{}}{LEVEL}" if row.notation == "raised" else row.text


SCRIPTS = UNICODE._replace(  # Unicode whose scripts are marked, for whoever can raise and lower text
    key="scripts",
    name=_scripted_name,
    power=lambda a, b: f"{a}{RAISED}{b}{LEVEL}",
    total=lambda i, a, b: f"Σ{_lower(i)} ",
    product=lambda i, a, b, out: f"Π{_lower(out or i)} ",
    extreme=lambda word, i, a, b: f"{word}{_lower(i)} ",
    delta=lambda a, b: f"δ{_lower(_pair(a, b))}",
    pattern=_scripted_function,
)
STYLES = {"latex": LATEX, "inline": INLINE, "exponent": EXPONENT, "text": UNICODE, "scripts": SCRIPTS}
