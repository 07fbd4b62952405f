"""One step of a derivation: the chain rule in symbols, the local partials, the chain of equalities to the final form.

Everything here is a function of the uses that add up, and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Add, Expr, Idx, Piecewise, S, Sum, exp

from derive.chain.derivation import Line, Local, Region, Step, Term, Use, length, product, written
from derive.chain.facts import DEFINED, defined
from derive.chain.partials import ABSTRACT
from derive.chain.reasons import reason, telling
from derive.chain.rules.insert import INSERT
from derive.chain.rules.name_definitions import name_in_sum, name_in_sums
from derive.chain.rules.pipeline import develop
from derive.chain.rules.pull import split_bracket
from derive.chain.spelled import spelled
from derive.chain.sums import Fact, Facts, with_sums
from derive.expressions.coefficients import number_of
from derive.expressions.decided import without_decided
from derive.expressions.indices import bound_indices, limits, name_of, substitute
from derive.expressions.matrix_functions import Written, WrittenScalar
from derive.expressions.symbols import Immediate, Partial
from derive.expressions.traverse import adjoints
from derive.expressions.weight import weight
from derive.language import Text, clauses
from derive.memo import memo
from derive.model.model import Node

LONGEST = 11  # the longest value, in symbols to read, that is still put in for its name
ALONE = 22  # the same for an adjoint that nothing else is made of: its name saves the reader nothing
TRIED = 24  # the longest value that is tried: it may make a result shorter
Pairs = tuple[tuple[Expr, Expr], ...]

LOCAL = Text("substitute the local partials", "代入局部偏导数")


@memo
def contributions(loss: Expr, node: Node, region: Region, uses: tuple[Use, ...], facts: Facts) -> tuple[Term, ...]:
    """The raw product of every use on the region: the user's adjoint times the local partial."""
    fixed = region.fixed(node.indices)
    local = {u: in_region(known_local(u, uses, facts)[0], node, region) for u in reaching(uses, node, region)}
    return tuple(_put(Term((u.upstream(loss), value), u.outer), fixed) for u, value in local.items())


def reaching(uses: tuple[Use, ...], node: Node, region: Region) -> tuple[Use, ...]:
    """The uses whose local partial is not 0 on the whole region, where its cases are decided."""
    return tuple(u for u in uses if not u.local.has(Piecewise) or in_region(u.local, node, region) != 0) or uses


def in_region(expr: Expr, node: Node, region: Region) -> Expr:
    """The expression without the cases that are decided where an index runs over a part of its range."""
    part = {i: ends for i, ends in region.free(node.indices).items() if ends != limits(i)[1:]}
    found = expr.atoms(Piecewise) if part and expr.has(Piecewise) else set()
    left = {cases: without_decided(cases, part) for cases in found if not part.keys() & bound_indices(cases)}
    return expr.xreplace({cases: value for cases, value in left.items() if value is not cases})


@memo
def known_local(use: Use, uses: tuple[Use, ...], facts: Facts) -> tuple[Expr, tuple[Text, ...]]:
    """The local partial by what is known, its sums by facts and the users' definitions by their values; and why."""
    value, because = with_sums(use.local, facts)
    reasons = [f.reason for f in because]
    users = [(f, o.target, name_in_sum) for o in (use, *uses) if not o.direct for f in defined(o.user)]
    apart = [(f, f.right, name_in_sums) for f in facts if not isinstance(f.left, Sum)] if value.has(exp) else []
    for fact, name, naming in (*users, *apart):
        better = naming(value, fact)
        if better != value:
            value = better
            reasons.append(DEFINED(node=name))
    return value, tuple(reasons)


@memo
def step(
    loss: Expr, node: Node, region: Region, uses: tuple[Use, ...], marks: tuple[bool, ...], short: Pairs, facts: Facts,
    longest: int = LONGEST,
) -> Step:  # fmt: skip
    """The derivation of an adjoint on one region.

    `marks` says which local partials are immediate, `short` gives the adjoints of users that may be put in for their
    names where the result is not longer than `longest`, `facts` what may be used besides.
    """
    fixed, all_uses = region.fixed(node.indices), uses
    kept = reaching(uses, node, region)
    marks = tuple(mark for use, mark in zip(uses, marks, strict=True) if use in kept)
    uses, marks = _by_element(kept, marks, fixed)
    target = Partial(loss, substitute(node.generic, fixed))
    symbols = [_local(loss, node, use, mark) for use, mark in zip(uses, marks, strict=True)]
    chain = [
        Term((s,) if use.direct else (use.upstream(loss), s), use.outer) for use, s in zip(uses, symbols, strict=True)
    ]
    locals_ = tuple(
        _partial(use, s, node, region, _better(use, uses, facts, node, region))
        for use, s in zip(uses, symbols, strict=True)
    )
    why = reason(loss, target.wrt, uses, [substitute(use.target, fixed) for use in uses])
    raw = contributions(loss, node, region, uses, facts)
    lines = _argument(target, uses, locals_[0], raw, dict(short), facts + _definitions(node, uses), longest)
    return Step(target, node, region, all_uses, tuple(_put(t, fixed) for t in chain), why, locals_, lines)


