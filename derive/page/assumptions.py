"""What a leaf or a random quantity is declared to be, and what the sizes of a model have to be."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from sympy import Eq, Expr

from derive.chain.facts import declared
from derive.expressions.indices import fresh
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.moments import Covariance, Expectation, Law, Variance
from derive.language import Text
from derive.model.model import Model, Node, Whole
from derive.model.sizes import needs
from derive.page import sentences as say


def assumed(leaf: Node) -> Iterator[Text]:
    """What is declared of the values of a leaf."""
    if leaf.domain == "binary" and leaf.sums_to is not None:
        yield say.ONE_HOT(name=leaf.generic, idx=leaf.indices[-1])
        return
    if isinstance(leaf.domain, Whole):
        yield say.POSITIONS(name=leaf.generic, most=leaf.domain.most)
    elif isinstance(leaf.domain, tuple):
        yield _interval(leaf.generic, *leaf.domain)
    elif leaf.domain in say.DOMAINS:
        yield say.DOMAINS[leaf.domain](name=leaf.generic)
    yield from (fact.reason for fact in declared(leaf))
    if leaf.structure:
        yield say.STRUCTURES[leaf.structure](name=leaf.matrix)
    if leaf.law is not None:
        yield from _law(leaf, leaf.law)


def _interval(name: Expr, low: Expr, high: Expr) -> Text:
    if high.is_infinite:
        return say.ABOVE(name=name, low=low)
    return say.BELOW(name=name, high=high) if low.is_infinite else say.WITHIN(name=name, low=low, high=high)


def together(found: Iterable[Text]) -> Iterator[Text]:
    """What is assumed, with the quantities of which the same is assumed in one clause, where the first of them was."""
    groups: dict[Hashable, list[Text]] = {}
    for n, text in enumerate(found):
        groups.setdefault(text.en if text.en in say.SEVERAL else n, []).append(text)
    for first, *others in groups.values():
        names = [text.values["name"] for text in (first, *others)] if others else []
        yield say.SEVERAL[first.en](name=names) if others else first


def needed(model: Model) -> Iterator[Text]:
    """What is supposed of the sizes besides that they are at least 1."""
    yield from (say.MOMENT(equation=need.relation) for need in needs(model))


def invertible(model: Model) -> Iterator[Text]:
    """The matrices that have to be invertible, for an inverse or the slope of a determinant, where none is declared so.

    Those that are positive definite or orthogonal are.
    """
    found: dict[Expr, None] = {}
    for function in (node.cases[0].expr for node in model.nodes.values() if node.cases):
        if not isinstance(function, OfMatrix) or function.row.name not in ("inverse", "det", "logdet"):
            continue
        if not function.positive and model.nodes[function.matrix.name].structure != "orthogonal":
            found[function.matrix[function.batch] if function.batch else function.matrix] = None
    yield from (say.INVERTIBLE(name=matrix) for matrix in found)


def _law(leaf: Node, law: Law) -> Iterator[Text]:
    """The law of a random leaf: normal or not, its moments, and whether it is independent."""
    if law.normal:
        jointly = law.covariance is not None
        yield say.JOINTLY_NORMAL(name=leaf.generic, idx=leaf.indices[-1]) if jointly else say.NORMAL(name=leaf.generic)
    for symbol, value in ((Expectation(leaf.generic), law.mean), (Variance(leaf.generic), law.variance)):
        if value is not None:
            yield say.MOMENT(equation=Eq(symbol, value, evaluate=False))
    if law.covariance is not None:
        (*_, last) = leaf.indices
        other = fresh(last, set(leaf.indices))
        symbol = Covariance(leaf.generic, leaf.at(*leaf.indices[:-1], other))
        yield say.MOMENT(equation=Eq(symbol, law.covariance[last, other], evaluate=False))
    if law.independent:
        yield (say.INDEPENDENT if leaf.indices else say.INDEPENDENT_ONE)(name=leaf.generic)
