"""A pass computes once, under a name, what it would compute twice: exp(z) above and below a fraction line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from derive.code.names import Identifiers
from derive.code.trees import (
    Apply,
    Assign,
    Call,
    Contraction,
    Inner,
    MatMul,
    Name,
    NewAxis,
    Pick,
    Plus,
    Power,
    Reduce,
    Statement,
    Times,
    Tree,
    names_in,
    trees_in,
)  # fmt: skip
from derive.expressions.matrix_functions import DECOMPOSITIONS

COSTLY = {*DECOMPOSITIONS, "softmax", "log_softmax", "logsumexp"}


def shared(lines: Sequence[Statement], names: Identifiers) -> tuple[Statement, ...]:
    """Return the lines with a variable for each costly tree that occurs more than once.

    Only variables that are assigned once may occur in it: a list of time steps changes between two readings.
    """
    moving = _moving(lines)
    found = list(lines)
    for n in range(1, 100):
        counts = Counter(t for line in found for t in _trees(line) if _costly(t) and not moving & set(names_in(t)))
        twice = [tree for tree, count in counts.items() if count > 1]
        if not twice:
            break
        part = max(twice, key=lambda t: len(str(t)))
        name = Name(names.fresh(_wish(part, n)))
        first = next(at for at, line in enumerate(found) if part in _trees(line))
        found = [_put(line, {part: name}) for line in found]
        found.insert(first, Assign(name, part))
    return tuple(found)


def _wish(tree: Tree, n: int) -> str:
    """Name a variable after its tree, exp_z for exp(z), or else by a number."""
    plain = isinstance(tree, (Apply, Call)) and len(tree.args) == 1 and isinstance(tree.args[0], Name)
    return f"{tree.function}_{tree.args[0].text}" if plain else f"part{n}"  # type: ignore[attr-defined]


def _moving(lines: Sequence[Statement]) -> set[str]:
    """Return the variables that are assigned more than once, or inside a loop or a condition."""
    plain = [line for line in lines if isinstance(line, Assign)]
    counts = Counter(line.target.text if isinstance(line.target, Name) else "" for line in plain)
    parts = {n for line in plain if not isinstance(line.target, Name) for n in names_in(line.target)}
    blocks = {n for line in lines if not isinstance(line, Assign) for n in names_in(line)}
    return {n for n, count in counts.items() if count > 1} | parts | blocks


def _costly(tree: Tree) -> bool:
    """True for a function, a sum, a product of arrays, and for arithmetic in which an array is broadcast."""
    if isinstance(tree, (Plus, Times, Power)):
        return any(isinstance(p, NewAxis) for t in trees_in(tree) if isinstance(t, Pick) for p in t.places)
    if isinstance(tree, Apply):
        return tree.function in COSTLY
    return isinstance(tree, (Call, Reduce, Inner, MatMul, Contraction))


def _trees(line: Statement) -> list[Tree]:
    return list(trees_in(line.value)) if isinstance(line, Assign) else []


def _put(part: Any, by: Mapping[Tree, Tree]) -> Any:
    """Replace trees in a part by others."""
    if isinstance(part, Tree) and part in by:
        return by[part]
    if isinstance(part, (Tree, Assign)):
        return replace(part, **{f.name: _put(getattr(part, f.name), by) for f in fields(part)})  # type: ignore[type-var, arg-type]
    return tuple(_put(each, by) for each in part) if isinstance(part, tuple) else part
