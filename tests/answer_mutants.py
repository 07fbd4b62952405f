"""Single edits of an answer in LaTeX, each with the name of the slip that a student would have made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from derive.read import tree as t
from derive.read.reader import read
from derive.transcribe.occurrences import letter, occurrence, places

_TURNED = re.compile(r"\^\{?(?:\\top|T)\}?$")


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """(the slip, the answer with it) for each edit of the right side of the last equation; each text once."""
    equations = [x for row in read(source) for x in row.items if isinstance(x, t.Relation) and "=" in x.signs]
    seen = {source}
    for slip, start, end, new in _edits(equations[-1], source):
        text = source[:start] + new + source[end:]
        if text not in seen and _reads(text):
            seen.add(text)
            yield slip, text


def _reads(text: str) -> bool:
    try:
        return bool(read(text))
    except Exception:
        return False


Edit = tuple[str, int, int, str]


def _edits(equation: t.Relation, source: str) -> Iterator[Edit]:
    right = equation.sides[-1]
    whole = source[right.start : right.end]
    yield "sign", right.start, right.end, rf"-\left({whole}\right)"
    yield "factor", right.start, right.end, rf"2 \left({whole}\right)"
    yield "factor", right.start, right.end, rf"\frac{{1}}{{2}} \left({whole}\right)"
    yield "kink", right.start, right.end, rf"\max({whole}, -50)"
    names = list(dict.fromkeys(source[n.start : n.end] for n in _names(right)))
    for node in t.walk(right):
        yield from _of(node, source, names)
    wrt = [n for n in t.walk(equation.sides[0]) if isinstance(n, t.Differential)][-1:]
    for node in wrt:
        if node.body is not None:
            for other in names:
                if other != source[node.body.start : node.body.end]:
                    yield "wrong argument", node.body.start, node.body.end, other


def _names(node: t.Node) -> Iterator[t.Node]:
    """The names of quantities in a formula, each with its scripts."""
    if occurrence(node) is not None:
        yield node
        return
    for child in t.children(node):
        yield from _names(child)


def _of(node: t.Node, source: str, names: list[str]) -> Iterator[Edit]:
    match node:
        case t.Added():
            yield from _terms(node, source)
        case t.Multiplied():
            yield from _factors(node, source)
        case t.Fraction() if not isinstance(node.numerator, t.Differential):
            text = source[node.start : node.end]
            yield "factor", node.start, node.end, rf"{{{source[node.numerator.start : node.numerator.end]}}}"
            if text.startswith("\\frac"):
                above, below = (source[n.start : n.end] for n in (node.numerator, node.denominator))
                yield "quotient", node.start, node.end, rf"\frac{{{below}}}{{{above}}}"
        case t.Big() if node.operator in ("sum", "prod"):
            head = source[node.start : node.body.start]
            yield "batch", node.start, node.body.start, ""
            for old, new in (("=1}", "=2}"), ("^{T}", "^{T-1}"), ("^T", "^{T-1}"), ("^{N}", "^{N-1}")):
                if old in head:
                    at = node.start + head.index(old)
                    yield "range", at, at + len(old), new
        case t.Scripted():
            yield from _scripts(node, source)
        case t.Number():
            yield "number", node.start, node.end, str(int(node.digits) + 1) if node.digits.isdigit() else "2"
        case t.Relation() if len(node.sides) == 2 and node.signs[0] in ("<", ">", "<=", ">="):
            between = source[node.sides[0].end : node.sides[1].start]
            other = {"<": ">", ">": "<", "<=": r"\ge ", ">=": r"\le "}[node.signs[0]]
            yield "condition", node.sides[0].end, node.sides[1].start, f" {other}" if between else other
    if occurrence(node) is not None:
        text = source[node.start : node.end]
        for other in names:
            if other != text and _TURNED.sub("", other) != _TURNED.sub("", text):
                yield "wrong name", node.start, node.end, other
        if isinstance(node, t.Symbol | t.Scripted) and text[:1].isupper() and not _TURNED.search(text):
            yield "transpose", node.start, node.end, text + r"^\top"
        if letter(node) or (isinstance(node, t.Scripted) and node.above is None):
            yield "kink", node.start, node.end, rf"\max({text}, -40)"


def _terms(node: t.Added, source: str) -> Iterator[Edit]:
    for n, term in enumerate(node.terms):
        begin = node.start if n == 0 else node.terms[n - 1].end
        text = source[term.start : term.end]
        other = "-" if node.signs[n] == "+" else "+"
        yield "sign", begin, term.end, f" {other} {text}"
        if len(node.terms) > 1:
            yield "path", begin, term.end, "" if n else "0 "


def _factors(node: t.Multiplied, source: str) -> Iterator[Edit]:
    for n, factor in enumerate(node.factors):
        begin = node.start if n == 0 else node.factors[n - 1].end
        text = source[factor.start : factor.end]
        yield "weight", begin, factor.end, " 1 " if n == 0 else ""
        yield "surplus", begin, factor.end, f"{source[begin : factor.end]} {text}"
        if n:
            between = source[node.factors[n - 1].end : factor.start]
            sign = r" \odot " if "odot" not in between and "circ" not in between else " "
            yield "elementwise", node.factors[n - 1].end, factor.start, sign
            before = node.factors[n - 1]
            swapped = f"{text} {source[before.start : before.end]}"
            yield "order", before.start, factor.end, swapped


def _scripts(node: t.Scripted, source: str) -> Iterator[Edit]:
    text = source[node.start : node.end]
    if _TURNED.search(text):
        yield "transpose", node.start, node.end, _TURNED.sub("", text)
    found = list(places(node.below)) if node.below is not None else []
    for place in found:
        inner = source[place.start : place.end]
        if letter(place):
            yield from (("index", place.start, place.end, f"{{{inner}{by}}}") for by in ("-1", "+1"))
        elif isinstance(place, t.Added):
            yield "index", place.start, place.end, source[place.terms[0].start : place.terms[0].end]
    plain = [p for p in found if letter(p)]
    for one, two in pairwise(plain):
        if one.end == two.start:
            yield "index", one.start, two.end, source[two.start : two.end] + source[one.start : one.end]
