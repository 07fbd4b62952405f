"""Paths from one quantity to another, and the product of the local partials along each.

    d a[i] / d b[j]  =  sum over the paths from b[j] to a[i], of the product of the local partials

The local partials are those of the chain rule (`derive.chain.partials`). Where the path ends, d b[m] / d b[j] is the
Kronecker delta: it kills the sums that it decides, as in a contraction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sympy import Add, Expr, Idx, Integer, KroneckerDelta, Mul

from derive.chain.derivation import Term, product
from derive.chain.partials import Occurrence, local_partials
from derive.expressions.contraction import delta_solutions
from derive.expressions.indices import Limits, apart, fresh, name_of, substitute, sum_over
from derive.expressions.intervals import covers, image, inside
from derive.expressions.traverse import mentioned
from derive.language import Text
from derive.model.model import Node
from derive.model.reachability import reach


class Link(NamedTuple):
    """One local partial on a path: the element that is differentiated, the value of the partial, its rules."""

    user: Expr
    node: Node
    value: Expr
    rules: tuple[Text, ...] = ()


class Path(NamedTuple):
    """One path from b[j] to a[i]: its local partials, a[i] first, and the sums over indices in between.

    `open` is the product before its delta was used.
    """

    links: tuple[Link, ...]
    sums: tuple[Limits, ...] = ()
    delta: Expr = Integer(1)  # 1 where the indices agree that must, and are in range
    open: Term | None = None

    @property
    def value(self) -> Expr:
        """The product of the local partials."""
        return sum_over(Mul(*(link.value for link in self.links), self.delta), self.sums)

    @property
    def term(self) -> Term:
        """The same product as a term, factor by factor."""
        return product((*(k.value for k in self.links), self.delta), self.sums)

    @property
    def direct(self) -> bool:
        """True if the path leads straight from the one to the other."""
        return len(self.links) == 1


class Entry(NamedTuple):
    """One block of a Jacobian: d `of` / d `wrt` and its paths; no path means zero."""

    of: Expr
    wrt: Expr
    paths: tuple[Path, ...]

    @property
    def value(self) -> Expr:
        """The sum over the paths."""
        return Add(*(p.value for p in self.paths))


class Walk:
    """Follows the local partials from a quantity back to another.

    `laws` are the families by name. The families in `time` belong to one recurrence, and `time` gives the axis of their
    time: what the recurrence reads of earlier steps is held fixed. Sums take their indices from `preferred` first.
    """

    def __init__(self, laws: Mapping[str, Node], time: Mapping[str, int], preferred: Sequence[Idx]):
        self.laws, self.time, self.preferred = laws, time, preferred

    def entry(self, a: Node, b: Node, own: Sequence[Expr], earlier: bool = False) -> Entry:
        """Return d a / d b[own], shorter paths first; with `earlier` b is that of an earlier step of the recurrence."""
        trail = Trail((), (), (*a.indices, *(i for i in own if isinstance(i, Idx))))
        paths = self._paths(a, a.indices, trail, _End(b.name, tuple(own), earlier, self.leading(b.name)))
        return Entry(a.generic, b.at(*own), tuple(sorted(paths, key=lambda p: len(p.links))))

    def other(self, b: Node, taken: Sequence[Idx], given: Mapping[int, Expr] | None = None) -> tuple[Expr, ...]:
        """Choose a position in b, at indices that are not taken; `given` has the places on some axes."""
        own: list[Expr] = []
        for axis, idx in enumerate(b.indices):
            used = (*taken, *(i for i in own if isinstance(i, Idx)))
            own.append((given or {}).get(axis, self.apart(idx, used)))
        return tuple(own)

    def apart(self, idx: Idx, taken: Sequence[Idx]) -> Idx:
        """Return the index if it belongs to the model and is not taken, else another one over the same range."""
        own = idx in self.preferred and name_of(idx) not in map(name_of, taken)
        return idx if own else fresh(idx, taken, self.preferred)

    def leading(self, name: str) -> frozenset[str]:
        """Return the families that a family influences, itself included."""
        return reach([name], lambda n: (user for user, node in self.laws.items() if n in self.uses(node)))

    def uses(self, node: Node) -> frozenset[str]:
        """Return the names that occur in the law of a family."""
        return mentioned(node.cases[0].expr) if node.cases else frozenset()

    def lag(self, position: Sequence[Expr] | None, node: Node, name: str, at: Sequence[Expr] | None = None) -> int:
        """Return how many steps before the node's own time a family is read."""
        if name not in self.time or node.name not in self.time:
            return 0
        assert position is not None
        return abs(int(position[self.time[name]] - (node.indices if at is None else at)[self.time[node.name]]))

    def _paths(self, node: Node, at: Sequence[Expr], trail: Trail, end: _End) -> Iterator[Path]:
        """Yield the paths that go on from the element of `node` at a position to the end."""
        for name in (n for n in self.laws if n in end.leading and n in self.uses(node)):
            for use in self._occurrences(node, name, at, trail.indices):
                if use.factors[0] == 0:  # such as the slope of a step
                    continue
                lag = self.lag(use.position, node, name, at)
                further = trail.on(Link(node.at(*at), node, use.factors[0], use.rules), use.sums)
                if name == end.name and (lag > 0) == end.earlier:
                    yield further.ended(use.position, end.own)
                elif lag == 0:
                    yield from self._paths(self.laws[name], use.position, further, end)

    def _occurrences(self, node: Node, name: str, at: Sequence[Expr], taken: Sequence[Idx]) -> Iterator[Occurrence]:
        """Yield the uses of a family in the law of a node, at one element of it; sums avoid the indices in `taken`."""
        for use in local_partials(node.cases[0].expr, name, node.generic):
            place: dict[Expr, Expr] = dict(zip(node.indices, at, strict=True))
            letters: list[Idx] = []
            for idx, *_ in use.sums:  # all of them first: an inner sum ends at the letter of an outer one
                letters.append(self.apart(idx, (*taken, *letters)))
            place |= zip((idx for idx, *_ in use.sums), letters, strict=True)
            ends = ((substitute(low, place), substitute(high, place)) for _, low, high in use.sums)
            sums = [(new, *pair) for new, pair in zip(letters, ends, strict=True)]
            position, factors = (tuple(substitute(e, place) for e in part) for part in (use.position, use.factors))
            yield use._replace(position=position, factors=factors, sums=tuple(sums))


