"""What a model is: an immutable list of nodes, in the order of their definition.

A node is a family of scalars over zero or more index ranges. Each of its cases says which of its elements it
defines and by which sympy expression in index notation: h_t = tanh(z_t) for t = 1..T is one case, h_0 = 0 another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from sympy import Basic, Expr, Idx, IndexedBase, Symbol
from sympy.core.function import AppliedUndef

from derive.expressions.indices import Limits, apart, limits, name_of
from derive.expressions.letters import Letters, lettering
from derive.expressions.matrix_functions import OfMatrix, Written, WrittenScalar
from derive.expressions.moments import Law
from derive.expressions.said import Said, distinct
from derive.expressions.traverse import quantities
from derive.memo import memo


@dataclass(frozen=True)
class Whole:
    """The domain of positions: the whole numbers from 1 to `most`."""

    most: Expr


Domain = str | tuple[Expr, Expr] | Whole  # a word, an open interval, or the whole numbers up to a size
Kind = Literal["parameter", "input", "target", "constant", "random", "node", "loss"]
LEAVES = ("parameter", "input", "target", "constant", "random")


class Case(NamedTuple):
    """One definition: the elements at `position` are `expr`, for every value of the indices free in `position`."""

    position: tuple[Expr, ...]
    expr: Expr

    @property
    def bounds(self) -> tuple[Limits, ...]:
        """The ranges of the indices that this case leaves free."""
        return tuple(limits(p) for p in self.position if isinstance(p, Idx))


class Node(NamedTuple):
    """A family: its name, kind, sympy symbol (an IndexedBase where it has indices), own indices and definitions.

    Leaves (parameters, inputs, targets, constants, random quantities) have no cases. `domain` restricts the values of a
    leaf ("real", "positive", "probability", "binary", "sign", "nonzero", or an open interval), `sums_to` is the sum of
    its elements over the last index, `law` is what is declared of a random one. `implied` marks a pre-activation that
    we named, `wanted` an input whose gradient is asked for as a parameter's is. `structure` is what is known of a
    square matrix: "symmetric", "positive definite" (and symmetric), "orthogonal", "triangular" (lower).
    `derivative` says of which family by which other one it is the derivative, where it is defined as one. A node that
    is `implicit` is the fixed point of its definition, which refers to itself.
    """

    name: str
    kind: Kind
    symbol: Symbol | IndexedBase
    indices: tuple[Idx, ...] = ()
    cases: tuple[Case, ...] = ()
    domain: Domain = "real"
    implied: bool = False
    sums_to: Expr | None = None
    law: Law | None = None
    wanted: bool = False
    structure: str = ""
    derivative: tuple[str, str] | None = None
    implicit: bool = False

    @property
    def symmetric(self) -> bool:
        """Is it a matrix that equals its transpose?"""
        return self.structure in ("symmetric", "positive definite")

    @property
    def is_leaf(self) -> bool:
        """Given from outside, not computed."""
        return self.kind in LEAVES

    @property
    def abstract(self) -> AppliedUndef | None:
        """The application L(o_T, y) where that is all that is known of this node."""
        expr = self.cases[0].expr if self.cases else None
        return expr if isinstance(expr, AppliedUndef) else None

    def at(self, *position: Expr) -> Expr:
        """An element of the family: the symbol itself, or the symbol with indices."""
        return element(self.symbol, position) if self.indices else self.symbol

    @property
    def matrix(self) -> Expr:
        """The matrix that a family with rows and columns is: itself, or one of its matrices, S_k."""
        return self.symbol[self.indices[:-2]] if len(self.indices) > 2 else self.symbol

    @property
    def generic(self) -> Expr:
        """The element at the family's own indices."""
        return self.at(*self.indices)


def is_notation(node: Node) -> bool:
    """Is the node without a name of its own, written as the function of a matrix that it is, A^-1?"""
    return isinstance(node.symbol, (Written, WrittenScalar))


@memo
def element(family: IndexedBase, position: tuple[Expr, ...]) -> Expr:
    """family[position]; sympy asks many questions to make one, so each is made once."""
    found: Expr = family[position]
    return found


class Reference(NamedTuple):
    """A place where an expression uses a family: its name and position; None for the family as a whole."""

    name: str
    position: tuple[Expr, ...] | None


