"""What a definition may refer to: names that are known, with the right indices, at positions inside their ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Basic, Expr, Function, Idx, Indexed, IndexedBase, KroneckerDelta, Piecewise, Symbol
from sympy.core.function import AppliedUndef

from derive.errors import ModelError
from derive.expressions.functions import row_of, unknown
from derive.expressions.indices import Positions, is_position, name_of
from derive.expressions.traverse import elements, free_indices
from derive.model.model import Case, Node, Reference, Whole, references
from derive.model.positions import gaps, missing, own_ranges, walked


def definitions(name: str, indices: tuple[Idx, ...], cases: Iterable[Case], known: Mapping[str, Node | Symbol]) -> None:
    """Every case uses known names, the right number of indices, and no index out of place or out of range."""
    if len(set(indices)) != len(indices):
        raise ModelError(f"{name}: the same index twice in over={indices}; a diagonal needs two indices and a delta")
    for idx in indices:
        if idx.lower is None:
            raise ModelError(f"{name}: the index {idx} has no range; make it with g.index({str(idx)!r}, size)")
    for case in cases:
        for reference in references(case.expr):
            _known_name(name, reference, known)
        _own_symbols(name, case.expr, known)
        _functions(name, case.expr)
        _arguments(name, case.expr)
        allowed = {p for p in case.position if isinstance(p, Idx)}
        stray = [i for i in free_indices(case.expr) if i not in allowed]
        if stray:
            raise ModelError(f"{name}: index out of place: {stray[0]} is neither in over= nor summed")
        _in_range(name, case.expr, known)


def _known_name(name: str, use: Reference, known: Mapping[str, Node | Symbol]) -> None:
    node = known.get(use.name)
    if node is None:
        raise ModelError(
            f"{name} uses {use.name} before it is defined; defined so far: {', '.join(known) or 'nothing'}"
        )
    found = None if use.position is None else len(use.position)
    expected = len(node.indices) if isinstance(node, Node) else 0
    if found is not None and found != expected:
        raise ModelError(f"{name}: index out of place: {use.name} has {expected} indices, used with {found}")
    for place in use.position or ():
        if not place.is_integer:
            raise ModelError(f"{name}: index out of place: {use.name}[{place}] is not at a whole number")


def _functions(name: str, expr: Expr) -> None:
    """Functions of sympy's that the table has: of any other neither slope nor code is known."""
    for call in sorted(expr.atoms(Function), key=str):
        its_own = (type(call).__module__ or "").startswith("sympy.functions.")
        if its_own and row_of(call) is None and not isinstance(call, (Piecewise, KroneckerDelta)):
            raise ModelError(f"{name}: {unknown(call)}")


def _arguments(name: str, expr: Expr) -> None:
    """An abstract function takes quantities that have a name, for its partials are named by them."""
    for call in expr.atoms(AppliedUndef):
        for arg in call.args:
            if not isinstance(arg, (Symbol, Indexed, IndexedBase)):
                raise ModelError(f"{name}: {call.func} is applied to {arg}; give that a name with g.node(...) first")


def _own_symbols(name: str, expr: Basic, known: Mapping[str, Node | Symbol]) -> None:
    """Every symbol is the very one that the graph gave, not another of the same name."""
    for element in elements(expr):
        places = element.indices if isinstance(element, Indexed) else ()
        plain = (place for place in places if not place.has(Positions))
        sizes = (s for place in plain for s in place.free_symbols if not isinstance(s, Idx))
        for symbol in (element.base if isinstance(element, Indexed) else element, *sizes):
            node = known[name_of(symbol)]
            if symbol != (node.symbol if isinstance(node, Node) else node):
                raise ModelError(
                    f"{name} uses another symbol named {symbol}; use the one that the graph gave for {symbol}"
                )


def _in_range(name: str, expr: Expr, known: Mapping[str, Node | Symbol]) -> None:
    """Refuse a position that provably leaves the range of its family; `sizes` sees to what depends on sizes."""
    for use, around in walked(expr, own_ranges(expr)):
        node = known[name_of(use)] if isinstance(use, Indexed) else None
        if not isinstance(node, Node):
            continue
        for at, place in enumerate(use.indices):
            if any(map(is_position, place.atoms(Indexed))):
                _at_positions(name, use, place, node.indices[at], known)
        for gap in gaps(use, around, node):
            if gap.value.is_negative:
                own = node.indices[gap.axis]
                raise ModelError(
                    f"{name}: index out of place: {use.base}[{use.indices[gap.axis]}] reaches {use.base}[{gap.place}], "
                    f"but {use.base} runs from {own.lower} to {own.upper}; give it a start, shorten the range, "
                    "or read it under a condition: Piecewise((..., i > 1), (0, True))"
                )
        for found in missing(use, around, node):
            corner = ", ".join(map(str, found))
            raise ModelError(
                f"{name}: {use} reaches {use.base}[{corner}], which has no value; give it: start={{({corner}): ...}}"
            )


def _at_positions(name: str, use: Indexed, place: Expr, own: Idx, known: Mapping[str, Node | Symbol]) -> None:
    """A position stands by itself, in an axis from 1 to the number that it is declared to be among."""
    node = known.get(name_of(place)) if is_position(place) else None
    domain = node.domain if isinstance(node, Node) else None
    if not isinstance(domain, Whole):
        raise ModelError(f"{name}: {use}: a position stands by itself, as in W[y[n], d], without arithmetic")
    if (own.lower, own.upper) != (1, domain.most):
        raise ModelError(
            f"{name}: {use}: {place} is among 1, ..., {domain.most}, but that axis of {use.base} runs from {own.lower} "
            f"to {own.upper}"
        )
