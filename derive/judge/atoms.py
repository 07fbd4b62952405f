"""What a name alone stands for: a quantity of the model, a definition of the answer, a size, a constant."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import arb

from derive.judge import definitions
from derive.judge.balls import ball
from derive.judge.meaning import Meaning
from derive.judge.places import Scope, unread
from derive.judge.value import Value, eye, scalar
from derive.read.tree import Node, Relation, Scripted, Symbol
from derive.transcribe.occurrences import ONES, Occurrence, written


def plain(f: Meaning, name: Occurrence, scope: Scope) -> Value:
    """A name without its power."""
    if name.base in scope and not name.places and not name.marks:
        return scalar(arb(scope[name.base]))
    if isinstance(name.node, Symbol | Scripted) and name.base == ONES:
        return _ones(f, name, scope)
    found = f.names.find(name, set(scope))
    if found is not None:
        return f.at(f.world.value(found.name), found.places, scope)
    if (name.base, name.marks) in f.defined and (value := definitions.own(f, name, scope)) is not None:
        return value
    if (size := f.names.size(name)) is not None:
        return scalar(arb(f.sizes[size]))
    if not name.places and name.base in ("pi", "e"):
        return scalar(arb.pi() if name.base == "pi" else arb(1).exp())
    if f.names.is_loss(name) and f.world.derivation.model.has_loss:
        return f.at(f.world.value(f.names.loss), (), scope)
    if name.base == "I" or (name.base in ("delta", "1") and len(name.places) == 2):
        return _identity(f, name, scope)
    if f.free_names is not None:
        return _free(f, name)
    raise unread("this name is not in the model, and nothing before defines it", f.source, name.node)


def _free(f: Meaning, name: Occurrence) -> Value:
    assert f.free_names is not None
    word = written(name.node if name.power is None else Scripted(0, 0, *_parts(name)))
    if word not in f.free_names:
        n = len(f.free_names)
        at = [ball(Fraction(7919 + 104 * n * n + 977 * k, 5113 + 17 * n - 1301 * k)) for k in range(3)]
        f.free_names[word] = Value(np.array(at, dtype=object))
    return f.free_names[word]


def _ones(f: Meaning, name: Occurrence, scope: Scope) -> Value:
    if name.places and isinstance(name.places[0], Relation):
        return f.truth(name.places[0], scope)
    if name.places:
        return Value(np.full((f.whole(name.places[0], scope), 1), arb(1), dtype=object))
    return Value(np.array([arb(1)], dtype=object), ones="1")


def _identity(f: Meaning, name: Occurrence, scope: Scope) -> Value:
    """I, I_n, and Kronecker's delta."""
    if len(name.places) == 2:
        one, two = (f.whole(p, scope) for p in name.places)
        return scalar(arb(int(one == two)))
    return eye(f.whole(name.places[0], scope)) if name.places else Value(np.array([arb(1)], dtype=object), ones="I")


def _parts(name: Occurrence) -> tuple[Node, Node | None]:
    assert isinstance(name.node, Scripted)
    return name.node.base, name.node.below
