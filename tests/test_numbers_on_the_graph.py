"""The numbers in the boxes of a graph: values and derivatives as torch computes them from the exercise's formulas."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from derive import Graph, Sum
from derive.page.numerals import Numeral
from derive.page.pictures.picture import GraphPicture
from derive.problems import load
from derive.sheet.part import Part
from derive.topics.topic import Ask, find

MARK = re.compile(r'<text class="formula(?: (value|slope))?"[^>]*>(.*?)</text>')


def drawn(part: Part) -> GraphPicture:
    return GraphPicture(part.derived.derivation, part.derived.sizes, numbers=part.numbers())


def of_problem(name: str) -> Part:
    reading = load(name).readings[0]
    solution = reading.build().derive()
    return Part(solution, find(solution, Ask(reading.wishes, check=False)))


def worked(graph: Graph, at: str, **sizes: int) -> Part:
    solution = graph.derive(sizes=sizes)
    return Part(solution, find(solution, Ask({"at": at}, check=False)))


def boxes(picture: GraphPicture) -> dict[str, tuple[str, str]]:
    """The value and the derivative in each box, by its name, as the SVG has them."""
    found = {}
    for line in picture.svg().splitlines():
        marks = [(kind, re.sub("<.*?>", "", text)) for kind, text in MARK.findall(line)]
        if line.startswith("<rect") and marks and marks[0][0] == "" and "paper" not in line:
            kinds = dict(marks[1:])
            found[marks[0][1]] = kinds.get("value", ""), kinds.get("slope", "")
    return found


def shown(number: Any) -> str:
    return f"{float(number.detach() if isinstance(number, torch.Tensor) else number):.4g}".replace("-", "−")


def test_logistic_regression_has_the_numbers_of_autograd_in_its_boxes() -> None:
    w1, w2, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.5, -0.5, 0.0))
    z = w1 * 1 + w2 * 1 + b
    a = torch.sigmoid(z)
    loss = -torch.log(1 - a)
    quantities = {"w1": w1, "w2": w2, "b": b, "z": z, "a": a}
    slopes = torch.autograd.grad(loss, list(quantities.values()))
    expected = {n: (shown(v), shown(g)) for (n, v), g in zip(quantities.items(), slopes, strict=True)}
    expected |= {"L": (shown(loss), "1"), "x1": ("1", ""), "x2": ("1", ""), "y": ("0", "")}
    part = of_problem("logistic")
    assert boxes(drawn(part)) == expected


def test_a_recurrence_shows_the_adjoint_of_each_state_and_no_part_of_a_gradient() -> None:
    g = Graph("numbers in time")
    (w,) = g.parameters("w")
    T = g.size("T")
    t = g.index("t", T)
    x, y = g.input("x", T), g.target("y")
    (h,) = g.states("h", over=t, start={0: 0})
    g.update(h, w * h[t - 1] + x[t])
    g.loss("L", (h[T] - y) ** 2 / 2)
    found = boxes(drawn(worked(g, "w=0.5, x=1 2 4, y=1", T=3)))
    # h = 1, 2.5, 5.25; the adjoints are 4.25, and half of it at every step back
    assert (found["h1"], found["h2"], found["h3"]) == (("1", "1.062"), ("2.5", "2.125"), ("5.25", "4.25"))
    assert found["w"] == ("0.5", "") and found["h0 = 0"] == ("", "")
    assert found["L"] == ("9.031", "1")


def test_a_short_family_stands_in_brackets_a_parameter_out_of_reach_has_slope_0() -> None:
    g = Graph("families")
    D = g.size("D")
    j = g.index("j", D)
    w, v, x = g.parameter("w", D), g.parameter("v"), g.input("x", D)
    u = g.node("u", v * x[1])
    g.loss("L", Sum(w[j] * x[j], j) ** 2 / 2)
    assert u is not None
    found = boxes(drawn(worked(g, "w=1 2, x=3 -1, v=7", D=2)))
    assert found["wj"] == ("(1, 2)", "(3, −1)") and found["v"] == ("7", "0") and found["L"] == ("0.5", "1")
    long = drawn(worked(g, "w=1 2 3 4 5, x=0, v=7", D=5))
    assert boxes(long)["wj"] == ("", "")


def test_every_medium_has_the_same_numbers_and_the_legend_says_which_is_which() -> None:
    part = of_problem("logistic")
    picture = drawn(part)
    for text in (picture.tikz(), picture.typst(), picture.svg()):
        assert text.count("0.6931") == (2 if text.startswith("<svg") else 1 + ("m(" in text))
        assert "first number: the value" in text and "second number: the derivative of the loss" in text
    assert "第一个数：取值" in picture.svg("zh") and "第二个数：损失对该量的导数" in picture.tikz("zh")
    bare = GraphPicture(part.derived.derivation, part.derived.sizes)
    assert "first number" not in bare.svg() and not any(map(any, boxes(bare).values()))


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [(0.69314718, "0.6931", "0.6931"), (-0.0, "0", "0"), (1.23456e-9, "1.235e-9", r"1.235 \times 10^{-9}")],
)
def test_a_number_on_a_picture_has_four_digits(value: float, text: str, latex: str) -> None:
    number = Numeral(value)
    assert (number.brief(False), number.brief(True)) == (text, latex)
    assert number.rounded == (value != 0)
