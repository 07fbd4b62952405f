"""From an expression in index notation to matrices: every part is read with the indices of its rows and columns.

A part with the indices (r, c) is the matrix whose entry at r, c it is. Sums of products become matrix products in
`derive.topics.matrix_form.contract`; here are the names, the sums of terms and the functions of entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sympy import Add, Expr, Idx, Indexed, IndexedBase, Integer, KroneckerDelta, Mul, Piecewise, Pow, Sum, Symbol

from derive.errors import NoMatrixForm
from derive.expressions.blocks import Block, Place, in_blocks, pair
from derive.expressions.extremes import Extreme
from derive.expressions.functions import row_or_extremum
from derive.expressions.indices import (
    BINDERS,
    Limits,
    apart,
    fresh,
    index,
    is_position,
    limits,
    name_of,
    substitute,
    through,
)
from derive.expressions.matrices import (
    HOLE,
    DiagonalOf,
    Eye,
    Kron,
    Lower,
    Power,
    Symmetric,
    Unit,
    Unvec,
    Whole,
    size,
    summed,
)
from derive.expressions.matrix_functions import OfMatrix, Written
from derive.expressions.symbols import Partial
from derive.expressions.traverse import elements
from derive.language import Text
from derive.model.model import Node
from derive.topics.matrix_form.blocks import block, stacked, together
from derive.topics.matrix_form.cases import Cut, boxes, chosen, cuts
from derive.topics.matrix_form.contract import Part, contracted, joint, oriented
from derive.topics.matrix_form.roles import Roles, spans
from derive.topics.matrix_form.rules import entrywise, hadamard, plus, times, vec

CASES = Text("it is defined by cases", "它是分情形定义的")
PLACES = Text(
    "an index in it is shifted, takes steps larger than one, or covers only a part of its range",
    "其中有指标平移、按步长取值或只取部分范围",
)
PICKED = Text("a label or a position picks an entry", "其中由标签或位置选取元素")
NUMBER = Text("an index stands in it as a number", "其中指标本身作为数参与运算")
PRODUCT = Text("it contains a product over an index", "其中含有对指标的连乘")
EXTREME = Text("it contains a maximum or a minimum over an index", "其中含有对指标取最大值或最小值")


class Reader:
    """Reads one expression as the matrix with the rows and columns `indices`. Errors: NoMatrixForm.

    The adjoints of the families in `even` are symmetric.

    `nodes` are the families by name, and `roles` says which of their axes are rows and columns. `running` holds the
    indices along rows and columns that are free in what is being read: a letter may run under one sum and be a
    subscript under the next.
    """

    def __init__(self, nodes: Mapping[str, Node], roles: Roles, expr: Expr, indices: Sequence[Idx],
        even: frozenset[str] = frozenset(),
    ):  # fmt: skip
        self.nodes, self.roles, self.even = nodes, roles, even
        expr = apart(_own_ranges(expr), indices)
        self.expr, self.indices = expr, tuple(indices)
        self.running, self.parted = frozenset[Idx](), False
        self.empty = not indices and not any(self._leaf(e).indices for e in _leaves(expr))
        self.empty = self.empty or (isinstance(expr, OfMatrix) and expr.row.name != "inverse")
        self.running = self._free(expr).union(indices)

    def matrix(self) -> Expr:
        """The matrix whose entry at `indices` (rows, then columns) is the expression."""
        part = self.read(self.expr)
        if not part.indices <= set(self.indices):
            raise NoMatrixForm(PLACES)
        found = oriented(part, self.indices)
        return together(found) if self.parted else found

    def read(self, expr: Expr) -> Part:
        """A part of the expression as a matrix with its indices."""
        if expr.has(Block, Place) and not isinstance(expr, Add):
            return self._stacked(expr)
        if isinstance(expr, (Indexed, Partial)):
            return self._leaf(expr)
        if not (any(self._leaf(e).indices for e in _leaves(expr)) or isinstance(expr, OfMatrix) or self._deltas(expr)):
            if expr.free_symbols & self.running:
                raise NoMatrixForm(NUMBER)
            return Part(expr)
        if isinstance(expr, OfMatrix):
            return self._inverse(expr.matrix, expr.indices)
        if isinstance(expr, Add):
            return self._terms([self.read(a) for a in expr.args])
        if isinstance(expr, (Mul, Sum)):
            return self._product(expr)
        if isinstance(expr, KroneckerDelta):
            return self._delta(*expr.args)
        if isinstance(expr, Pow) and expr.exp.is_number:
            return self._power(expr)
        if row_or_extremum(expr) is not None:
            return self._function(expr)
        if isinstance(expr, BINDERS):
            raise NoMatrixForm(EXTREME if isinstance(expr, Extreme) else PRODUCT)
        if isinstance(expr, Piecewise):
            return self._cases(expr)
        raise NoMatrixForm(PLACES)

    def _cases(self, expr: Piecewise) -> Part:
        """What is defined by cases of the rows and columns, as a matrix of blocks."""
        conditions = frozenset[Idx]().union(*(c.atoms(Idx) for _, c in expr.args))
        own = tuple(i for i in sorted(self.running, key=str) if i in conditions or i in self._free(expr))
        parts = cuts(expr, own) if 0 < len(own) < 3 else None
        if not parts:
            raise NoMatrixForm(CASES)
        return Part(stacked([[self._box(expr, own, box) for box in row] for row in boxes(parts)]), *own)

    def _box(self, expr: Piecewise, own: Sequence[Idx], box: Sequence[Cut]) -> Expr:
        """The block of one box, of which each index is one of its own."""
        value, around = chosen(expr, own, box), self.running
        if value is None:
            raise NoMatrixForm(CASES)
        self.running = around - {*own} | {cut.idx for cut in box}
        found = oriented(self.read(value), tuple(cut.idx for cut in box))
        self.running = around
        return found

    def _leaf(self, expr: Expr) -> Part:
        """A family with its running indices: x_t for x[t, d]; the diagonal of a matrix if both are the same index."""
        element = expr.wrt if isinstance(expr, Partial) else expr
        if not isinstance(element, Indexed) or not self.roles.get(name_of(element), True):
            if expr.free_symbols & self.running:  # a row or a column elsewhere
                raise NoMatrixForm(PLACES)
            return Part(expr)
        if name_of(element) not in self.nodes:  # an inverse that stands in a derivative alone
            return self._inverse(element.base.matrix, element.indices)
        node, position = self.nodes[name_of(element)], list(element.indices)
        axes = self.roles[node.name]
        fixed = {s for a, place in enumerate(position) if a not in axes for s in place.free_symbols}
        if fixed & self.running:  # a row or a column elsewhere
            raise NoMatrixForm(PLACES)
        at = [a for a in axes if not isinstance(position[a], Idx) and not position[a].atoms(Idx, Indexed)]
        if at:
            return Part(expr) if len(at) == len(axes) else self._at(expr, node, at[0])
        if isinstance(element.base, Written) and expr is element and element.base.row.name == "inverse":
            return self._inverse(element.base.matrix, element.indices)
        running = [position[a] for a in axes]
        both = pair(running[0], map(limits, running[0].atoms(Idx))) if len(axes) == 1 else None
        if both is not None:
            block, place, length = both
            column = self._leaf(expr.xreplace({running[0]: node.indices[axes[0]]}))
            return Part(Unvec(column.matrix, length, size(block)), place, block)
        ends = [_along(position[a], node.indices[a]) for a in axes]
        running = [idx for idx, _ in ends]
        self.parted = self.parted or any(part for _, part in ends)
        own = [fresh(i, fixed | set(node.indices)) if (i := node.indices[a]) in fixed else i for a in axes]
        for axis, idx in zip(axes, own, strict=True):
            position[axis] = idx
        here = node.at(*position)
        even = node.symmetric if expr is element else node.name in self.even
        kind = Symmetric if even and [*axes] == [*range(len(position))][-2:] else Whole  # not across many matrices
        named = kind(expr.func(expr.of, here) if isinstance(expr, Partial) else here, *own)
        return _square_or_diagonal(named, ends)

    def _stacked(self, expr: Expr) -> Part:
        """What depends on an index by its block and its place alone: the columns of a matrix below each other."""
        product = self._kronecker(Mul.make_args(expr))
        if product is not None:
            return product
        (idx, length), *others = {part.args for part in expr.atoms(Block, Place)}
        alone = not others and idx in self.running and idx in expr.free_symbols
        new = in_blocks(limits(idx), length, {*expr.atoms(Idx), *self.running}) if alone else None
        if new is None:
            raise NoMatrixForm(PLACES)
        order = tuple(limit[0] for limit in new.limits)
        body, around = substitute(expr, {idx: new.value}), self.running
        self.running = around - {idx} | {*order}
        part = self.read(body)
        self.running = around
        if not part.indices <= {*order}:
            raise NoMatrixForm(PLACES)
        return Part(vec(oriented(part, order)), idx)

    def _kronecker(self, factors: Sequence[Expr]) -> Part | None:
        """A Kronecker product, of two factors that read the same indices by their blocks and by their places."""
        if len(factors) != 2 or not all(isinstance(f, Indexed) for f in factors):
            return None
        by_block = [f for f in factors if all(isinstance(p, Block) for p in f.indices)]
        by_place = [f for f in factors if all(isinstance(p, Place) for p in f.indices)]
        if len(by_block) != 1 or len(by_place) != 1:
            return None
        (first,), (last,) = by_block, by_place
        if [p.args for p in first.indices] != [p.args for p in last.indices]:
            return None
        own = [self._leaf(self.nodes[name_of(f)].generic) for f in (first, last)]
        if any(len(part.order) != len(first.indices) for part in own):
            return None
        return Part(Kron(*(part.matrix for part in own)), *(p.args[0] for p in first.indices))

    def _at(self, expr: Expr, node: Node, axis: int) -> Part:
        """A row or a column, at a number on this axis: A e_k."""
        element = expr.wrt if isinstance(expr, Partial) else expr
        own, place = fresh(node.indices[axis], expr.free_symbols), element.indices[axis]
        whole = node.at(*(own if a == axis else i for a, i in enumerate(element.indices)))
        part = self._leaf(expr.func(expr.of, whole) if isinstance(expr, Partial) else whole)
        (other,) = part.indices - {own}
        return Part(times(oriented(part, (other, own)), _unit(place, own)), other)

    def _inverse(self, matrix: IndexedBase, indices: tuple[Expr, ...]) -> Part:
        """A^-1 at its indices, of which the last two are rows and columns."""
        node = self.nodes[matrix.name]
        *batch, row, column = indices
        own = [fresh(i, {*batch, *node.indices}) if i in batch else i for i in node.indices[-2:]]
        whole = self._leaf(node.at(*batch, *own))
        if [*whole.order] != own:
            raise NoMatrixForm(PLACES)
        ends = [_along(i, node.indices[-1]) for i in (row, column)]
        self.parted = self.parted or any(part for _, part in ends)
        return _square_or_diagonal(Power(whole.matrix, Integer(-1)), ends)

    def _deltas(self, expr: Expr) -> bool:
        return any(set(d.args) & self.running for d in expr.atoms(KroneckerDelta))

    def _delta(self, a: Expr, b: Expr) -> Part:
        """The identity, for a delta of two running indices of one range; a unit vector for one of a number."""
        idx, place = (a, b) if a in self.running else (b, a)
        if idx in self.running and not place.atoms(Idx, Indexed):
            return Part(_unit(place, idx), idx)
        if is_position(a) or is_position(b):
            raise NoMatrixForm(PICKED)
        if not {a, b} <= self.running or limits(a)[1:] != limits(b)[1:]:
            raise NoMatrixForm(PLACES)
        return Part(Eye(size(a)), a, b)

    def _terms(self, terms: list[Part]) -> Part:
        found = joint(terms)
        return Part(plus(*(oriented(t, found) for t in terms)), *found)

    def _product(self, expr: Expr) -> Part:
        """Factors under sums: sums over running indices are contracted, those over subscripts stay."""
        body, bounds = _opened(expr)
        factors = list[Expr]()
        for factor in Mul.make_args(body):
            inner, ends = _opened(factor)
            moves = any(_moves(b) for b in ends)  # such a sum is read together with what stands around it
            factors += Mul.make_args(inner) if moves else [factor]
            bounds = [*ends, *bounds] if moves else bounds
        if len({name_of(b[0]) for b in bounds}) < len(bounds):
            raise NoMatrixForm(PLACES)
        return self._contracted(factors, bounds)

    def _contracted(self, factors: Sequence[Expr], bounds: Sequence[Limits]) -> Part:
        own, around = frozenset[Idx]().union(*map(self._free, factors)), self.running
        masks = [self._mask(b, own) for b in bounds if _moves(b)]
        inner = [b[0] for b in bounds if b[0] in own]
        if any(b != limits(b[0]) and not _moves(b) for b in bounds if b[0] in own):
            raise NoMatrixForm(PLACES)
        outer = tuple(b for b in bounds if b[0] not in own)
        self.running = (around - {b[0] for b in bounds}) | own
        wide = [f for f in factors if masks and isinstance(f, Add) and len(self._free(f)) > 2]
        if wide:
            rest = [f for f in factors if f is not wide[0]]
            self.running = around
            return self._terms([self._contracted([*rest, *Mul.make_args(t)], bounds) for t in wide[0].args])
        parts = [p for f in factors for p in self._factor(f)]
        self.running = around
        found = contracted([*parts, *masks], inner)
        if found.matrix.has(Lower):
            raise NoMatrixForm(PLACES)
        return Part(summed(found.matrix, outer), *found.order)

    def _mask(self, bound: Limits, own: frozenset[Idx]) -> Part:
        """1 on and below the diagonal, for a sum from another index on; for one up to it, above."""
        idx, low, high = bound
        other, rest = (low, high == idx.upper) if isinstance(low, Idx) else (high, low == idx.lower)
        if not rest or not {idx, other} <= own or limits(idx)[1:] != limits(other)[1:]:
            raise NoMatrixForm(PLACES)
        return Part(Lower(size(idx)), *((idx, other) if other is low else (other, idx)))

    def _free(self, expr: Expr) -> frozenset[Idx]:
        """The indices along rows and columns that are free in the expression."""
        if isinstance(expr, (Indexed, Partial)):
            return frozenset(expr.atoms(Idx)) if expr.has(Block, Place) else self._leaf(expr).indices
        found = frozenset[Idx]().union(*map(self._free, expr.args)) if not isinstance(expr, Idx) else frozenset()
        return found - {b[0] for b in expr.limits} if isinstance(expr, BINDERS) else found

    def _factor(self, factor: Expr) -> list[Part]:
        """The factor as a part; the square of a matrix as two equal parts."""
        square = isinstance(factor, Pow) and factor.exp == 2
        part = self.read(factor.base if square else factor)
        return [part, part] if square and part.indices else [self.read(factor)]

    def _power(self, expr: Pow) -> Part:
        part = self.read(expr.base)
        if expr.exp == 2 and part.indices:
            return Part(hadamard(part.matrix, part.matrix), *part.order)
        return Part(entrywise(HOLE**expr.exp, part.matrix), *part.order)

    def _function(self, expr: Expr) -> Part:
        parts = [self.read(a) for a in expr.args]
        holes = [HOLE] if len(parts) == 1 else [Symbol(f"x{n}") for n in range(1, len(parts) + 1)]
        found = joint(parts)
        return Part(entrywise(expr.func(*holes), *(oriented(p, found) for p in parts)), *found)


Ends = tuple[Idx, tuple[Expr, Expr] | None]


def _along(place: Expr, axis: Idx) -> Ends:
    """The index that runs along an axis, and from where to where if not over the whole of it: l and (P + 1, P + Q) of
    P + l. Errors: NoMatrixForm where the place is not such a one."""
    if spans(place, axis):
        return place, None
    indices = place.atoms(Idx)
    idx = indices.pop() if len(indices) == 1 and not place.has(Indexed, Block, Place) else axis
    shift = place - idx
    if is_position(place) or shift.has(Idx, Indexed):
        raise NoMatrixForm(PICKED if is_position(place) else PLACES)
    first = shift - axis.lower + 1
    return idx, (first + idx.lower, first + idx.upper)


def _square_or_diagonal(matrix: Expr, ends: Sequence[Ends]) -> Part:
    """A matrix or a column, or the block of it that its indices run over; its diagonal if both are the same index."""
    indices, parts = [idx for idx, _ in ends], [part for _, part in ends]
    found = block(matrix, parts[0], parts[1] if len(parts) == 2 else None)
    if len(indices) == 2 and indices[0] == indices[1]:
        return Part(DiagonalOf(found), indices[0])
    return Part(found, *indices)


def _opened(expr: Expr) -> tuple[Expr, list[Limits]]:
    """The body of sums inside each other, and their limits, the inner ones first."""
    bounds = list[Limits]()
    while isinstance(expr, Sum):
        expr, bounds = expr.function, [*(tuple(b) for b in expr.limits), *bounds]
    return expr, bounds


def _own_ranges(expr: Expr) -> Expr:
    """The expression with an index of its own for every sum over a part of a range."""
    if not any(tuple(limit) != limits(limit[0]) for total in expr.atoms(Sum) for limit in total.limits):
        return expr
    if isinstance(expr, Sum) and len(expr.limits) == 1:
        idx, low, high = expr.limits[0]
        part = index(name_of(idx), low, high) if not (low.atoms(Idx) or high.atoms(Idx)) else idx
        return Sum(_own_ranges(substitute(expr.function, {idx: part})), (part, low, high))
    return through(expr, _own_ranges) if expr.has(Sum) else expr


def _moves(bound: Limits) -> bool:
    """Does an end of a sum move with an index?"""
    return bool(bound[1].atoms(Idx) | bound[2].atoms(Idx))


def _unit(place: Expr, idx: Idx) -> Expr:
    """The unit vector of one place in the range of an index; of a range of one place a number, 1 or 0."""
    at = place - idx.lower + 1
    if size(idx) != 1:
        return Unit(at, size(idx))
    if not at.is_Integer:
        raise NoMatrixForm(PICKED)
    return Integer(at == 1)


def _leaves(expr: Expr) -> Iterator[Expr]:
    """Every element of a family, and every adjoint as a whole."""
    return (e for e in elements(expr) if isinstance(e, (Indexed, Partial)))