def _partial(use: Use, symbol: Partial, node: Node, region: Region, known: Line | None) -> Local:
    """The local partial with its rules, and the lines before it where functions stand in functions."""
    fixed = region.fixed(node.indices)
    rules = telling(use.rules)
    between = spelled(use, symbol, rules)
    lines = tuple(_put_line(line, fixed) for line in between.lines)
    value = substitute(in_region(use.local, node, region), fixed)
    because = tuple(_put_text(text, fixed) for text in between.because)
    return Local(substitute(symbol, fixed), value, rules, known, lines, because)


def _put_line(line: Line, fixed: Mapping[Idx, Expr]) -> Line:
    return Line(tuple(_put(t, fixed) for t in line.terms), line.reason and _put_text(line.reason, fixed))


def _put_text(text: Text, fixed: Mapping[Idx, Expr]) -> Text:
    """The sentence with its formulas at fixed values of some indices."""

    def put(value: Any) -> Any:
        if isinstance(value, Text):
            return _put_text(value, fixed)
        return [put(v) for v in value] if isinstance(value, list) else substitute(value, fixed)

    return text(**{name: put(value) for name, value in text.values.items()}) if fixed and text.values else text


def _by_element(
    uses: tuple[Use, ...], marks: tuple[bool, ...], fixed: Mapping[Idx, Expr]
) -> tuple[tuple[Use, ...], tuple[bool, ...]]:
    """The uses with those joined that are of one element here: z_1 enters p_1 above and below the fraction line."""
    groups: dict[object, list[tuple[Use, bool]]] = {}
    for use, mark in zip(uses, marks, strict=True):
        outer = tuple((i, substitute(a, fixed), substitute(b, fixed)) for i, a, b in use.outer)
        groups.setdefault((substitute(use.target, fixed), outer), []).append((use, mark))
    if len(groups) == len(uses):
        return uses, marks
    joined = tuple(first[0].joined([u for u, _ in others]) for first, *others in groups.values())
    return joined, tuple(any(mark for _, mark in group) for group in groups.values())


def _definitions(node: Node, uses: tuple[Use, ...]) -> Facts:
    """What a term of a step may contain: the products that the users are defined by, and the node's own bracket."""
    users = dict.fromkeys(u.user for u in uses if not u.direct)
    found = tuple(f for user in users for f in defined(user) if not isinstance(f.left, Sum))
    own = node.cases[0].expr if len(node.cases) == 1 and node.abstract is None else None
    bracket = isinstance(own, Add) and own.free_symbols >= set(node.indices)
    return (*found, Fact(own, node.generic, node.indices, DEFINED(node=node.generic))) if bracket else found


def _better(use: Use, uses: tuple[Use, ...], facts: Facts, node: Node, region: Region) -> Line | None:
    """The local partial by what is known of it, where something is."""
    value, reasons = known_local(use, uses, facts)
    value = substitute(in_region(value, node, region), region.fixed(node.indices))
    return Line((Term((value,)),), clauses(reasons)) if reasons else None


def _local(loss: Expr, node: Node, use: Use, immediate: bool) -> Partial:
    """The local partial as a symbol, with the mark of an immediate one where u has other paths to the user."""
    return (Immediate if immediate else Partial)(loss if use.direct else use.target, node.generic)


