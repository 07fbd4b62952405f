"""Eight faults that no check of numbers sees: each has a test here, and each test fails once its fault is put in.

A page is not read back, so what is printed is compared with strings written by hand.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from generated import loaded
from sympy import Integer, KroneckerDelta, Mul, Piecewise, Product, Symbol, symbols

from derive import Graph, Sum, VerificationError
from derive.chain.derivation import Term
from derive.chain.rules import kill_delta
from derive.evaluate import compile as compiling
from derive.expressions import contraction, powers
from derive.expressions.indices import index
from derive.expressions.powers import monomial
from derive.memo import forget
from derive.page.print import printer as printing
from derive.page.print import sums
from derive.page.print.printer import printer
from derive.topics.worked.worked import work

a, b, c = symbols("a b c", real=True)
n = Symbol("n", integer=True, positive=True)
i, k = index("i", Integer(1), n), index("k", Integer(1), n)


def text(expr: Any, style: str = "text") -> str:
    """An expression as a page prints it."""
    return printer(style, ("a", "b", "c"))(expr)


def brackets_around_sums() -> None:
    """A sum inside of a product, a power, a quotient, a sum over an index."""
    assert text(a * (b + c)) == "a (b + c)"
    assert text((b + c) ** 2) == "(b + c)²"
    assert text(-(a + b)) == "-(a + b)"
    assert text(a / (b + c)) == "a/(b + c)"
    assert text(Sum(k + a, k)) == "Σ_{k=1..n} (k + a)"
    assert text(Product(a + k, (k, 1, n))) == "Π_{k=1..n} (k + a)"
    assert printer("text", ("a", "b", "c")).line((Term((a, b + c)),)) == "a (b + c)"


def powers_below_the_bar() -> None:
    """What is divided by stands below, what is multiplied above."""
    assert text(a / b**2) == "a/b²" and text(a / b**2, "latex") == r"\frac{a}{b^{2}}"
    assert text(b**-2) == "1/b²" and text(c * a**3 / b) == "a³ c/b"


def strict_comparisons() -> None:
    """x w below 0 and 2 x w from 0 on: slopes x and 2 x, at x = -3 and x = 5, in numbers and in generated code."""
    g = Graph("less")
    w, x = g.parameter("w"), g.input("x")
    g.loss("L", Piecewise((x * w, x < 0), (2 * x * w, True)))
    d = g.derive()
    backward = loaded(d.to_code("numpy"))["backward"]
    for number, slope in ((-3, -3), (5, 10)):
        assert work(d.derivation, {}, {"w": "1", "x": str(number)}).adjoint("w") == slope
        assert float(backward(w=np.float64(1), x=np.float64(number))["w"]) == slope


def signs_of_powers() -> None:
    """a/b does not contain b, nor 1/b the other way round; of a b and a/b only a is shared."""
    assert not monomial([b]).divides(monomial([a, 1 / b])) and not monomial([1 / b]).divides(monomial([a, b]))
    assert monomial([1 / b]).divides(monomial([a, b**-2]))
    assert powers.shared([monomial([a, b]), monomial([a, 1 / b])]).expr == a


def factors_of_every_row() -> None:
    """What only the first terms have stays in the bracket."""
    assert powers.split([(a, b), (a, b, c), (b, c)]) == ([b], [a, a * c, c])
    assert powers.split([(a, b), (c, b)]) == ([b], [a, c])
    assert powers.split([(a,), (b,)]) == ([], [a, b])
    assert powers.common([a * b, a * c, b * c]) == a * b + a * c + b * c


def deltas_that_move() -> None:
    """delta(i, n + 1 - k) does not end a sum over k by renaming: k is no letter then."""
    assert kill_delta.kills(KroneckerDelta(i, n + 1 - k), ((k, Integer(1), n),)) is None
    assert kill_delta.kills(KroneckerDelta(i, k), ((k, Integer(1), n),)) == (KroneckerDelta(i, k), k, i)
    assert kill_delta.kills(KroneckerDelta(i, k), ((k, Integer(1), n - 1),)) is None


def contractions_that_do_not_match() -> None:
    """x_ii only: the gradient in x_ij is c_i on the diagonal and 0 beside it."""
    g = Graph("diagonal")
    size = g.size("N")
    r = g.index("r", size)
    x, weight = g.parameter("x", size, size), g.constant("c", size)
    g.loss("L", Sum(weight[r] * x[r, r], r))
    backward = loaded(g.derive().to_code("numpy"))["backward"]
    found = backward(x=np.ones((2, 2)), c=np.array([3.0, 4.0]))["x"]
    assert found.tolist() == [[3.0, 0.0], [0.0, 4.0]]


class Fault(NamedTuple):
    """A test, and what is patched so that it fails."""

    test: Callable[[], None]
    plant: Callable[[pytest.MonkeyPatch], None]


def _upside_down(patch: pytest.MonkeyPatch) -> None:
    right = sums._fraction
    patch.setattr(sums, "_fraction", lambda number, above, below, p: right(1 / number, below, above, p))


def _first_row(patch: pytest.MonkeyPatch) -> None:
    def wrong(products: Any) -> Any:
        left = [list(p) for p in products]
        front = list(left[0])
        rest = [[f for f in p if f not in front] for p in left]
        return front, [Mul(*p) for p in rest]

    patch.setattr(powers, "split", wrong)


FAULTS = {
    "brackets left out in front of a sum": Fault(
        brackets_around_sums, lambda p: p.setattr(printing.Printer, "at", lambda self, e, level: self.printed(e)[0])
    ),
    "brackets left out in a product": Fault(
        brackets_around_sums, lambda p: p.setattr(sums, "_factor", lambda f, last, q: q.printed(f)[0])
    ),
    "a negative power on the wrong side of the bar": Fault(powers_below_the_bar, _upside_down),
    "< evaluated as >": Fault(strict_comparisons, lambda p: p.setitem(compiling.COMPARE, "<", operator.gt)),
    "a fact used for powers that differ in sign": Fault(
        signs_of_powers, lambda p: p.setattr(powers, "_within", lambda part, whole: abs(part) <= abs(whole))
    ),
    "a common factor taken from the first row only": Fault(factors_of_every_row, _first_row),
    "a delta that counts as plain": Fault(
        deltas_that_move, lambda p: p.setattr(kill_delta, "_same_values", lambda *given: True)
    ),
    "a contraction that always matches": Fault(
        contractions_that_do_not_match, lambda p: p.setattr(contraction, "_match", lambda *given: None)
    ),
}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_right(name):
    FAULTS[name].test()


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_seen(name, monkeypatch):
    """With the fault put in by hand, the test above fails."""
    FAULTS[name].plant(monkeypatch)
    with pytest.raises((AssertionError, KeyError, VerificationError)):
        FAULTS[name].test()
