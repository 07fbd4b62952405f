"""The numbers of a worked exercise in the boxes of a picture: the value above, the derivative of the loss below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from sympy import Expr, Integer

from derive.expressions.indices import name_of
from derive.language import Text
from derive.page.numerals import Numeral
from derive.page.pictures.diagram import Diagram, Vertex

MOST = 4  # a longer family stands in the tables of the page
ROUNDED = Text("Numbers are rounded to four digits.", "图中数值保留四位有效数字。")
COPIES = Text(
    "A parameter with several copies shows its value alone; its gradient stands in the numerical example.",
    "画有多个副本的参数只标出取值，其梯度见数值例子。",
)
TABLES = Text(
    "Quantities with more than {count} elements have their numbers in the tables.",
    "元素多于 {count} 个的量，其数值见后面的表格。",
)


class Pair(NamedTuple):
    """The numbers of one element: its value, and the derivative of the loss with respect to it; None is unknown."""

    value: Numeral | None = None
    slope: Numeral | None = None


Elements = Mapping[str, list[Expr]]  # by the name of the family
Numbers = Mapping[Expr, Pair]  # by elements with numbers for positions, such as w_2


def lines(numbers: Numbers, drawn: Diagram, latex: bool) -> dict[str, tuple[str, str]]:
    """Write the two lines of each box by its key. Only a parameter that is drawn once shows its derivative: that of one
    with several copies is the sum over them."""
    times, known = _times(drawn), _by_name(numbers)
    return {v.key: _box(v, numbers, known, times, latex) for v in drawn.vertices}


def remarks(numbers: Numbers, drawn: Diagram) -> Iterator[Text]:
    """Say of the numbers what cannot be seen in the boxes."""
    known = _by_name(numbers)
    if any(n.rounded for pair in numbers.values() for n in pair if n is not None):
        yield ROUNDED
    if numbers and any(n > 1 for n in _times(drawn).values()):
        yield COPIES
    if any(len(_elements(e, known)) > MOST for v in drawn.vertices for e in v.label):
        yield TABLES(count=str(MOST))


def _times(drawn: Diagram) -> Mapping[Expr, int]:
    """How often each quantity is drawn."""
    return Counter(e for v in drawn.vertices for e in v.label)


def _by_name(numbers: Numbers) -> dict[str, list[Expr]]:
    found: dict[str, list[Expr]] = {}
    for element in numbers:
        found.setdefault(name_of(element), []).append(element)
    return found


def _box(vertex: Vertex, numbers: Numbers, known: Elements, times: Mapping[Expr, int], latex: bool) -> tuple[str, str]:
    found = [_elements(e, known) for e in vertex.label]
    if not found or vertex.value is not None or not all(0 < len(f) <= MOST for f in found):
        return "", ""
    values = [_written(f, lambda e: numbers[e].value, latex) for f in found]
    once = all(times[e] == 1 for e in vertex.label)
    slopes = [_written(f, lambda e: numbers[e].slope, latex) for f in found if once]
    return _joined(values), _joined(slopes)


def _joined(texts: Sequence[str | None]) -> str:
    """All of them, or nothing where one is unknown: nobody could tell whose number is missing."""
    known = [t for t in texts if t is not None]
    return ", ".join(known) if len(known) == len(texts) else ""


def _elements(label: Expr, known: Elements) -> list[Expr]:
    """The elements that a label stands for: those that have its numbers where it has numbers."""
    fixed = [(n, p) for n, p in enumerate(_places(label)) if isinstance(p, Integer)]
    return sorted(
        (e for e in known.get(name_of(label), ()) if all(_places(e)[n] == p for n, p in fixed)),
        key=lambda e: _places(e),
    )


def _places(element: Expr) -> tuple[Expr, ...]:
    return tuple(getattr(element, "indices", ()))


def _written(elements: Sequence[Expr], number: Callable[[Expr], Numeral | None], latex: bool) -> str | None:
    """A scalar as it is, a family in brackets, its rows parted by semicolons; None where a number is unknown."""
    found = {e: n.brief(latex) for e in elements if (n := number(e)) is not None}
    if len(found) < len(elements):
        return None
    if len(elements) == 1:
        return found[elements[0]]
    varying = [n for n in range(len(_places(elements[0]))) if len({_places(e)[n] for e in elements}) > 1]
    rows = groupby(elements, key=lambda e: [_places(e)[n] for n in varying[:-1]])
    return f"({'; '.join(', '.join(found[e] for e in row) for _, row in rows)})"
