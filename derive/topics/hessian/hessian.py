"""The second derivative of a scalar loss, by the same chain rule applied again.

The derived adjoints are quantities like any other (`adjoint_laws`), and the Hessian is the Jacobian of the gradient:
the sum over the paths from a parameter to dL/dw. Through a recurrence there is a path for every pair of steps; there
the derivatives with respect to one parameter are carried through time instead (`tangents`), and so they are for the
product of the Hessian with a direction, which needs no matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sympy import Expr, Idx, Integer, KroneckerDelta

from derive.chain.derivation import Derivation, Line, Step, Term
from derive.chain.rule import extent
from derive.display import shown
from derive.errors import ModelError
from derive.expressions.indices import apart, family, fresh
from derive.expressions.intervals import inside
from derive.expressions.symbols import Partial
from derive.expressions.traverse import free_indices
from derive.language import Text
from derive.model.model import Model, Node, element
from derive.model.reachability import downstream
from derive.topics.hessian.adjoint_laws import Law, Laws, adjoint_laws, read, through_time, value_laws
from derive.topics.hessian.square import Square
from derive.topics.hessian.tangents import Along, Seed, influences, tangents
from derive.topics.jacobian.in_matrices import InMatrices, in_matrices
from derive.topics.jacobian.jacobian import MOST
from derive.topics.jacobian.lines import NO_PATH, developed, products
from derive.topics.jacobian.paths import Entry, Walk

if TYPE_CHECKING:
    from derive.check.report import Report


CARRIED = Text("product rule inside the sum", "在求和号内用乘法法则")


class Block(NamedTuple):
    """One block d^2 L / d w_j d u_k: its paths, the lines to the final form, a sum of products, and its matrix form.

    Through a recurrence there are no `paths`, and the one line is made of derivatives that are carried through time.
    """

    of: Node
    wrt: Node
    entry: Entry
    lines: tuple[Line, ...]
    products: tuple[Term, ...] = ()
    form: InMatrices | None = None

    @property
    def indices(self) -> tuple[Expr, ...]:
        """The indices of the rows, then those of the columns."""
        return tuple(i for e in (self.entry.of.args[1], self.entry.wrt) for i in getattr(e, "indices", ()))

    @property
    def matrix(self) -> Expr | None:
        """The matrix form, where there is one."""
        return self.form.matrix if self.form is not None else None

    @property
    def symbol(self) -> Expr:
        """The second derivative, as it is written."""
        return Partial(self.entry.of, self.entry.wrt)

    @property
    def value(self) -> Expr:
        """The final form."""
        return self.lines[-1].expr


class Hessian(NamedTuple):
    """The Hessian of the loss: the gradients that were differentiated again, every block, and H v.

    `directions` are the elements of v, one family for each of `wrt`; the last of `along` are the elements of H v.
    Through a recurrence `carried` has, for each of `wrt`, the derivatives with respect to it that the blocks need.
    The sum of `squares`, where there are any, is v^T H v: the Hessian is positive semidefinite.
    """

    model: Model
    wrt: tuple[Node, ...]
    gradients: tuple[Law, ...]
    blocks: tuple[tuple[Block, ...], ...]
    directions: tuple[Expr, ...]
    along: tuple[Along, ...]
    carried: tuple[tuple[Along, ...], ...] = ()
    squares: tuple[Square, ...] = ()
    report: Report | None = None

    def _repr_markdown_(self) -> str:
        return shown(self)

    def direction(self, w: Node, position: tuple[Expr, ...]) -> Expr:
        """Return the element of v that belongs to an element of a parameter."""
        found = self.directions[self.wrt.index(w)]
        return element(found.base, position) if w.indices else found


def hessian(d: Derivation, steps: Sequence[Step], names: Sequence[str]) -> Hessian:
    """Derive the Hessian with respect to the families `names`, whose gradients `steps` derives.

    Errors: ModelError where the loss is abstract or out of reach.
    """
    _differentiable(d, names)
    wrt = tuple(d.model.nodes[n] for n in names)
    values = value_laws(d.model, wrt)
    first = Walk({n.name: n for n in d.model.nodes.values() if not n.is_leaf or n in wrt}, {}, d.model.indices)
    wanted = [f"adjoint {w.name}" for w in wrt]
    laws = read(values | adjoint_laws(d, first, steps), wanted, d.loss)
    directions = {w.name: _direction(w, d.model, len(wrt) == 1) for w in wrt}
    along = tangents(laws, wanted, Seed(d.model, directions))
    needed = influences(laws, wanted)
    gradients = tuple(law for n, own in laws.items() if n in needed and n not in values for law in own)
    found = Hessian(d.model, wrt, gradients, (), tuple(n.generic for n in directions.values()), along)
    if through_time(d):
        carried = tuple(tangents(laws, wanted, seed(d, laws, u)) for u in wrt)
        blocks = [[_carried(d, w, u, one) for u, one in zip(wrt, carried, strict=True)] for w in wrt]
        return found._replace(blocks=tuple(map(tuple, blocks)), carried=carried)
    walk = Walk({**first.laws} | {n: own[0].node for n, own in laws.items()}, {}, d.model.indices)
    blocks = [[_block(walk, laws[n][0].node, w, u, d.model) for u in wrt] for n, w in zip(wanted, wrt, strict=True)]
    return found._replace(blocks=tuple(map(tuple, blocks)))


def _differentiable(d: Derivation, names: Sequence[str]) -> None:
    for name in (n for n in names if n not in d.adjoints):
        raise ModelError(f"there is no path from {name} to {d.loss}, so its second derivative is zero")
    for a, b in ((a, b) for a in names for b in names if a != b and b in downstream(d.model, a)):
        raise ModelError(f"{b} is computed from {a}: ask for the Hessian with respect to one of them")
    for node in (n for n in d.model.nodes.values() if n.abstract is not None):
        raise ModelError(f"{node.name} is abstract: its second derivative is not known")
    for node in (n for n in d.model.nodes.values() if n.implicit and n.name in d.adjoints):
        raise ModelError(f"{node.name} is a fixed point: second derivatives through it are not derived")
    for name in (n for s in d.stages if s.time for n in s.families if n in names):
        raise ModelError(f"{name} is a state of a recurrence, computed from itself: ask for the Hessian in parameters")


def _block(walk: Walk, adjoint: Node, a: Node, b: Node, model: Model) -> Block:
    entry = walk.entry(adjoint, b, walk.other(b, a.indices))
    if len(entry.paths) > MOST:
        raise ModelError(f"{len(entry.paths)} paths lead from {b.name} to dL/d{a.name}; choose a smaller model")
    found = Block(a, b, entry, developed(entry, model), products(entry, model))
    _closed(found)
    form = in_matrices(model, a.generic, entry.wrt, found.lines)
    if form is not None:
        above, below = form.whole.args
        form = form._replace(whole=Partial(Partial(entry.of.args[0], above), below))
    return found._replace(form=form)


def _closed(block: Block) -> None:
    """Errors: ModelError where a line has letters that are not those of its element, as ends of a range may be."""
    own = {*block.of.indices, *getattr(block.entry.wrt, "indices", ())}
    left = {i for line in block.lines for i in free_indices(line.expr)} - own
    if left:
        letters = ", ".join(sorted(i.name for i in left))
        raise ModelError(
            f"the second derivative by {block.of.name} and {block.wrt.name} is not derived: a range in it ends at an "
            f"index of its own ({letters}); choose other parameters"
        )


def seed(d: Derivation, laws: Laws, w: Node) -> Seed:
    """Choose one element of a parameter, at indices that no law uses."""
    all_laws = [law for own in laws.values() for law in own]
    taken = {i for law in all_laws for e in (law.expr, law.target, *law.node.indices) for i in e.atoms(Idx)}
    own: list[Idx] = []
    for idx in w.indices:
        own.append(fresh(idx, {*taken, *own}))
    return Seed(d.model, {w.name: w}, w, tuple(own))


def _carried(d: Derivation, a: Node, b: Node, carried: Sequence[Along]) -> Block:
    """Make a block through time: the derivative of a parameter's adjoint, which is carried like any other."""
    laws = [m for m in carried if m.node.name == f"adjoint {a.name}"]
    terms = tuple(_where_it_holds(term, m.law, a) for m in laws for term in m.terms if 0 not in term.factors)
    line = Line(terms or (Term((Integer(0),)),), CARRIED if laws else NO_PATH)
    own = laws[-1].own if laws else tuple(fresh(i, a.indices) for i in b.indices)
    return Block(a, b, Entry(Partial(d.loss, a.generic), b.at(*own), ()), (line,))


def _where_it_holds(term: Term, law: Law, a: Node) -> Term:
    """A term of the law of some elements only, for all: times a delta, or a condition, where it is 0 elsewhere."""
    marks: list[Expr] = []
    for idx, place, own, whole in zip(a.indices, law.position, law.ranges, extent(a), strict=True):
        if place != idx:
            marks.append(KroneckerDelta(idx, place))
        elif own != whole:
            marks.append(inside(idx, *own))
    return Term((*marks, apart(term.expr, a.indices))) if marks else term


def _direction(w: Node, model: Model, alone: bool) -> Node:
    """Make the part of v that belongs to one parameter, under a name that the model does not have."""
    names = [f"{letter}{'' if alone else '_' + w.name}" for letter in ("v", "q", "u", "r", "s")]
    name = next(n for n in names if n not in model.nodes)
    symbol = family(name) if w.indices else type(w.symbol)(name, real=True)
    return Node(name, "input", symbol, w.indices)
