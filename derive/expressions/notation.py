"""Names to mathematics: `w_hh` is w with the subscript hh, `c_tilde` wears a tilde, `theta` is Greek.

The grammar of a name: a stem, an optional accent, optional subscripts.

    name      = stem [digits] ["_" accent] {"_" subscript}
    w_hh      w with subscript hh          w1       w with subscript 1
    c_tilde   c under a tilde              z_f      z with subscript f, and h_t's t joins it: z_{f,t}
"""

from __future__ import annotations

import re
from functools import cache

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lamda": "λ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "ell": "ℓ",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
STAR = {"star": "*"}  # a state at a fixed point: h_star
ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307"}
SUBSCRIPTS = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
SUPERSCRIPTS = dict(zip("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", strict=True))

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


@cache
@cache
def parts(name: str) -> tuple[str, str, tuple[str, ...]]:
    """(stem, accent, subscripts) of a name; the accent is empty where there is none."""
    stem, *rest = name.split("_")
    digits = re.fullmatch(r"([A-Za-z]+?)(\d+)", stem)
    subscripts = []
    if digits:
        stem, subscripts = digits[1], [digits[2]]
    accent = rest.pop(0) if rest and rest[0] in ACCENTS else ""
    for ending in ACCENTS:
        if not accent and stem.endswith(ending) and len(stem) == len(ending) + 1:
            stem, accent = stem[0], ending
    for part in rest:
        if part in ACCENTS and subscripts:
            subscripts[-1] += "_" + part
        else:
            subscripts.append(part)
    return stem, accent, tuple(subscripts)


@cache
def latex_name(name: str, indices: tuple[str, ...] = ()) -> str:
    """`latex_name("z_f", ("t",))` is `z_{f,t}`; indices are LaTeX already."""
    stem, accent, subscripts = parts(name)
    body = _latex_greek(stem) or (stem if len(stem) == 1 else rf"\mathrm{{{stem}}}")
    if accent:
        body = rf"\{accent}{{{body}}}"
    lower = ",".join(_latex_subscript(s) for s in subscripts)
    inner = _joined(lower, indices)
    return f"{body}_{{{inner}}}" if inner else body


@cache
def text_name(name: str, indices: tuple[str, ...] = ()) -> str:
    """The same in Unicode: `h_t` is hₜ where Unicode has the letters, `w_qh` stays with its underscore."""
    body, inner = text_parts(name, indices)
    return body + (subscript(inner) if inner else "")


def text_parts(name: str, indices: tuple[str, ...] = ()) -> tuple[str, str]:
    """A name in Unicode, and what stands below it."""
    stem, accent, subscripts = parts(name)
    body = GREEK.get(stem, stem) + ACCENTS.get(accent, "")
    return body, _joined(",".join(_text_subscript(s) for s in subscripts), indices)


def _latex_greek(word: str) -> str:
    """The command of a Greek letter; empty for any other word."""
    return {"lamda": r"\lambda"}.get(word, "\\" + word) if word in GREEK else ""


def _latex_subscript(part: str) -> str:
    body, _, accent = STAR.get(part, part).partition("_")
    body = _latex_greek(body) or (body if body.isdigit() or _letters(body) else rf"\mathrm{{{body}}}")
    return rf"\{accent}{{{body}}}" if accent else body


def _letters(body: str) -> bool:
    """Whether a subscript is a letter or two beside each other, and no word: C_in stands beside C_out."""
    return len(body) <= 2 and body != "in"


def _text_subscript(part: str) -> str:
    body, _, accent = STAR.get(part, part).partition("_")
    return GREEK.get(body, body) + ACCENTS.get(accent, "")


def _joined(lower: str, indices: tuple[str, ...]) -> str:
    upper = ("" if all(len(i) == 1 for i in indices) else ",").join(indices)
    return f"{lower},{upper}" if lower and upper else lower or upper


@cache
def subscript(text: str) -> str:
    """Unicode subscript where every letter has one, else `_qh`, or `_{k,t}` where it is no plain word."""
    if all(c in SUBSCRIPTS for c in text):
        return "".join(SUBSCRIPTS[c] for c in text)
    return _marked(text)


def _marked(text: str) -> str:
    return f"_{text}" if len(text) == 1 or (text.isalnum() and text.isascii()) else f"_{{{text}}}"


SMALL = dict(zip(SUBSCRIPTS.values(), SUBSCRIPTS, strict=True))
RUN = re.compile(f"[{''.join(SMALL)}]+")
MARKED = re.compile(r"(?<![ΣΠ])(?<!max)(?<!min)(?<!lim)_(?:[^\W_]|\{)")  # w_qh and h_{T-1}, but no range of a sum


def one_alphabet(*pieces: str) -> tuple[str, ...]:
    """Return the pieces of a formula, each subscript written as `_t` if one of them must be: few letters are small.

    >>> one_alphabet("oₜ", "w_qh hₜ₋₁")
    ('o_t', 'w_qh h_{t-1}')
    >>> one_alphabet("hₜ", "Σ_{j=1..D} wⱼ")
    ('hₜ', 'Σ_{j=1..D} wⱼ')
    """
    if not any(MARKED.search(piece) for piece in pieces):
        return pieces
    return tuple(RUN.sub(lambda run: _marked("".join(SMALL[c] for c in run[0])), piece) for piece in pieces)


@cache
def superscript(text: str) -> str:
    """Unicode superscript where every letter has one, else `^x` or `^(...)`."""
    if all(c in SUPERSCRIPTS for c in text):
        return "".join(SUPERSCRIPTS[c] for c in text)
    return f"^{text}" if len(text) == 1 else f"^({text})"
