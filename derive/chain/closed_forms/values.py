"""Values in closed form: the recurrences that are affine in their own previous value, and the nodes made of them.

h_t = a h_{t-1} + b x_t is solved by `recursion`, like an adjoint but in the other direction of time. That of
o_t = w h_t follows by putting the solution in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sympy import Abs, Add, Expr, Indexed, Mul, Pow, S, Symbol, preorder_traversal
from sympy.core.function import AppliedUndef

from derive.chain.closed_forms.closed_form import ClosedForm, Recursion
from derive.chain.closed_forms.recursion import solve
from derive.chain.derivation import Derivation, Line, Region, Term
from derive.chain.facts import known as known_of
from derive.chain.partials import occurrences
from derive.chain.rules.gather import gather
from derive.chain.rules.insert import INSERT
from derive.chain.rules.pipeline import develop_value
from derive.chain.sums import Facts
from derive.expressions.functions import row_or_extremum
from derive.expressions.indices import BINDERS, name_of, substitute, through
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.products import gathered
from derive.expressions.traverse import Rule, rewrite
from derive.language import Text, clauses
from derive.model.model import Node, references
from derive.model.schedule import Stage

ROOT = Text("the root of a square is the absolute value", "平方的算术平方根等于绝对值")


class Solved(NamedTuple):
    """The values of a family: the equalities from its definition to the closed form, and the recursion if it is one."""

    node: Node
    region: Region
    lines: tuple[Line, ...]
    form: ClosedForm | None = None

    @property
    def value(self) -> Expr:
        """The closed form."""
        return self.lines[-1].expr

    def at(self, *position: Expr) -> Expr:
        """The closed form of one element."""
        return substitute(self.value, dict(zip(self.node.indices, position, strict=True)))


def solved_values(d: Derivation) -> tuple[Solved, ...]:
    """Every family that has a closed form, in the order of computation; the loss itself is left out."""
    known: dict[str, Solved] = {}
    for stage in d.stages:
        for name in stage.families:
            node = d.model.nodes[name]
            if stage.time and not stage.stepwise:
                continue
            found = _state(d, stage, node, known) if stage.time else _made(d, node, known)
            if found is not None:
                known[name] = found
    return tuple(known.values())


def _state(d: Derivation, stage: Stage, node: Node, known: Mapping[str, Solved]) -> Solved | None:
    """A recurrence whose law is affine in its own previous value, with coefficients free of all that recurs with it."""
    law, axis, t = node.cases[0].expr, stage.time[node.name], node.indices[stage.time[node.name]]
    before = substitute(node.generic, {t: t - stage.direction})
    end = (t.lower if stage.direction > 0 else t.upper + 2) - 1
    starts = [c.expr for c in node.cases[1:] if c.position[axis] == end]
    if not starts or law.has(AppliedUndef, OfMatrix) or _bent(law, node.name):
        return None
    uses = occurrences(law, node.name)
    factor = Add(*(Mul(*u.factors) for u in uses))
    addend = substitute(law, {before: S.Zero})
    coupled = {r.name for e in (factor, addend, starts[0]) for r in references(e)} & set(stage.families)
    if coupled or any(u.sums or u.position != before.indices for u in uses):
        return None
    ranges = [(i.lower, i.upper) for i in node.indices]
    ranges[axis] = (end, t.upper) if stage.direction > 0 else (t.lower, end)
    lines = [Line((Term((law,)),)), *_inserted(law, _plain(known), known_of(d.model))]
    moved = substitute(addend, _values(addend, _plain(known)))
    region = Region(tuple(ranges))
    form = solve(
        Recursion(node.generic, node, t, -stage.direction, factor, moved, starts[0], end, region, tuple(lines[:2])),
        d.model.nodes,
    )
    return Solved(node, region, form.lines, form) if form is not None else None


def _bent(law: Expr, name: str) -> bool:
    """Is the family in a function? It is no constant there, even where the slope is 0: of sg(h) or the sign of h."""
    functions = (e for e in preorder_traversal(law) if row_or_extremum(e) is not None)
    return any(r.name == name for e in functions for r in references(e))


def _made(d: Derivation, node: Node, known: Mapping[str, Solved]) -> Solved | None:
    """A node that is computed from solved ones, with their values put in."""
    if node.is_leaf or node is d.model.loss or node.abstract is not None or len(node.cases) > 1:
        return None
    expr = node.cases[0].expr
    lines = [Line((Term((expr,)),)), *_inserted(expr, known, known_of(d.model))]
    whole = Region(tuple((i.lower, i.upper) for i in node.indices))
    return Solved(node, whole, tuple(lines)) if len(lines) > 1 else None


def _plain(known: Mapping[str, Solved]) -> dict[str, Solved]:
    """Those without a sum or product: the others keep their name inside a sum."""
    return {name: s for name, s in known.items() if not s.value.has(*BINDERS)}


def _values(expr: Expr, known: Mapping[str, Solved]) -> dict[Expr, Expr]:
    """The closed form of every solved element that the expression uses."""
    used = [(known[r.name], r.position) for r in references(expr) if r.name in known]
    return {s.node.at(*place): s.at(*place) for s, place in used if place is not None}


def _inserted(expr: Expr, known: Mapping[str, Solved], facts: Facts) -> Iterator[Line]:
    """The lines in which closed forms are put in and what cancels is cancelled."""
    by = _values(expr, known)
    parts = [[rewrite(f, _value_of(known)) for f in Mul.make_args(part)] for part in Add.make_args(expr)]
    if [Mul(*part) for part in parts] == list(Add.make_args(expr)):
        return
    flat = sorted(map(_factors, parts), key=lambda part: Mul(*part) not in Add.make_args(expr))
    apart = tuple(Term((Mul(*part, evaluate=False),)) for part in flat)
    written = apart if any(gather(apart)) else tuple(Term((gathered(Mul(*part)),)) for part in flat)
    rooted = any(a not in expr.atoms(Abs) for p in parts for f in p for a in f.atoms(Abs)) and expr.has(Pow)
    reason = INSERT(values=list(by))
    yield Line(written, clauses((reason, ROOT)) if rooted else reason)
    yield from develop_value(written, facts)


def _value_of(known: Mapping[str, Solved]) -> Rule:
    """What stands for an element that has a closed form; below the sign of a sum only one without such signs."""

    def value(part: Expr) -> Expr | None:
        if isinstance(part, BINDERS):
            return through(part, lambda body: rewrite(body, _value_of(_plain(known))))
        if isinstance(part, OfMatrix):  # of a whole matrix, which keeps its name
            return part
        found = known.get(name_of(part)) if isinstance(part, (Symbol, Indexed)) else None
        return None if found is None else found.at(*getattr(part, "indices", ()))

    return value


def _factors(part: Sequence[Expr]) -> tuple[Expr, ...]:
    """The factors of a product of products, its numbers as one."""
    flat = [g for f in part for g in Mul.make_args(f)]
    number = Mul(*(f for f in flat if f.is_Number))
    rest = tuple(f for f in flat if not f.is_Number)
    return rest if number == 1 and rest else (number, *rest)
