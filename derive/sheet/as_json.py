"""The derivation as data. Formulas are LaTeX, values are strings that sympy prints, sentences in one language.

Keys: problem, language, nodes, steps (target, formula, value, reason, lines, locals, number), gradients, matrix
(the definitions and the steps in matrices, with shapes), closed (the adjoints and values in closed form, with the lines
that lead to them), expectations (with the moments that their lines use), identities (both sides), limits, conditions,
verification; jacobians, hessians and training where asked for; several readings of one problem mark each item with its
`part`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.chain.derivation import Line, Step
from derive.expressions.matrices import Signature, shape
from derive.language import Text
from derive.page.blocks import Title
from derive.page.print.formulas import Formulas
from derive.page.print.order import signed
from derive.sheet.part import Part
from derive.topics.matrix_form.forms import Form

if TYPE_CHECKING:
    from derive.topics.training.training import Training

NO_ROUTE = Text("cannot reach the loss", "无法影响损失")


def data(parts: Sequence[Part], lang: str, head: Title | None) -> dict[str, Any]:
    """One tree of dictionaries, lists, strings and numbers."""
    whole: dict[str, Any] = {
        "problem": head.title.pick(lang) if head else parts[0].derivation.model.title,
        "language": lang,
    }
    whole |= {"nodes": [], "steps": [], "gradients": [], "unreachable": []}
    whole |= {
        "matrix": [],
        "closed": [],
        "expectations": [],
        "identities": [],
        "limits": [],
        "conditions": [],
        "verification": [],
    }
    if any(part.asked for part in parts):
        whole |= {"jacobians": [], "hessians": []}
    if any(part.training for part in parts):
        whole["training"] = []
    for part in parts:
        mark = {"part": part.label.pick(lang)} if part.label is not None else {}
        for key, items in _part(part, lang).items():
            whole[key] += [item | mark for item in items]
    return whole


def _part(part: Part, lang: str) -> dict[str, list[dict[str, Any]]]:
    d = part.derivation
    show = Formulas("latex", d.model.order, tuple(part.sizes.items()))
    steps = [_step(s, show, lang) for s in part.steps]
    leaves = {s.number for s in part.steps if s.node.is_leaf}
    asked = dict(_asked(part, show, lang)) if part.asked else {}
    asked |= {"training": [_training(part.training)]} if part.training else {}
    return asked | {
        "nodes": [_node(n, show) for n in d.model.nodes.values()],
        "steps": steps,
        "gradients": [
            {
                "parameter": s.node.name,
                "formula": show.show(s.target),
                "value": show.plain(s.lines[-1]),
                "sympy": str(s.value),
            }
            for s in part.steps
            if s.number in leaves
        ],
        "unreachable": [{"parameter": n.name, "reason": NO_ROUTE.pick(lang)} for n in d.unreachable],
        "matrix": [_matrix(f, show, lang) for f in part.matrices.all],
        "closed": [_closed(e, lines, show, lang) for e, lines in _solutions(part)],
        "expectations": [_expected(e, show, lang) for e in part.expectations],
        "identities": [
            _closed(node.generic, lines, show, lang)
            for same in part.identities
            for node, lines in ((same.one, same.lines), (same.other, same.other_lines))
        ],
        "limits": [
            {"formula": show.show(x.symbol), "value": show.show(x.limit), "sympy": str(x.limit)} for x in part.limits
        ],
        "conditions": list(_conditions(part, show, lang)),
        "verification": [] if part.report is None else [_row(r, show) for r in part.report.rows],
    }


def _matrix(form: Form, show: Formulas, lang: str) -> dict[str, Any]:
    """A definition or an adjoint in matrices with its shapes; null, and the reason, where there is no such form."""
    if form.matrix is None or form.reason is not None:
        reason = form.reason.pick(lang, show.show) if form.reason is not None else ""
        return {"formula": show.show(form.element), "value": None, "reason": reason}
    return {
        "formula": show.show(form.whole),
        "value": show.show(form.matrix),
        "shapes": show.show(Signature(form.matrix)),
        "shape": [str(n) for n in shape(form.matrix)],
        "sympy": str(form.matrix),
    }


def _training(run: Training) -> dict[str, Any]:
    """How it was trained, the loss after each step, the parameters and values at the end."""
    ends = {"parameters": run.parameters, "values": run.values}
    arrays = {key: {n: a.tolist() for n, a in found.items()} for key, found in ends.items()}
    return {"rate": run.rate, "seed": run.seed, "sizes": dict(run.sizes), "losses": list(run.losses)} | arrays


def _asked(part: Part, show: Formulas, lang: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Jacobians, and the blocks of Hessians with the products, each with its check."""
    from derive.topics.jacobian.jacobian import Jacobian

    jacobians, hessians = [], []
    for found in part.asked:
        checked = {"verification": [] if found.report is None else [_row(r, show) for r in found.report.rows]}
        if isinstance(found, Jacobian):
            jacobians.append(_closed(found.symbol, found.lines, show, lang) | checked)
            continue
        blocks = [_closed(b.symbol, b.lines, show, lang) for row in found.blocks for b in row]
        product, carried = (
            [{"formula": show.show(a.target), "value": show.plain.line(a.terms)} for a in own]
            for own in (found.along, [a for one in found.carried for a in one])
        )
        hessians.append({"blocks": blocks, "carried": carried, "product": product} | checked)
    yield "jacobians", jacobians
    yield "hessians", hessians