@memo
def references(expr: Basic, own: tuple[Expr, ...] = ()) -> tuple[Reference, ...]:
    """Every use of a symbol or family in an expression, in the order of a walk; index arithmetic is left out.

    Where a sum binds one of the node's `own` letters, it gets another: in Sum(h[t], t) no h_t is that of the node.
    """
    if isinstance(expr, OfMatrix):
        return (Reference(name_of(expr.matrix), expr.read),)
    return tuple(map(_reference, quantities(apart(expr, [i for i in own if isinstance(i, Idx)]))))


def _reference(element: Expr) -> Reference:
    whole = isinstance(element, IndexedBase)
    return Reference(name_of(element), None if whole else getattr(element, "indices", ()))


NOTHING = Node("no loss", "loss", Symbol("no loss"))  # the loss of a model without one: computed from no node
VALUES = Node("values only", "loss", Symbol("values only"))  # the same, where an author asks for values alone


@dataclass(frozen=True, eq=False)
class Model:
    """The whole: its title, nodes by name in the order of definition, the loss, the sizes and the declared indices.

    `given` is the model as the author wrote it, where pre-activations were named since; `stated` the model with its
    expectations, where their values were put in since. `words` are
    those by which the author wrote formulas. A model without a loss, whose recurrences are solved and nothing
    is differentiated, has the loss NOTHING, which is none of its nodes, and VALUES where its author asks for values
    alone. Models are compared by identity: `model_of` gives the same object for equal ones while it remembers it, which
    saves deriving again what follows from it.
    """

    title: str
    nodes: Mapping[str, Node]
    loss: Node
    sizes: tuple[Symbol, ...] = ()
    indices: tuple[Idx, ...] = ()
    given: Model | None = None
    stated: Model | None = None
    words: tuple[Said, ...] = ()

    @property
    def has_loss(self) -> bool:
        """Is there something to differentiate?"""
        return self.loss is not NOTHING and self.loss is not VALUES

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """The words of the author, also in the names that parts got since; longer formulas first."""
        found = dict.fromkeys(w for m in (self, self.stated, self.given) if m is not None for w in m.words)
        return distinct(found)

    def uses(self, case: Case) -> tuple[Reference, ...]:
        """The families one case is computed from (sizes left out)."""
        return tuple(r for r in references(case.expr, case.position) if r.name in self.nodes)

    def of_kind(self, *kinds: str) -> tuple[Node, ...]:
        """The nodes of the kinds named, in the order of definition."""
        return tuple(n for n in self.nodes.values() if n.kind in kinds)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names as an author orders them in a formula: parameters first, then everything as it was defined."""
        parameters = [n.name for n in self.of_kind("parameter")]
        return tuple(dict.fromkeys([*parameters, *self.nodes]))

    @cached_property
    def letters(self) -> Letters:
        """What is printed for index letters that are names of the model."""
        return lettered([self])

    def used(self, name: str) -> tuple[str, ...]:
        """The names of the families that the family `name` is computed from."""
        return tuple(use.name for case in self.nodes.get(name, NOTHING).cases for use in self.uses(case))

    def users(self, name: str) -> tuple[Node, ...]:
        """The nodes that are computed from the family `name`, in the order of definition."""
        return self._used_by.get(name, ())

    @cached_property
    def _used_by(self) -> Mapping[str, tuple[Node, ...]]:
        found: dict[str, dict[str, Node]] = {}
        for node in self.nodes.values():
            for name in self.used(node.name):
                found.setdefault(name, {})[node.name] = node
        return {name: tuple(nodes.values()) for name, nodes in found.items()}


def lettered(models: Sequence[Model]) -> Letters:
    """What is printed for index letters that are names or sizes of one of the models."""
    names = {name for m in models for name in (*m.nodes, *map(name_of, m.sizes))}
    return lettering(names, {name_of(i) for m in models for i in m.indices})


@memo
def model_of(
    title: str,
    nodes: tuple[Node, ...],
    loss: str,
    sizes: tuple[Symbol, ...] = (),
    indices: tuple[Idx, ...] = (),
    given: Model | None = None,
    stated: Model | None = None,
    words: tuple[Said, ...] = (),
) -> Model:
    """The model of these nodes, in the order of their definition; `loss` is the name of one of them, or of NOTHING."""
    by_name = {node.name: node for node in nodes}
    none = VALUES if loss == VALUES.name else NOTHING
    return Model(title, by_name, by_name.get(loss, none), sizes, indices, given, stated, words)