def nested(sums: Sequence[Limits]) -> tuple[Limits, ...]:
    """The sums with inner ones first: one that ends at the letter of another stands inside of that."""
    left, found = list(sums), []
    while left:
        inner = next(s for s in left if not any(s[0] in e.free_symbols for other in left for e in other[1:]))
        left.remove(inner)
        found.append(inner)
    return tuple(found)


class _End(NamedTuple):
    """Where the paths end: the family, its element, whether in an earlier step, and what the family influences."""

    name: str
    own: tuple[Expr, ...]
    earlier: bool
    leading: frozenset[str]


class Trail(NamedTuple):
    """The path so far: its local partials, the open sums, and the indices in use."""

    links: tuple[Link, ...]
    sums: tuple[Limits, ...]
    indices: tuple[Idx, ...]

    def apart(self, value: Expr) -> Expr:
        """Return a local partial in which no inner sum binds a letter that stands free on this path."""
        return apart(value, self.indices)

    def on(self, link: Link, sums: tuple[Limits, ...]) -> Trail:
        """Return the path with one more link."""
        return Trail((*self.links, link), nested((*self.sums, *sums)), (*self.indices, *(s[0] for s in sums)))

    def ended(self, position: Sequence[Expr], own: Sequence[Expr]) -> Path:
        """End the path: set `position` equal to the element `own`, and remove the sums that this decides."""
        known: dict[Expr, Expr] = {}
        delta: Expr = Integer(1)
        for place, target in zip(position, own, strict=True):
            place, open_ = substitute(place, known), (s for s in self.sums if s[0] not in known)
            decided = next(delta_solutions(place, target, open_), None)
            if decided is not None:
                known = {idx: substitute(at, dict([decided])) for idx, at in known.items()} | dict([decided])
            else:
                delta *= KroneckerDelta(place, target)
        ranges = {i: (i.lower, i.upper) for i in self.indices}
        for idx, low, high in (s for s in self.sums if s[0] in known):
            ends = substitute(low, known), substitute(high, known)
            if not covers(ends, image(known[idx], ranges)):
                delta *= inside(known[idx], *ends)  # the sum does not reach every element
        links = tuple(
            k._replace(user=substitute(k.user, known), value=substitute(self.apart(k.value), known)) for k in self.links
        )
        left = (s for s in self.sums if s[0] not in known)
        sums = nested(tuple((idx, substitute(low, known), substitute(high, known)) for idx, low, high in left))
        return Path(links, sums, delta, self.opened(position, own))

    def opened(self, position: Sequence[Expr], own: Sequence[Expr]) -> Term:
        """Return the product of the local partials and of the deltas before these are used."""
        deltas = (KroneckerDelta(p, o) for p, o in zip(position, own, strict=True))
        return product((*(self.apart(k.value) for k in self.links), *deltas), self.sums)
