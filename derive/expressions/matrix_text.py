"""Matrices as `str` and `repr` write them, in the signs of sympy: X.T*(h - y)/m, a.*b and a.**2 entry by entry.

A partial stands in brackets, (dL/dz).T*x. What is no sign has a name: ones(n), diag(v), softmax(Q*K.T).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Basic, Indexed, Mul, Pow, Symbol, Tuple

Printed = tuple[str, int]
Print = Callable[[Basic], str]
ADD, ENTRY, MUL, POWER, ATOM = 1, 2, 3, 4, 5  # how tightly a text binds


def written(kind: str, args: Sequence[Any], p: Print) -> str:
    """The text of the matrix of this class with these arguments; `p` writes what is no matrix."""
    return _printed(kind, args, p)[0]


def _printed(kind: str, args: Sequence[Any], p: Print) -> Printed:
    if kind in SIGNS:
        return SIGNS[kind](args, p)
    name = NAMES.get(kind, kind.lower())
    return f"{name}({', '.join(map(p, args))})", ATOM


def _at(expr: Basic, level: int, p: Print) -> str:
    """The text of an argument, in brackets where it binds less tightly."""
    if type(expr).__module__.endswith(".matrices"):
        text, own = _printed(type(expr).__name__, expr.args, p)
    else:
        text, own = p(expr), ATOM if expr.is_Atom or isinstance(expr, Indexed) else ADD
    return text if own >= level else f"({text})"


def _whole(args: Sequence[Any], p: Print) -> Printed:
    """The family x of x[n, d]; its column x[t, :] where an index does not run; dL/dx of an adjoint."""
    element, axes = args[0], args[1:]
    partial = hasattr(element, "wrt")
    place = element.wrt if partial else element
    fixed = not set(place.indices) <= set(axes)
    name = (
        f"{p(place.base)}[{', '.join(':' if i in axes else p(i) for i in place.indices)}]" if fixed else p(place.base)
    )
    return (f"d{p(element.of)}/d{name}", ADD) if partial else (name, ATOM)


def _product(args: Sequence[Any], p: Print) -> Printed:
    return "*".join(_at(a, MUL, p) for a in args), MUL


def _by_entry(args: Sequence[Any], p: Print) -> Printed:
    return ".*".join(_at(a, POWER, p) for a in args), ENTRY


def _plus(args: Sequence[Any], p: Print) -> Printed:
    texts = sorted((_at(a, ADD, p) for a in args), key=lambda text: text.startswith("-"))
    return texts[0] + "".join(f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in texts[1:]), ADD


def _scaled(args: Sequence[Any], p: Print) -> Printed:
    """c A, where sympy says how a product with c is written: A/m, -2*A."""
    text = p(Mul(args[0], Symbol("\0"))).replace("\0", _at(args[1], MUL, p))
    return text, ADD if text.startswith("-") else MUL


def _entrywise(args: Sequence[Any], p: Print) -> Printed:
    """f(A), with entry by entry A.**n for a power other than the root."""
    function, *parts = args
    if isinstance(function, Pow) and function.base.is_Symbol and function.exp.is_number:
        power = function.exp
        if 2 * power == 1:
            return f"sqrt({_at(parts[0], ADD, p)})", ATOM
        return f"{_at(parts[0], ATOM, p)}.**{p(power) if power.is_Integer and power > 0 else f'({p(power)})'}", POWER
    holes = sorted(function.free_symbols, key=str)
    texts = {hole: Symbol(_at(part, ADD, p)) for hole, part in zip(holes, parts, strict=False)}
    return p(function.xreplace(texts)), ATOM


def _sum(args: Sequence[Any], p: Print) -> Printed:
    return f"Sum({_at(args[0], ADD, p)}, {', '.join(p(Tuple(*limit)) for limit in args[1:])})", ATOM


def _block(args: Sequence[Any], p: Print) -> Printed:
    """A[a:b, c:d], a colon alone for all rows or columns; v[a:b] of a column."""
    whole = args[0].shape
    ends = [
        ":" if pair == (1, n) else f"{p(pair[0])}:{p(pair[1])}"
        for pair, n in zip((args[1:3], args[3:]), whole, strict=True)
    ]
    return f"{_at(args[0], ATOM, p)}[{', '.join(ends if whole[1] != 1 else ends[:1])}]", ATOM


def _stacked(args: Sequence[Any], p: Print) -> Printed:
    """[A, B; C, D]."""
    return f"[{'; '.join(', '.join(_at(block, ADD, p) for block in row) for row in args)}]", ATOM


SIGNS: dict[str, Callable[[Sequence[Any], Print], Printed]] = {
    "Whole": _whole,
    "Symmetric": _whole,
    "Named": lambda args, p: (p(args[0]), ATOM),
    "Dots": lambda args, p: ("...", ATOM),
    "Transpose": lambda args, p: (f"{_at(args[0], ATOM, p)}.T", ATOM),
    "Times": _product,
    "Hadamard": _by_entry,
    "Power": lambda args, p: (f"{_at(args[0], ATOM, p)}**{_at(args[1], ATOM, p)}", POWER),
    "Scaled": _scaled,
    "Plus": _plus,
    "Entrywise": _entrywise,
    "Summed": _sum,
    "Submatrix": _block,
    "Stacked": _stacked,
    "Entry": lambda args, p: (f"{_at(args[0], ATOM, p)}[{', '.join(map(p, args[1:]))}]", ATOM),
}
NAMES = {"DiagonalOf": "diagonal", "Length": "norm"}
