"""The tanh RNN: deriving it for all T against sympy's diff of the unrolled expression, one weight after the other."""

from __future__ import annotations

import itertools

from clock import alone, alternate, compared, seconds
from networks import problem
from processes import called
from sympy import Expr, Integer, Symbol, symbols, tanh
from table import Row

REACH = 1 / 500
COUNTER = itertools.count()


def rows(repeats: int, steps: int = 16) -> list[Row]:
    """A fresh graph each time, and fresh symbols for sympy, so that its cache has not seen the expression.

    Our symbols are the same each time, and what was derived from an equal graph is remembered (warm), as sympy
    remembers what it has derived; the first derivation of a process is a row of its own. Symbols as sympy makes them by
    default are compared; those declared real, where diff is faster, only inform.
    """
    sides = [lambda: derived(steps), lambda: diff(steps), lambda: diff(steps, real=True)]
    ours, plain, real = alternate(sides, repeats)
    first = [float(called("unrolled", f"cold({steps})")) for _ in range(max(5, repeats // 2))]
    return [
        compared(f"7 tanh RNN T = {steps}: derive, warm / sympy.diff", ours, plain, REACH),
        alone("7 the same, the first time in a process (cold)", first),
        compared("7 the same, sympy.diff in symbols declared real", ours, real, None),
    ]


def derived(steps: int) -> float:
    """Every adjoint and every step of the sheet."""
    graph = problem("bptt", activation="tanh", loss="squared")
    return seconds(lambda: graph.derive(sizes={"T": steps}).steps)


def cold(steps: int) -> None:
    """Print the CPU seconds of the very first derivation; to be called in a fresh process."""
    print(derived(steps))


def diff(steps: int, **assumptions: bool) -> float:
    """The derivative of the unrolled loss with respect to each weight."""
    loss, weights = expression(steps, **assumptions)
    return seconds(lambda: [loss.diff(w) for w in weights])


def expression(steps: int, **assumptions: bool) -> tuple[Expr, tuple[Symbol, ...]]:
    """The loss of the unrolled network in symbols of its own, and the three weights."""
    mark = next(COUNTER)
    w_hx, w_hh, w_qh, y, *x = symbols(
        [f"{name}_{mark}" for name in ("w_hx", "w_hh", "w_qh", "y", *(f"x{t}" for t in range(steps)))], **assumptions
    )
    h: Expr = Integer(0)
    for t in range(steps):
        h = tanh(w_hx * x[t] + w_hh * h)
    return (w_qh * h - y) ** 2 / 2, (w_hx, w_hh, w_qh)
