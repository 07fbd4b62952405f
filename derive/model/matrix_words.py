"""What an author may say of whole matrices: `inverse(A)[i, j]`, `logdet(A)`, `det(A)`, `trace(A)`, `solve(A, b)[i]`.

A word stands in a formula until the graph reads it. Then a function of a matrix becomes a node (of its own, or the one
that is defined by the word alone), and everything else a sum over its elements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sympy import Basic, Expr, Idx, IndexedBase, Integer, KroneckerDelta, S, Symbol, sympify
from sympy.core.symbol import Str

from derive.errors import ModelError
from derive.expressions.blocks import Block, Place, in_blocks
from derive.expressions.indices import BINDERS, Positions, bound, fresh, index, limits, name_of, substitute, sum_over
from derive.expressions.intervals import at_least
from derive.expressions.matrix_functions import BY_NAME, MatrixRow, OfMatrix, function_symbol, of_matrix
from derive.expressions.traverse import rewrite
from derive.model.model import Case, Node, is_notation
from derive.model.structure import seen
from derive.model.whole import MatrixOf, is_whole


class Word(Expr):
    """A word in a formula: its name, the families that it is about, and the indices at which it is read."""

    is_commutative = True
    is_real = True
    read_later = True  # its families are no whole ones of a formula

    @property
    def name(self) -> str:
        """The word."""
        found: str = self.args[0].name
        return found

    @property
    def families(self) -> tuple[IndexedBase, ...]:
        """What it is about."""
        return tuple(a for a in self.args[1:] if isinstance(a, IndexedBase))

    @property
    def rest(self) -> tuple[Expr, ...]:
        """Numbers and indices."""
        return tuple(a for a in self.args[1:] if not isinstance(a, IndexedBase))

    __iter__ = None  # it is read by indices, and is no sequence

    def __getitem__(self, places: Any) -> Expr:
        """The number that a word makes of one matrix of a family: `det(S)[k]`."""
        places = places if isinstance(places, tuple) else (places,)
        return Word(*self.args, *(sympify(place, strict=True) for place in places))

    def _sympystr(self, printer: Any) -> str:
        inner = ", ".join(map(str, self.families))
        return f"{self.name}({inner})" + (f"[{', '.join(map(str, self.rest))}]" if self.rest else "")


def _element(of: MatrixOf, places: tuple[Any, ...]) -> Expr:
    return Word(Str(of.name), *of.operands, *(sympify(place, strict=True) for place in places))


MatrixOf.element = staticmethod(_element)


def inverse(matrix: Any) -> MatrixOf:
    """The inverse of a square family or node, read by its indices: `Sum(x[i]*inverse(S)[i, j]*x[j], i, j)`."""
    return MatrixOf("inverse", *_families("inverse", matrix))


def cholesky(matrix: Any) -> MatrixOf:
    """The lower triangular C with C C^T = A, of a family that is declared positive_definite: `cholesky(S)[i, j]`."""
    return MatrixOf("cholesky", *_families("cholesky", matrix))


def eigenvalues(matrix: Any) -> MatrixOf:
    """The eigenvalues of a symmetric family or node, rising, read by one index: `Sum(log(eigenvalues(S)[k]), k)`."""
    return MatrixOf("eigenvalues", *_families("eigenvalues", matrix))


def singular_values(matrix: Any) -> MatrixOf:
    """The singular values of an m x n family or node, falling, by an index up to Min(m, n): `singular_values(A)[1]`."""
    return MatrixOf("singular_values", *_families("singular_values", matrix))


def solve(matrix: Any, right: Any) -> MatrixOf:
    """The solution x of A x = b, a column or a matrix as b is: `solve(A, b)[i]`."""
    return MatrixOf("solve", *_families("solve", matrix, right))


def matrix_power(matrix: Any, exponent: int) -> MatrixOf:
    """The power of a square family to a whole number: `matrix_power(A, 3)[i, j]`; -1 is the inverse."""
    if isinstance(exponent, bool) or not isinstance(exponent, (int, Integer)):
        raise ModelError(f"matrix_power: expected a whole number, found {exponent!r}")
    return MatrixOf(f"power {int(exponent)}", *_families("matrix_power", matrix))


def kron(left: Any, right: Any) -> MatrixOf:
    """The Kronecker product, every element of the first times the whole second: `kron(A, B)[i, j]`; of columns too."""
    return MatrixOf("kron", *_families("kron", left, right))


def vec(matrix: Any) -> MatrixOf:
    """The columns of a matrix below each other: `vec(A)[i]`, i up to rows times columns."""
    return MatrixOf("vec", *_families("vec", matrix))


def det(matrix: Any) -> Expr:
    """The determinant of a square family or node."""
    return Word(Str("det"), *_families("det", matrix))


def logdet(matrix: Any) -> Expr:
    """The logarithm of the absolute determinant, log |det A|, as the second value of numpy's and torch's slogdet."""
    return Word(Str("logdet"), *_families("logdet", matrix))


def trace(matrix: Any) -> Expr:
    """The sum of the diagonal of a square family or node."""
    return Word(Str("trace"), *_families("trace", matrix))


def _as_node(operand: Any) -> str:
    return f"g.define('A', {operand})" if is_whole(operand) else "g.node('A', ..., over=(i, j))"


def _families(word: str, *operands: Any) -> tuple[IndexedBase, ...]:
    for operand in operands:
        if not isinstance(operand, IndexedBase):
            raise ModelError(
                f"{word}: expected a family or a node without its indices, such as A, found {operand}; "
                f"give a formula a name first, A = {_as_node(operand)}; of many matrices say "
                "which one behind, inverse(S)[k, i, j]"
            )
    return operands


class Reading(NamedTuple):
    """A formula without words, and the nodes that stand for the functions of matrices in it, in order."""

    expr: Expr
    nodes: tuple[Node, ...]


class Reader:
    """Reads the words of one graph: `known` are its families so far, `taken` the names that are not free."""

    def __init__(self, name: str, known: Mapping[str, Node | Symbol], taken: set[str]):
        self.name, self.known, self.taken = name, dict(known), set(taken)
        self.new: list[Node] = []

    def read(self, expr: Any, over: tuple[Idx, ...] = ()) -> Any:
        """The formula without its words; a function of a matrix alone is a definition and not the name of one."""
        if not isinstance(expr, Basic) or not expr.has(Word):
            return expr
        if isinstance(expr, Word) and expr.name in BY_NAME and expr.rest == over:
            row, matrix = BY_NAME[expr.name], self._matrix(expr)
            if tuple(map(_ends, over)) == tuple(map(_ends, self._letters(row, matrix, ()))):
                symbol = function_symbol(row, matrix.symbol, _shape(matrix), self.name, len(over), own=True)
                return self._function(row, matrix, over, symbol)
        return rewrite(self._by_blocks(expr), lambda part: self._value(part) if isinstance(part, Word) else None)

    def _by_blocks(self, expr: Any) -> Any:
        """The formula with a sum over an index of vec or kron as one over the blocks, and the places in them."""
        return rewrite(expr, lambda part: self._split(part) if isinstance(part, BINDERS) else None)

    def _split(self, expr: Expr) -> Expr:
        body, ends = self._by_blocks(expr.function), list[Any]()
        for idx, low, high in expr.limits:
            lengths = [n for w in body.atoms(Word) if w.name in STACKED for i, n in self._stacked(w) if i == idx]
            new = in_blocks((idx, low, high), lengths[0], body.atoms(Idx)) if lengths else None
            if new is not None:
                body = substitute(body, {idx: new.value})
            ends += [(idx, low, high)] if new is None else new.limits
        return bound(expr.func, body, ends)

    def _stacked(self, word: Word) -> Iterator[tuple[Expr, Expr]]:
        """The places at which vec or kron is read, each with the length of the blocks there. Errors: ModelError."""
        first, last = (self._node(word, family) for family in (word.families[0], word.families[-1]))
        rank = len(first.indices)
        own = 1 if word.name == "vec" else rank
        if len(word.rest) != own or rank != len(last.indices) or rank > 2 or (word.name == "vec" and rank != 2):
            what = "two matrices, or two columns" if word.name == "kron" else "a matrix"
            raise ModelError(f"{self.name}: {word.name} is taken of {what}, as in {EXAMPLE[word.name]}; found {word}")
        if any(i.lower != 1 for node in (first, last) for i in node.indices):
            raise ModelError(f"{self.name}: {word}: the indices of what {word.name} is taken of must begin at 1")
        blocks = first.indices[1:] if word.name == "vec" else first.indices
        for place, outer, inner in zip(word.rest, blocks, last.indices, strict=False):
            if place.has(Positions):
                named = f"v = g.node('v', {word.name}(...)[i], over=i)"
                raise ModelError(f"{self.name}: {word}: a position picks an element of what has a name; {named} first")
            most = outer.upper * inner.upper
            if isinstance(place, Idx) and not (at_least(place.lower, S.One) and at_least(most, place.upper)):
                ends = f"from {place.lower} to {place.upper}"
                raise ModelError(f"{self.name}: {word}: {place} must run from 1 to {most}, and runs {ends}")
            yield place, inner.upper

    def _stack(self, word: Word) -> Expr:
        """An element of vec or of a Kronecker product, by the block and the place in it."""
        first, last = (self._node(word, family) for family in (word.families[0], word.families[-1]))
        at = list(self._stacked(word))
        open_ = next((place for place, length in at if not place.has(Idx) and Block(place, length).has(Block)), None)
        if open_ is not None:
            formula = "A[i, j]" if word.name == "vec" else "A[i, k]*B[j, l]"
            raise ModelError(f"{self.name}: {word}: the sizes decide which element {open_} is; write {formula} for it")
        blocks, places = ([kind(*pair) for pair in at] for kind in (Block, Place))
        return first.at(*places, *blocks) if word.name == "vec" else first.at(*blocks) * last.at(*places)

    def _value(self, word: Word) -> Expr:
        """What a word in a formula stands for."""
        if word.name in STACKED:
            return self._stack(word)
        row, node = BY_NAME.get(word.name), self._matrix(word)
        many = len(node.indices) - 2
        expected = many + (row.rank if row is not None else 0 if word.name == "trace" else 2)
        if word.name == "solve":
            return self._solution(word, node)
        if len(word.rest) != expected:
            example = EXAMPLE[word.name.split()[0]]
            example = example if not many else f"{example} of one matrix, with {many} more in front"
            raise ModelError(f"{self.name}: {word} has {len(word.rest)} indices; it takes {expected}, as in {example}")
        if row is not None:
            return self.element(row, node, word.rest)
        if word.name == "trace":
            k = fresh(node.indices[-1], {x for place in word.rest for x in (place, *place.free_symbols) if _named(x)})
            return sum_over(node.at(*word.rest, k, k), (limits(k),))
        *batch, i, j = word.rest
        return self._power(node, int(word.name.split()[1]), tuple(batch), i, j)

    def _solution(self, word: Word, node: Node) -> Expr:
        right, many = self._node(word, word.families[1]), len(node.indices) - 2
        batch, own = word.rest[:many], word.rest[many:]
        shared = [_ends(i) for i in right.indices[:many]] == [_ends(i) for i in node.indices[:many]]
        each = len(right.indices) == many + len(own) and shared  # or one right side for all matrices
        first = many if each else 0
        if len(right.indices) != first + len(own) or len(own) not in (1, 2):
            found, expected = len(word.rest), len(right.indices)
            raise ModelError(f"{self.name}: {word} has {found} indices, but {right.name} has {expected}")
        if _ends(right.indices[first]) != _ends(node.indices[-1]):
            raise ModelError(f"{self.name}: {word}: {right.name} has not as many rows as {node.name}")
        k = fresh(node.indices[-1], {x for place in word.rest for x in (place, *place.free_symbols) if _named(x)})
        inverse = self.element(BY_NAME["inverse"], node, (*batch, own[0], k))
        return sum_over(inverse * right.at(*batch[:first], k, *own[1:]), (limits(k),))

    def _power(self, node: Node, n: int, batch: tuple[Expr, ...], i: Expr, j: Expr) -> Expr:
        """A power as a chain of products; of the inverse for a negative exponent."""

        def factor(a: Expr, b: Expr) -> Expr:
            return node.at(*batch, a, b) if n > 0 else self.element(BY_NAME["inverse"], node, (*batch, a, b))

        if n == 0:
            return KroneckerDelta(i, j)
        letters: list[Expr] = [i]
        for _ in range(abs(n) - 1):
            taken = {x for e in (*batch, *letters, j) for x in (e, *e.free_symbols) if _named(x)}
            letters.append(fresh(node.indices[-1], taken))
        product: Expr = Integer(1)
        for a, b in zip(letters, [*letters[1:], j], strict=True):
            product *= factor(a, b)
        return sum_over(product, tuple(limits(k) for k in letters[1:]))

    # functions of matrices as nodes
    def element(self, row: MatrixRow, matrix: Node, places: tuple[Expr, ...]) -> Expr:
        """The element of a function of a matrix, by the node that is that function."""
        return self._node_of(row, matrix, places).at(*places)

    def _letters(self, row: MatrixRow, matrix: Node, wished: tuple[Expr, ...]) -> tuple[Idx, ...]:
        """The indices of a function of a matrix: those of the matrix, or `wished` ones, as far as they run alike."""
        own = list(matrix.indices[:-2])
        for end in row.ends(*_shape(matrix)):
            known = (*matrix.indices[-2:], *(i for i in wished if isinstance(i, Idx)))
            own.append(fresh(index("r", 1, end), own, known))
        return tuple(own)

    def _node_of(self, row: MatrixRow, matrix: Node, wished: tuple[Expr, ...] = ()) -> Node:
        """The node that is this function of this matrix: one that is there already, or a new one.

        It is `wished` at a place, which may be before or after the range of a recurrence.
        """
        nodes = [n for n in self.known.values() if isinstance(n, Node)]
        found = next((n for n in nodes if is_function(n, row, matrix)), None)
        if row.name == "inverse" and found is None:  # the inverse of the inverse of a matrix is that matrix
            found = next((n for n in nodes if is_function(matrix, row, n)), None)
        begun = any(not isinstance(place, Idx) for place in wished[: len(matrix.indices) - 2])
        if found is not None and not (begun and is_notation(found) and len(found.cases) == 1):
            return found
        name = found.name if found else next(n for n in _wishes(f"{matrix.name}_{row.ending}") if n not in self.taken)
        own = found.indices if found else self._letters(row, matrix, wished)
        positive = matrix.structure == "positive definite"
        symbol = function_symbol(row, matrix.symbol, _shape(matrix), name, len(own), positive=positive)
        places = [own, *(_starts(matrix, own) if begun else ())]
        node = self._declare(Node(name, "node", symbol, own, tuple(Case(at, S.Zero) for at in places)))
        cases = tuple(Case(at, self._function(row, matrix, at, node.symbol)) for at in places)
        return self._declare(node._replace(cases=cases, structure=seen(own, cases[:1], self.known)))

    def _function(self, row: MatrixRow, matrix: Node, own: tuple[Expr, ...], symbol: Expr) -> OfMatrix:
        """The definition of a node by a function of a matrix; what its slope is written in becomes a node too."""
        known = self.known.get(name_of(symbol))
        made = known if isinstance(known, Node) else Node(name_of(symbol), "node", symbol, _letters(own))
        of = made._replace(structure="triangular") if row.by_value else matrix
        self.known.setdefault(of.name, of)
        helpers = [self._node_of(BY_NAME[name], of, own).symbol for name in row.helpers]
        positive = matrix.structure == "positive definite"
        return of_matrix(row, matrix.symbol, helpers, _shape(matrix), own, positive)

    def _declare(self, node: Node) -> Node:
        self.known[node.name] = node
        self.taken.add(node.name)
        self.new = [*(n for n in self.new if n.name != node.name), node]
        return node

    # what is refused
    def _matrix(self, word: Word) -> Node:
        """The matrix, or the family of matrices, that a word is about."""
        node, square = self._node(word, word.families[0]), word.name not in BY_NAME or BY_NAME[word.name].square
        if len(node.indices) < 2 or (square and len({_ends(i) for i in node.indices[-2:]}) != 1):
            shape = " x ".join(str(i.upper - i.lower + 1) for i in node.indices) or "a number"
            what = "a square matrix, the last two indices of a family" if square else "a matrix"
            raise ModelError(f"{self.name}: {word.name} is taken of {what}, and {node.name} is {shape}")
        if word.name == "cholesky" and node.kind != "node" and node.structure != "positive definite":
            raise ModelError(f"{self.name}: {word} needs {node.name} to be declared positive_definite=True")
        if word.name == "eigenvalues" and not node.symmetric:
            i, j = (str(k) for k in node.indices[-2:])
            half = f"take its symmetric part, ({node.name}[{i}, {j}] + {node.name}[{j}, {i}])/2, as a node"
            way = f"declare {node.name} symmetric=True" if node.is_leaf else half
            raise ModelError(f"{self.name}: {word} needs a symmetric matrix; {way}")
        if any(i.lower != 1 for i in node.indices):
            raise ModelError(f"{self.name}: {word.name}({node.name}): the indices of {node.name} must begin at 1")
        return node

    def _node(self, word: Word, operand: IndexedBase) -> Node:
        node = self.known.get(name_of(operand))
        if not isinstance(node, Node) or node.symbol != operand:
            raise ModelError(f"{self.name}: {word} is about {operand}, which is no family of this graph so far")
        return node


STACKED = ("kron", "vec")
EXAMPLE = {
    "kron": "kron(A, B)[i, j]", "vec": "vec(A)[i]",
    "inverse": "inverse(A)[i, j]", "cholesky": "cholesky(A)[i, j]", "power": "matrix_power(A, 2)[i, j]",
    "eigenvalues": "eigenvalues(A)[k]", "singular_values": "singular_values(A)[k]",
    "trace": "trace(A)", "det": "det(A)", "logdet": "logdet(A)",
}  # fmt: skip


def _letters(position: tuple[Expr, ...]) -> tuple[Idx, ...]:
    return tuple(i for i in position if isinstance(i, Idx))


def _starts(matrix: Node, own: tuple[Idx, ...]) -> Iterator[tuple[Expr, ...]]:
    """Where matrices that recur have start values, for a function of them with the indices `own`."""
    many = len(matrix.indices) - 2
    for case in matrix.cases:
        rows, starts = case.position[many:], case.position[:many]
        if all(isinstance(i, Idx) for i in rows) and not all(isinstance(i, Idx) for i in starts):
            yield *(o if isinstance(i, Idx) else i for i, o in zip(starts, own, strict=False)), *own[many:]


def is_function(node: Node, row: MatrixRow, matrix: Node) -> bool:
    """Is a node this function of this matrix?"""
    expr = node.cases[0].expr if node.cases else None
    return isinstance(expr, OfMatrix) and expr.row is row and expr.matrix == matrix.symbol


def _ends(idx: Idx) -> tuple[Expr, Expr]:
    return idx.lower, idx.upper


def _named(x: Expr) -> bool:
    return isinstance(x, (Idx, Symbol))


def _shape(matrix: Node) -> tuple[Expr, Expr]:
    rows, columns = (i.upper for i in matrix.indices[-2:])
    return rows, columns


def _wishes(name: str) -> list[str]:
    return [name, *(f"{name}{n}" for n in range(2, 1000))]
