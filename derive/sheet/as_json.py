"""The derivation as data: formulas are LaTeX, values are strings that sympy prints, sentences are in one language.

The keys are: problem, byline (author, course, date), language, nodes, steps (target, formula, value, reason, lines,
locals, number), gradients, unreachable, closed (the adjoints and values in closed form, with the lines that lead to
them), those of the subjects, and verification. The subjects have the keys matrix (the definitions and the steps in
matrices, with shapes), expectations (with the moments that their lines use), identities (both sides), limits and
conditions, and jacobians, hessians and training where these are asked for. Where a problem has several readings, each
item says by `part` which one it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Expr

from derive.chain.derivation import Line, Step
from derive.chain.derived import Derived
from derive.expressions.indices import respelled
from derive.language import Text
from derive.page.as_data import equality, reasoned, verdict
from derive.page.blocks import Title
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.sheet.part import Part
from derive.topics.topic import Place, topics

NO_ROUTE = Text("cannot reach the loss", "不影响损失")


def data(parts: Sequence[Part], lang: str, head: Title) -> dict[str, Any]:
    """Return the parts of a sheet as one tree of dictionaries, lists, strings and numbers."""
    whole: dict[str, Any] = {
        "problem": head.title.pick(lang),
        "byline": [line.pick(lang) for line in head.byline],
        "language": lang,
    }
    for part in parts:
        mark = {"part": part.label.pick(lang)} if part.label is not None else {}
        for key, items in _part(part, lang).items():
            whole[key] = whole.get(key, []) + [item | mark for item in items]
    return whole


def _part(part: Part, lang: str) -> dict[str, list[dict[str, Any]]]:
    derived = part.derived
    model = derived.model
    show = Formulas("latex", model.order, tuple(derived.sizes.items()), model.said, model.letters)
    steps = () if part.alone else derived.steps
    return {
        "nodes": [_node(n, show) for n in derived.model.nodes.values()],
        "steps": [_step(s, show, lang) for s in steps],
        "gradients": [_gradient(s, show) for s in steps if s.node.is_leaf],
        "unreachable": [{"parameter": n.name, "reason": NO_ROUTE.pick(lang)} for n in derived.derivation.unreachable],
        "closed": [] if part.alone else [equality(e, lines, show, lang) for e, lines in _solutions(derived)],
        **dict(_subjects(part, show, lang)),
        "verification": [] if part.report is None else [verdict(r, show) for r in part.report.rows],
    }


def _subjects(part: Part, show: Formulas, lang: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield the items of every subject by key; subjects that stand alone are asked only if one of them is shown."""
    for name, each in topics():
        if part.alone or each.place is not Place.ALONE:
            yield from each.data(part.found.get(name, ()), part.context(name), show, lang).items()


def _node(node: Any, show: Formulas) -> dict[str, Any]:
    cases = [{"element": show.show(node.at(*c.position)), "value": show.show(c.expr)} for c in node.cases]
    found = {"name": node.name, "kind": node.kind, "wanted": node.wanted or node.kind == "parameter"}
    return found | {"formula": show.show(node.generic), "definitions": cases}


def _gradient(step: Step, show: Formulas) -> dict[str, Any]:
    value, plain = show.plain(step.lines[-1]), str(respelled(step.value, step.letters))
    return {"parameter": step.node.name, "formula": show.show(step.target), "value": value, "sympy": plain}


def _step(step: Step, show: Formulas, lang: str) -> dict[str, Any]:
    ranges = zip(step.node.indices, step.region.ranges, strict=True)
    return {
        "number": step.number,
        "target": show.show(step.target),
        "formula": f"{show.show(step.target)} = {signed(show.plain.pieces(step.chain, dots=True))}",
        "value": show.plain(step.lines[-1]),
        "reason": step.reason.pick(lang, show.show),
        "region": {show.plain.letter(i): [str(a), str(b)] for i, (a, b) in ranges},
        "locals": [
            {
                "partial": show.show(x.symbol),
                "value": show.show(x.value),
                "rules": [r.pick(lang, show.show) for r in x.rules],
            }
            for x in step.locals
        ],
        "lines": reasoned(step.lines, show, lang),
    }


def _solutions(derived: Derived) -> list[tuple[Expr, tuple[Line, ...]]]:
    """Return what has a closed form, each quantity with its lines: the adjoints first, then the values."""
    return [*((f.target, f.lines) for f in derived.closed_forms), *((v.node.generic, v.lines) for v in derived.values)]
