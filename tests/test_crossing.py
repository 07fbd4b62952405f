"""Where two costs are equal: the equation is solved, the sides are right, and a wrong side is caught."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sympy import Integer, symbols

from derive import Crossings, Graph, ModelError, Solution, UsageError
from derive.language import Text
from derive.page.charts.chart import Chart
from derive.page.charts.marks import Curve, Curves, Dot, Mark, Stroke, Word, shapes
from derive.problems import load
from derive.topics.crossing.check.crossings import on_both_sides


def costs(**each: Any) -> Solution:
    """Costs of n steps, each step costing what is given, which may be a function of n."""
    g = Graph("costs")
    n = g.size("n")
    t = g.index("t", n)
    d, k = g.constant("d", domain="positive"), g.constant("k", domain="positive")
    for name, one in each.items():
        f = g.recurrence(f"f_{name}", lambda f, one=one: f[t - 1] + one(n, d, k), over=t, start={0: 0})  # type: ignore
        g.node(f"F_{name}", f[n])
    return g.derive()


ATTENTION = {"A": lambda n, d, k: n * d, "B": lambda n, d, k: d**2}


def one(solution: Solution, *pair: str, variable: str = "n", **at: int) -> Any:
    (found,) = solution.crossings(Crossings(variable, (pair,), at))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("cost", "equal"),
    [
        (lambda n, d, k: d**2, "d"),
        (lambda n, d, k: k * d**2, "d*k"),
        (lambda n, d, k: k * d + d**2, "d + k"),
        (lambda n, d, k: 3 * d, "3"),
        (lambda n, d, k: d**2 / 2, "d/2"),
        (lambda n, d, k: d / k, "1/k"),
    ],
)
def test_attention_crosses(cost: Any, equal: str) -> None:
    found = one(costs(A=ATTENTION["A"], B=cost), "F_A", "F_B")
    assert str(found.equal) == equal and found.one.node.name == "F_A"
    turned = one(costs(A=ATTENTION["A"], B=cost), "F_B", "F_A")
    assert str(turned.equal) == equal and turned.one.node.name == "F_A"


def test_in_another_letter() -> None:
    found = one(costs(**ATTENTION), "F_A", "F_B", variable="d")
    assert str(found.equal) == "n" and found.one.node.name == "F_B"


def test_costs_that_never_cross() -> None:
    found = one(costs(A=lambda n, d, k: d**2 + k, B=lambda n, d, k: d**2), "F_A", "F_B")
    assert found.equal is None and found.one.node.name == "F_B"


@pytest.mark.parametrize(
    ("pair", "variable", "at", "says"),
    [
        (("F_A", "F_Z"), "n", {}, "F_Z is no single value in closed form"),
        (("F_A", "f_B"), "n", {}, "f_B is no single value in closed form"),
        (("F_A", "F_B"), "k", {}, "stands in neither; there are d, n"),
        (("F_A", "F_B"), "n", {"q": 3}, "no number can be given to q"),
        (("F_A", "F_B"), "n", {"n": 3}, "no number can be given to n"),
    ],
)
def test_what_cannot_be_asked(pair: tuple[str, str], variable: str, at: dict[str, int], says: str) -> None:
    with pytest.raises(ModelError, match=re.escape(says)):
        costs(**ATTENTION).crossings(Crossings(variable, (pair,), at))


def test_what_is_no_question() -> None:
    with pytest.raises(UsageError, match="expected Crossings"):
        costs(**ATTENTION).crossings("n")


def test_a_difference_that_is_not_linear_or_has_no_sign() -> None:
    with pytest.raises(ModelError, match="not linear in n"):
        one(costs(A=lambda n, d, k: n**2, B=lambda n, d, k: d), "F_A", "F_B")
    with pytest.raises(ModelError, match="is not decided by positive letters"):
        one(costs(A=lambda n, d, k: n * d, B=lambda n, d, k: n * k + 1), "F_A", "F_B")


def test_a_wrong_crossing_or_a_wrong_side_is_caught() -> None:
    found = one(costs(**ATTENTION), "F_A", "F_B")
    d = symbols("d")
    assert on_both_sides([found]).ok
    right = next(iter(found.equal.free_symbols))
    for wrong in (
        found._replace(equal=2 * right),
        found._replace(one=found.other, other=found.one),
        found._replace(equal=None),
        found._replace(linear=found.linear + 1),
    ):
        assert not on_both_sides([wrong]).ok, wrong
    assert str(d) == str(right)


def test_the_chart_of_the_catalogue_marks_every_crossing() -> None:
    reading = load("sequence-complexity").readings[0]
    asked = reading.wishes["crossings"]
    found = reading.build().derive().crossings(asked)
    d, k = asked.at["d"], asked.at["k"]
    assert [str(f.equal) for f in found] == ["d", "d + k", "d*k", "None"]
    for crossing, n in zip(found, (d, d + k, d * k), strict=False):
        numbers = {s: {"n": n, "d": d, "k": k}[str(s)] for s in (*crossing.one.value.free_symbols, crossing.variable)}
        others = {s: {"n": n, "d": d, "k": k}[str(s)] for s in crossing.other.value.free_symbols}
        assert crossing.one.value.subs(numbers) == crossing.other.value.subs(others) == n**2 * d


def chart() -> Chart:
    n = symbols("n")
    rising = Curve(symbols("F"), ((1.0, 10.0), (100.0, 100000.0)))
    level = Curve(symbols("G"), ((1.0, 1000.0), (100.0, 1000.0)))
    marks = (Mark(10.0, 1000.0, Integer(10)),)
    return Chart(Curves(n, (rising, level), marks), ("F", "G"), Text("costs", "代价"))


def test_a_mark_lies_on_its_curves() -> None:
    """On logarithmic axes both curves are straight; the mark is half-way along both."""
    drawn = list(shapes(chart().drawn))
    curves = [s.points for s in drawn if isinstance(s, Stroke) and s.look is not None]
    (dot,) = [s.at for s in drawn if isinstance(s, Dot)]
    for (x, y), (x2, y2) in curves:
        assert dot == pytest.approx(((x + x2) / 2, (y + y2) / 2))
    names = [s.formula for s in drawn if isinstance(s, Word) and s.look is not None]
    assert [str(name) for name in names] == ["F", "G"]


def test_every_medium_draws_all_of_it() -> None:
    one = chart()
    many = len(list(shapes(one.drawn)))
    assert one.svg("zh").count("<path") + one.svg("zh").count("<text") + one.svg("zh").count("<circle") == many
    assert "<title>代价</title>" in one.svg("zh")
    assert one.tikz("en").count(r"\draw") + one.tikz("en").count(r"\node") + one.tikz("en").count(r"\fill") == many
    assert one.typst("en").count("\n") == many + 1
