"""Derived once in general, or unrolled: what is counted, and that a wrong count or a wrong gradient is seen."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from derive import Graph, ModelError, Unrolled, UsageError, VerificationError, tanh
from derive.page.print.formulas import Formulas
from derive.problems import load
from derive.topics.topic import Ask
from derive.topics.unrolling.page import measurement
from derive.topics.unrolling.unrolling import Law, law, measured

READING = load("static-and-dynamic").readings[0]
ASKED = READING.wishes["unrolled"]


def table(found: Any) -> list[tuple[int, ...]]:
    return [tuple(row) for row in found.rows]


def test_the_table_is_the_same_each_time_and_says_what_can_be_counted_by_hand() -> None:
    asked = ASKED._replace(at=(1, 2, 3))
    first, second = (measured(READING.build().derive(), asked) for _ in range(2))
    assert table(first) == table(second)
    for row in first.rows:
        assert row.unrolled_adjoints == 2 * row.steps + 2  # z_t and h_t of each step, w and u
        assert row.adjoints == 4  # z, h, w, u


def test_torch_records_the_operations_of_each_step() -> None:
    """A product, a sum, another product, tanh: autograd's nodes grow by the same number with each step."""
    rows = measured(READING.build().derive(), ASKED._replace(at=(1, 2, 3, 4))).rows
    grown = {b.recorded - a.recorded for a, b in pairwise(rows)}
    assert len(grown) == 1 and grown.pop() >= 3


@pytest.mark.parametrize(
    ("steps", "counts", "found"),
    [
        ((1, 2, 4), (4, 6, 10), Law(Fraction(2), Fraction(2))),
        ((1, 2, 4), (7, 7, 7), Law(Fraction(7), Fraction(0))),
        ((1, 2, 4), (1, 4, 16), None),
        ((1, 2, 4), (4, 6, 11), None),
        ((1, 2), (4, 6), None),  # a line through two points says nothing
    ],
)
def test_a_law_holds_for_every_row_or_is_not_told(
    steps: tuple[int, ...], counts: tuple[int, ...], found: Law | None
) -> None:
    assert law(steps, counts) == found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_said_follows_from_the_rows(lang: str) -> None:
    found = measured(READING.build().derive(), ASKED._replace(at=(1, 2, 3)))
    rows = tuple(row._replace(lines=10 + row.steps**2, recorded=5) for row in found.rows)
    *_, said = measurement(found._replace(rows=rows))
    text = said.text.pick(lang, Formulas("text", ("T",), ()).show)  # type: ignore[union-attr]
    assert ("from 11 to 19" if lang == "en" else "从 11 到 19") in text
    assert ("torch: 5 in every row" if lang == "en" else "各行均为 5") in text
    assert "2 (1 + T)" in text or "2 + 2 T" in text


def test_another_model_in_place_of_the_unrolled_one_is_caught() -> None:
    def slipped(steps: int) -> Graph:
        g = Graph("slipped")
        w, u = g.parameters("w u")
        x, y, h = g.input("x", steps), g.target("y"), g.input("s")
        for t in range(1, steps + 1):
            h = g.node(f"h_{t}", tanh(w * h + u * x[1]))
        g.loss("L", (h - y) ** 2 / 2)
        return g

    asked = Unrolled("T", (2,), slipped)
    with pytest.raises(VerificationError, match="unrolled over 2 steps, the gradients differ"):
        READING.build().derive().part(Ask({"unrolled": asked}))


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ModelError, match="no size N"):
        measured(READING.build().derive(), ASKED._replace(size="N"))
    with pytest.raises(UsageError, match="expected Unrolled"):
        READING.build().derive().part(Ask({"unrolled": "T"}))


def test_the_seed_draws_other_numbers_and_the_counts_stay() -> None:
    one, other = (measured(READING.build().derive(), ASKED._replace(at=(2,), seed=s)) for s in (0, 1))
    assert table(one) == table(other)
    assert one.runs[0].general != other.runs[0].general