def _conditions(part: Part, show: Formulas, lang: str) -> Iterator[dict[str, Any]]:
    """Every condition with its claim as LaTeX and as sympy, its reason, and its evidence where it was measured."""
    from derive.topics.stability.measurements import measured_of

    for analysis in part.analyses:
        measured = measured_of(part.report, analysis)
        findings = {f.condition: f for f in measured.findings} if measured is not None else {}
        for c in analysis.conditions:
            settings = findings[c].settings if c in findings else ()
            yield {
                "kind": c.kind,
                "strength": c.strength,
                "about": c.about,
                "claim": show.show(c.claim),
                "sympy": str(c.claim),
                "where": {show.show(s): str(v) for s, v in analysis.where},
                "reason": c.reason.pick(lang, show.show),
                "evidence": [
                    {"measure": s.measure, "draws": s.draws, "norms": s.norms, "per_step": s.rates, "ok": s.ok}
                    for s in settings
                ],
            }


def _node(node: Any, show: Formulas) -> dict[str, Any]:
    cases = [{"element": show.show(node.at(*c.position)), "value": show.show(c.expr)} for c in node.cases]
    found = {"name": node.name, "kind": node.kind, "wanted": node.wanted or node.kind == "parameter"}
    return found | {"formula": show.show(node.generic), "definitions": cases}


def _step(step: Step, show: Formulas, lang: str) -> dict[str, Any]:
    ranges = zip(step.node.indices, step.region.ranges, strict=True)
    return {
        "number": step.number,
        "target": show.show(step.target),
        "formula": f"{show.show(step.target)} = {signed(show.plain.pieces(step.chain, dots=True))}",
        "value": show.plain(step.lines[-1]),
        "reason": step.reason.pick(lang, show.show),
        "region": {str(i): [str(a), str(b)] for i, (a, b) in ranges},
        "locals": [
            {
                "partial": show.show(x.symbol),
                "value": show.show(x.value),
                "rules": [r.pick(lang, show.show) for r in x.rules],
            }
            for x in step.locals
        ],
        "lines": _lines(step.lines, show, lang),
    }


def _solutions(part: Part) -> list[tuple[Expr, tuple[Line, ...]]]:
    """Everything in closed form: adjoints, then values."""
    return [*((f.target, f.lines) for f in part.closed), *((v.node.generic, v.lines) for v in part.values)]


def _closed(target: Expr, lines: Sequence[Line], show: Formulas, lang: str) -> dict[str, Any]:
    return {
        "formula": show.show(target),
        "value": show.plain(lines[-1]),
        "sympy": str(lines[-1].expr),
        "lines": _lines(lines, show, lang),
    }


def _expected(found: Any, show: Formulas, lang: str) -> dict[str, Any]:
    premises = [_closed(p.symbol, p.lines, show, lang) for p in found.premises]
    return _closed(found.symbol, found.lines, show, lang) | {"moments": premises}


def _lines(lines: Sequence[Line], show: Formulas, lang: str) -> list[dict[str, str]]:
    return [
        {"value": show.plain(x), "reason": x.reason.pick(lang, show.show) if x.reason is not None else ""}
        for x in lines
    ]


def _row(row: Any, show: Formulas) -> dict[str, Any]:
    return {"quantity": show.show(row.quantity), "points": row.points, "error": row.error, "ok": row.ok}
