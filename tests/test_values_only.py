"""Graphs whose values are asked for and no gradient: each element worked, families in order, an input solved for."""

from __future__ import annotations

import math

import pytest

from derive import Example, Graph, exp, log, sigmoid
from derive.cli.sheet import sheet
from derive.errors import ModelError, UsageError


def chain() -> Graph:
    """y = log(3 e^z + 1), z = (2 x - a)/4, and P = sigmoid(z)."""
    g = Graph("chain")
    x, a = g.inputs("x a")
    z = g.node("z", (2 * x - a) / 4)
    e = g.node("e", exp(z))
    s = g.node("s", 3 * e + 1)
    g.node("y", log(s))
    g.node("P", sigmoid(z))
    g.values_only()
    return g


def page(g: Graph, example: Example, check: bool = True) -> str:
    return " ".join(g.derive().to_text(check=check, example=example).split())


@pytest.mark.parametrize(
    ("of", "value", "found"),
    [
        ("z", "3", 8.5),  # 2 x = 4 * 3 + 5
        ("P", "1/2", 2.5),  # z = 0
        ("P", "0.9", (4 * math.log(9) + 5) / 2),  # z = log(0.9/0.1)
        ("y", "2", (4 * math.log((math.exp(2) - 1) / 3) + 5) / 2),
        ("s", "4", 2.5),  # e = 1
    ],
)
def test_an_input_is_solved_for_and_put_back(of: str, value: str, found: float) -> None:
    text = page(chain(), Example("x=1, a=5", solve=((of, value, "x"),)))
    shown = text.partition(" where x ")[2].split()[1].rstrip(".")
    assert float(shown) == pytest.approx(found, abs=5e-6)
    assert ("=" if found in (8.5, 2.5) else "≈") == text.partition(" where x ")[2].split()[0]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (("P", "2", "x"), "P is never 2"),
        (("y", "-1", "x"), "y is never -1"),
        (("P", "1/2", "q"), "P depends on q in 0 ways"),
    ],
)
def test_what_has_no_solution_is_one_line(wish: tuple[str, str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        page(chain(), Example("x=1, a=5", solve=(wish,)))


def test_an_input_that_stands_twice_is_refused() -> None:
    g = Graph("twice")
    x = g.input("x")
    a, b = g.node("a", 2 * x), g.node("b", exp(x))
    g.node("y", a + b)
    g.values_only()
    with pytest.raises(UsageError, match="y depends on x in 2 ways"):
        page(g, Example("x=1", solve=(("y", "1", "x"),)))


def test_equal_elements_have_an_equals_sign() -> None:
    g = Graph("ties")
    n = g.index("n", 4)
    x = g.input("x", 4)
    g.node("y", x[n] ** 2 / 3, over=n)
    g.values_only()
    text = page(g, Example("x=2 -1 1 0", ranked=("y",)))
    assert "In order, the smallest first: y₄ < y₂ = y₃ < y₁." in text and "y₁ = 1/3 x₁² = 1/3 · 2² = 4/3" in text


def test_values_only_and_a_loss_do_not_go_together() -> None:
    g = Graph("both")
    x = g.parameter("x")
    g.loss("L", x**2)
    with pytest.raises(ModelError, match="the graph has the loss L"):
        g.values_only()
    with pytest.raises(ModelError, match="has no loss; end it"):
        Graph("none").derive()


def test_conclusions_hold_for_the_numbers_of_the_exercise_alone() -> None:
    """The vote among the nearest observations is left out where q is another point; the order is that of its own."""
    own = "x=0 3 0 2 0 0 0 1 3 0 1 2 -1 0 1 1 1 1, q=0 3 0"
    asked = ("--format", "text", "--no-check")
    assert "the point is green" in " ".join(sheet("nearest-neighbours", asked)[0].split())
    other = " ".join(sheet("nearest-neighbours", (*asked, "--at", own))[0].split())
    assert "the point is" not in other and "d₁ < d₆ < d₄ < d₅ < d₂ = d₃" in other


def test_a_step_moves_what_is_asked_for() -> None:
    """b is not asked for: the step has no gradient of it, and says none."""
    at = "w1=1, w2=1, b=0, x1=1, x2=1, y=0"
    text = sheet("logistic", ("--wrt", "w1,w2", "--at", at, "--lr", "1e-3", "--format", "text", "--no-check"))[0]
    (head,) = (line.split() for line in text.splitlines() if line.split()[:1] == ["parameter"])
    assert head == ["parameter", "w₁", "w₂"]
