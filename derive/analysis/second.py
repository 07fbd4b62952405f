"""The second derivative of a scalar loss, by the same chain rule applied again.

The derived adjoints are quantities like any other: dL/dw_j = sum_n (a_n - y_n) x_nj is computed from a, and the Hessian
is the Jacobian of the gradient. Its product with a direction v needs no matrix: D_v u is the derivative of u along v,
and follows the same local partials from the front (Pearlmutter, Fast exact multiplication by the Hessian, 1994).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sympy import Add, Expr, Integer, Mul, Symbol

from derive.algebra import weight
from derive.analysis.between import MOST, laws
from derive.analysis.in_matrices import in_matrices
from derive.analysis.naming import Laws, named
from derive.analysis.textbook import developed, letters, products
from derive.analysis.walk import Entry, Walk
from derive.chain import extent
from derive.derivation import Derivation, Line, Step, Term
from derive.display import shown
from derive.errors import ModelError
from derive.indices import family
from derive.intervals import inside
from derive.language import Text
from derive.model import Case, Model, Node, element
from derive.partials import Occurrence, Partial, Tangent, occurrences
from derive.paths import downstream

if TYPE_CHECKING:
    from derive.analysis.definite import Square
    from derive.verification.report import Report


FIRST = Text("by the chain rule", "由链式法则")


class AdjointNode(Node):
    """The adjoints of a family as quantities that are computed: `symbol` is dL/dz, `at(n)` is dL/dz_n."""

    def at(self, *position: Expr) -> Expr:
        """The adjoint of an element."""
        of, wrt = self.symbol.args
        return Partial(of, element(wrt, position) if self.indices else wrt)


class Block(NamedTuple):
    """d^2 L / d w_j d u_k: its paths, the chain of equalities to the final form, a sum of products, its matrix form."""

    of: Node
    wrt: Node
    entry: Entry
    lines: tuple[Line, ...]
    products: tuple[Term, ...]
    matrix: Expr | None = None

    @property
    def letters(self) -> tuple[Expr, ...]:
        """The indices of the rows, then those of the columns."""
        return tuple(i for e in (self.entry.of.args[1], self.entry.wrt) for i in getattr(e, "indices", ()))

    @property
    def whole(self) -> Expr:
        """The second derivative without indices."""
        return Partial(Partial(self.entry.of.args[0], self.of.symbol), self.wrt.symbol)

    @property
    def symbol(self) -> Expr:
        """The second derivative, as it is written."""
        return Partial(self.entry.of, self.entry.wrt)

    @property
    def value(self) -> Expr:
        """The final form."""
        return self.lines[-1].expr


class Along(NamedTuple):
    """D_v u for one family: as it is written, and the same in families "along u" that can be computed."""

    node: Node
    target: Expr
    terms: tuple[Term, ...]
    computed: Expr
    rules: tuple[Text, ...]


class Hessian(NamedTuple):
    """The Hessian of the loss: the gradients that were differentiated again, every block, and H v.

    `directions` are the elements of v, one family for each of `wrt`; the last of `along` are the elements of H v.
    The sum of `squares`, where there are any, is v^T H v: the Hessian is positive semidefinite.
    """

    model: Model
    wrt: tuple[Node, ...]
    gradients: tuple[tuple[Expr, tuple[Line, ...]], ...]
    blocks: tuple[tuple[Block, ...], ...]
    directions: tuple[Expr, ...]
    along: tuple[Along, ...]
    squares: tuple[Square, ...] = ()
    report: Report | None = None

    def _repr_markdown_(self) -> str:
        return shown(self)

    def direction(self, w: Node, position: tuple[Expr, ...]) -> Expr:
        """The element of v that belongs to an element of a parameter."""
        found = self.directions[self.wrt.index(w)]
        return element(found.base, position) if w.indices else found


def hessian(d: Derivation, steps: Sequence[Step], names: Sequence[str]) -> Hessian:
    """The Hessian with respect to the families `names`, whose gradients `steps` derives.

    Errors: ModelError where the loss is abstract or out of reach, or where a recurrence lies in between.
    """
    _differentiable(d, names)
    wrt = tuple(d.model.nodes[n] for n in names)
    known = {n.name: n for n in d.model.nodes.values() if not n.is_leaf or n in wrt}
    first = Walk(known, {}, d.model.indices)
    found = {f"adjoint {n}": _adjoint(d, first, a.node, steps) for n, a in d.adjoints.items()}
    walk = Walk(known | {n: node for n, (node, _) in found.items()}, {}, d.model.indices)
    wanted = [f"adjoint {w.name}" for w in wrt]
    blocks = tuple(
        tuple(_block(walk, found[n][0], a, b, d.model) for b in wrt) for n, a in zip(wanted, wrt, strict=True)
    )
    needed = _needed(walk, wanted)
    gradients = tuple((node.generic, lines) for n, (node, lines) in found.items() if n in needed)
    directions = {w.name: _direction(w, d.model, len(wrt) == 1) for w in wrt}
    along = tuple(_along(walk, directions, wanted, laws(d.model)))
    return Hessian(d.model, wrt, gradients, blocks, tuple(n.generic for n in directions.values()), along)


def _differentiable(d: Derivation, names: Sequence[str]) -> None:
    for name in (n for n in names if n not in d.adjoints):
        raise ModelError(f"there is no path from {name} to {d.loss}, so its second derivative is zero")
    for a, b in ((a, b) for a in names for b in names if a != b and b in downstream(d.model, d.model.nodes[a])):
        raise ModelError(f"{b} is computed from {a}: ask for the Hessian with respect to one of them")
    for node in (n for n in d.model.nodes.values() if n.abstract is not None):
        raise ModelError(f"{node.name} is abstract: its second derivative is not known")
    for stage in (s for s in d.stages if s.time and d.reaching & set(s.families)):
        raise ModelError(
            f"the Hessian through the recurrence of {stage.families[0]} has a path for every pair of steps; "
            "it is not derived"
        )


def _adjoint(d: Derivation, walk: Walk, node: Node, steps: Sequence[Step]) -> tuple[AdjointNode, tuple[Line, ...]]:
    """The adjoint of a family in its shorter form: that of its step, or that of all paths together; and its lines."""
    own = [s for s in steps if s.node is node]
    lines: tuple[Line, ...] = (Line((Term((_contributions(d, node),)),), FIRST),)
    if len(own) == 1 and own[0].region.ranges == extent(node):
        lines = (own[0].lines[-1]._replace(reason=FIRST),)
    entry = walk.entry(d.model.loss, node, walk.other(node, ()))
    if len(entry.paths) <= MOST:
        paths = developed(entry, laws(d.model))
        lines = paths if weight(paths[-1].expr) < weight(lines[-1].expr) else lines
    made = Partial(d.loss, node.symbol)
    return AdjointNode(f"adjoint {node.name}", "node", made, node.indices, (Case(node.indices, lines[-1].expr),)), lines


def _contributions(d: Derivation, node: Node) -> Expr:
    """The chain rule, each contribution in its range."""
    parts = []
    for use in d.adjoints[node.name].uses:
        ranges = zip(node.indices, use.domain, extent(node), strict=True)
        parts.append(Mul(use.value(d.loss), *(inside(i, *part) for i, part, whole in ranges if part != whole)))
    return Add(*parts)


def _block(walk: Walk, adjoint: Node, a: Node, b: Node, model: Model) -> Block:
    entry = walk.entry(adjoint, b, walk.other(b, a.indices))
    if len(entry.paths) > MOST:
        raise ModelError(f"{len(entry.paths)} paths lead from {b.name} to dL/d{a.name}; choose a smaller model")
    found = Block(a, b, entry, developed(entry, laws(model)), products(entry, laws(model)))
    return found._replace(matrix=in_matrices(model, a, b, found.letters, found.lines))


# along a direction


def _direction(w: Node, model: Model, alone: bool) -> Node:
    """The part of v that belongs to one parameter, with a name that the model does not have."""
    names = [f"{letter}{'' if alone else '_' + w.name}" for letter in ("v", "q", "u", "r", "s")]
    name = next(n for n in names if n not in model.nodes)
    symbol = family(name) if w.indices else type(w.symbol)(name, real=True)
    return Node(name, "input", symbol, w.indices)


def _along(walk: Walk, directions: Mapping[str, Node], wanted: Sequence[str], names: Laws) -> Iterator[Along]:
    """Every family between the parameters and the gradients, in the order of computation."""
    moving = frozenset().union(*(walk.leading(n) for n in directions))
    needed = _needed(walk, wanted)
    for name, node in walk.laws.items():
        if name in moving and name in needed and name not in directions:
            yield _tangent(walk, node, moving, directions, names)


def _needed(walk: Walk, wanted: Sequence[str]) -> set[str]:
    """The families that the wanted ones are computed from, themselves included."""
    found, waiting = set(wanted), list(wanted)
    while waiting:
        new = {n for n in walk.uses(walk.laws[waiting.pop()]) if n in walk.laws} - found
        found |= new
        waiting += new
    return found


def _tangent(walk: Walk, node: Node, moving: frozenset[str], directions: Mapping[str, Node], names: Laws) -> Along:
    """D_v u: the local partials, each times the derivative along v of what it belongs to."""
    uses = [
        (name, use)
        for name in walk.laws
        if name in moving and name in walk.uses(node)
        for use in occurrences(node.cases[0].expr, name, node.generic)
        if 0 not in use.factors
    ]
    uses = [(n, u._replace(factors=named(u.factors, names, letters([Term(u.factors, u.sums)]))[0])) for n, u in uses]

    def written(name: str, use: Occurrence) -> Expr:
        return directions[name].at(*use.position) if name in directions else Tangent(walk.laws[name].at(*use.position))

    def computed(name: str, use: Occurrence) -> Expr:
        if name in directions:
            return directions[name].at(*use.position)
        known = f"along {name}"
        return element(family(known), use.position) if use.position else Symbol(known, real=True)

    rules = {r.pick("en"): r for _, u in uses for r in u.rules}
    return Along(
        node,
        Tangent(node.generic),
        _terms(uses, written) or (Term((Integer(0),)),),
        Add(*(t.expr for t in _terms(uses, computed))),
        tuple(rules.values()),
    )


def _terms(uses: Sequence[tuple[str, Occurrence]], moved: Callable[[str, Occurrence], Expr]) -> tuple[Term, ...]:
    """One product for each use."""
    return tuple(Term((*(f for f in u.factors if f != 1), moved(n, u)), u.sums) for n, u in uses)