def _argument(
    target: Partial,
    uses: tuple[Use, ...],
    local: Local,
    raw: tuple[Term, ...],
    short: Mapping[Expr, Expr],
    facts: Facts,
    longest: int,
) -> tuple[Line, ...]:
    """The chain of equalities; of an abstract loss there is nothing to say, of the loss itself the rules say it.

    `local` is the first of the local partials, the only one where the quantity enters nothing but the loss.
    """
    direct = len(uses) == 1 and uses[0].direct
    if direct and uses[0].user.abstract is not None:
        return (Line((Term((target,)),), ABSTRACT),)
    first, *rest = _lines(raw, short, facts, longest, name_of(target.wrt))
    if not direct:
        return (first, *rest)
    rules = clauses(local.because)
    if local.known is None:
        return (*local.spelled, first._replace(reason=rules), *rest)
    return (*local.spelled, Line((Term((local.value,)),), rules), first._replace(reason=local.known.reason), *rest)


def _lines(
    raw: tuple[Term, ...], short: Mapping[Expr, Expr], facts: Facts, longest: int, own: str
) -> list[Line]:  # fmt: skip
    """The raw product, the short values put in for their names where that stays short, and the algebra.

    Under a sum a value is put in only where that makes the result no longer (`length`): 1/m sum_i (h_i - y_i) x_i for
    sum_i dJ/dz_i x_i. Elsewhere it may be longer if it is made of fewer adjoints, or closes a recursion: if it is made
    of the adjoint of its `own` family.
    """
    shown = (Term(t.factors[1:] if t.factors[0] == 1 else t.factors, t.sums) for t in raw)
    first = Line(tuple(part for t in shown for part in split_bracket(t)), LOCAL)
    bare = tuple(product(t.factors, t.sums) for t in first.terms if S.Zero not in t.factors) or (Term((S.Zero,)),)
    plain = [first, *([Line(bare)] if bare != first.terms else []), *develop(bare, facts)]
    if not short:
        return plain
    under = _inserted(first, bare, short, facts)
    more = LONGEST if under is not None and _unnamed(plain[-1]) > _unnamed(under[-1]) else 0
    if under is not None and any(t.sums for t in bare) and length(under[-1].terms) <= length(plain[-1].terms) + more:
        return under
    readable = {p: v for p, v in short.items() if weight(v) <= longest}
    for values in (short, readable) if len(readable) < len(short) else (short,):
        full = _inserted(first, bare, values, facts, under=False)
        if full is not None and _pays(full[-1], plain[-1], longest, own):
            return full
    return plain


def _pays(full: Line, plain: Line, longest: int, own: str) -> bool:
    """Is a result no longer than without the values put in, or not much longer and made of fewer adjoints, or of that
    of its own family?"""
    before, after = _adjoints(plain), _adjoints(full)
    more = LONGEST if len(after) < len(before) or own in after - before else 0
    return written(full.terms) <= max(longest, written(plain.terms)) + more


def _inserted(
    first: Line, bare: tuple[Term, ...], short: Mapping[Expr, Expr], facts: Facts, under: bool = True
) -> list[Line] | None:
    """The lines with short values put in, also `under` sums; an adjoint that the result is made of keeps its name."""
    put = {p: v for t in bare for p in partials(t) if (v := short.get(p)) is not None and (under or not t.sums)}
    while put:
        filled = tuple(_filled(t, put) if under or not t.sums else t for t in bare)
        lines = [first, Line(filled, INSERT(values=list(put))), *develop(filled, facts)]
        kept = {p: v for p, v in put.items() if name_of(p.wrt) not in _adjoints(lines[-1])}
        if len(kept) == len(put):
            return lines
        put = kept
    return None


def _unnamed(line: Line) -> int:
    """How many adjoints a result is made of that are those of a quantity without a name, dL/dA^-1."""
    return len({p for p in adjoints(line.expr) if isinstance(getattr(p.wrt, "base", p.wrt), (Written, WrittenScalar))})


def _adjoints(line: Line) -> set[str]:
    """Of which families' adjoints a result is made."""
    return {name_of(p.wrt) for p in adjoints(line.expr)}


def _filled(term: Term, by: Mapping[Expr, Expr]) -> Term:
    """The term with values for some of its factors; of 2a - 2b the number is a factor by itself."""
    values = (g for f in term.factors for g in (number_of(by[f]) if f in by else (f,)))
    return product(values, term.sums)


def partials(term: Term) -> list[Partial]:
    """The adjoints among the factors of a product."""
    return [f for f in term.factors if type(f) is Partial]


def _put(term: Term, fixed: Mapping[Expr, Expr]) -> Term:
    """The term at fixed values of some indices."""
    if not fixed:
        return term
    sums = tuple((i, substitute(a, fixed), substitute(b, fixed)) for i, a, b in term.sums)
    return Term(tuple(substitute(f, fixed) for f in term.factors), sums)
