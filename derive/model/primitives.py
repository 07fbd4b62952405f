"""A model written in a given set of primitive operations: every node is one operation on leaves, nodes and numbers.

The result is a model like any other, so that it is derived, checked, evaluated and drawn like any other. What cannot be
written with the given operations is refused, naming the one that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

from sympy import Add, Expr, Idx, Indexed, Integer, Max, Mul, Number, Pow, Sum, Symbol

from derive.errors import ModelError
from derive.expressions.functions import EXTREMA, arguments, row_of, row_or_extremum
from derive.expressions.indices import family, index, name_of, substitute, sum_over
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.traverse import free_indices
from derive.model.model import Case, Model, Node, model_of
from derive.model.operations import chosen, definition, operations
from derive.model.program import Primitive, Program

LETTERS = "uvqrs"  # the first that begins no name of the model names the nodes between
X = Symbol("x", real=True)
FEW = 4  # the highest power that is written as products where powers are not given


def program(model: Model, operations: Sequence[str]) -> Program:
    """The model in these operations. Errors: UsageError for an unknown operation, ModelError for a missing one."""
    allowed = tuple(o.name for o in chosen(operations))
    for node in model.nodes.values():
        _refuse_matrix(node)
    writer = Writer(model, allowed)
    for node in model.nodes.values():
        if not node.implied or model.users(node.name):  # a name that only derivatives use is no part of the program
            writer.node(node)
    written = model_of(model.title, tuple(writer.nodes), model.loss.name, model.sizes, model.indices)
    return Program(written, writer.primitives, allowed, tuple(writer.definitions.values()))


class Writer:
    """Writes the nodes of a model one after the other, each preceded by the nodes that it needs."""

    def __init__(self, model: Model, allowed: tuple[str, ...]):
        self.model, self.allowed = model, allowed
        self.nodes: list[Node] = []
        self.primitives: dict[str, Primitive] = {}
        self.known: dict[Expr, Node] = {}  # the nodes by their definitions, in letters without a name
        names = [*model.nodes, *(str(s) for s in model.sizes), *(name_of(i) for i in model.indices)]
        self.letter = next(a for a in LETTERS if not any(n == a or n.removeprefix(a).isdigit() for n in names))
        self.rank = {name: n for n, name in enumerate(model.order)}
        self.count = 0
        self.definitions: dict[str, tuple[Expr, Expr]] = {}

    def node(self, node: Node) -> None:
        """One node of the model: its last operation keeps its name."""
        if node.abstract is not None:  # a function that is not given further is an operation by itself
            self.nodes.append(node)
            self.primitives[node.name] = Primitive(node.abstract.func.__name__, node.abstract.args)
            return
        cases = []
        for case in node.cases:
            found = self._operation(case.expr)
            cases.append(Case(case.position, found.value))
            self.primitives.setdefault(node.name, found)
            if case.position == node.indices:
                self._remember(node, case.expr)
        self.nodes.append(node._replace(cases=tuple(cases)))

    def _remember(self, node: Node, expr: Expr) -> None:
        if self._own(expr) == node.indices and not isinstance(expr, (Number, Symbol, Indexed)):
            self.known.setdefault(_anonymous(expr, node.indices), node)

    def operand(self, expr: Expr) -> Expr:
        """The expression as an operand: a number, a leaf, or the element of a node that is made for it."""
        if isinstance(expr, (Number, Symbol, Indexed)):
            return expr
        found = self._known(expr)
        return self._new(self._operation(expr), expr) if found is None else found

    def _join(self, found: Primitive) -> Expr:
        """The element of a node for an operation; equal operations have one node."""
        known = self._known(found.value)
        return self._new(found, found.value) if known is None else known

    def _known(self, expr: Expr) -> Expr | None:
        """The element that has this value already: exp(z_i) and exp(z_k) belong to one family."""
        own = self._own(expr)
        node = self.known.get(_anonymous(expr, own))
        return None if node is None else node.at(*own)

    def _own(self, expr: Expr) -> tuple[Idx, ...]:
        """The free indices, in the order of their declaration."""
        order = {i: n for n, i in enumerate(self.model.indices)}
        return tuple(sorted(free_indices(expr), key=lambda i: order.get(i, len(order))))

    def _new(self, found: Primitive, expr: Expr) -> Expr:
        own = self._own(expr)
        self.count += 1
        name = f"{self.letter}{self.count}"
        symbol = family(name) if own else Symbol(name, real=True)
        node = Node(name, "node", symbol, own, (Case(own, found.value),), implied=True)
        self.nodes.append(node)
        self.primitives[name] = found
        self.known[_anonymous(expr, own)] = node
        return node.generic

    # one operation for each kind of expression
    def _operation(self, expr: Expr) -> Primitive:
        if isinstance(expr, (Number, Symbol, Indexed)):
            return Primitive("", (expr,))
        if isinstance(expr, Add):
            return self._fold(list(self._signed(expr)))
        if isinstance(expr, Mul):
            return self._product(expr)
        if isinstance(expr, Sum):
            return self._sum(expr)
        kind = "max" if isinstance(expr, Max) else "min"
        if isinstance(expr, EXTREMA) and (kind == "max" or kind in self.allowed):
            return self._fold([(kind, a) for a in sorted(expr.args, key=lambda a: (a.is_number, self._place(a)))])
        row = row_of(expr)
        if row is not None and row.name in self.allowed:
            return Primitive(row.name, tuple(map(self.operand, arguments(expr))))
        if isinstance(expr, Pow):
            return self._power(expr)
        return self._written_out(expr)

    def _written_out(self, expr: Expr) -> Primitive:
        """A function that is not allowed, by its definition."""
        row = row_or_extremum(expr)
        simpler = definition(expr) if row is not None else None
        if row is None or simpler is None:
            self._need(row.name if row is not None else "", expr)
        else:
            letters = [X, *(Symbol(f"x{n}", real=True) for n in range(1, row.arity))]
            self.definitions.setdefault(row.name, (row.value(*letters), definition(row.value(*letters))))
        return self._operation(simpler)

    def _fold(self, parts: list[tuple[str, Expr]]) -> Primitive:
        """Several operands, two at a time from the left; each with the operation that joins it."""
        self._need(parts[1][0])  # before any node is made for the operands
        first = self.operand(parts[0][1])
        for name, part in parts[1:-1]:
            self._need(name)
            first = self._join(Primitive(name, (first, self.operand(part))))
        self._need(parts[-1][0])
        return Primitive(parts[-1][0], (first, self.operand(parts[-1][1])))

    def _signed(self, expr: Add) -> Iterator[tuple[str, Expr]]:
        """The terms in the order of their names, one without a minus first; a minus is a subtraction where allowed."""
        terms = sorted(expr.args, key=lambda a: (a.could_extract_minus_sign(), self._place(a)))
        for n, term in enumerate(terms):
            subtract = n > 0 and "sub" in self.allowed and term.could_extract_minus_sign()
            yield ("sub", -term) if subtract else ("add", term)

    def _place(self, expr: Expr) -> int:
        return min((self.rank.get(name_of(s), 0) for s in expr.free_symbols if not isinstance(s, Idx)), default=99)

    def _product(self, expr: Mul) -> Primitive:
        below = [a for a in expr.args if isinstance(a, Pow) and a.exp.is_negative] if "div" in self.allowed else []
        if below:
            above = Mul(*(a for a in expr.args if a not in below))
            self._need("div")
            return Primitive("div", (self.operand(above), self.operand(1 / Mul(*below))))
        coefficient, factors = expr.as_coeff_mul()
        ordered = sorted(factors, key=self._place)
        first = [coefficient] if coefficient != 1 else []
        if len(ordered) > 1 and first:  # a number last, once
            self._need("mul")
            return Primitive("mul", (*first, self.operand(Mul(*ordered))))
        return self._fold([("mul", f) for f in (*first, *ordered)])

    def _power(self, expr: Pow) -> Primitive:
        base, exponent = expr.args
        if exponent == -1 and "div" in self.allowed:
            return Primitive("div", (Integer(1), self.operand(base)))
        if "pow" not in self.allowed and exponent.is_Integer and 2 <= exponent <= FEW and "mul" in self.allowed:
            return self._fold([("mul", base)] * int(exponent))
        if not exponent.is_number:
            raise ModelError(f"{expr} has a power that is no number; primitive operations have no such power")
        self._need("pow", expr)
        return Primitive("pow", (self.operand(base), exponent))

    def _sum(self, expr: Sum) -> Primitive:
        """A dot product where the terms are products: along the letters that both factors carry; else a sum."""
        letters = {b[0] for b in expr.limits}
        outside = [f for f in Mul.make_args(expr.function) if not letters & set(free_indices(f))]
        if outside and expr.function != Mul(*outside):
            inner = sum_over(Mul(*(f for f in Mul.make_args(expr.function) if f not in outside)), expr.limits)
            return self._operation(Mul(inner, *outside))
        factors = sorted((f for a in Mul.make_args(expr.function) for f in self._factors(a)), key=self._place)
        if len(factors) == 1 and "sum" in self.allowed:
            return Primitive("sum", (self.operand(factors[0]),), tuple(expr.limits))
        self._need("dot", expr)
        if len(factors) == 1:  # the dot product with a vector of ones
            return Primitive("dot", (Integer(1), self.operand(factors[0])), tuple(expr.limits))
        *first, last = factors
        left = self.operand(first[0]) if len(first) == 1 else self.operand(reduce(lambda a, b: a * b, first))
        return Primitive("dot", (left, self.operand(last)), tuple(expr.limits))

    @staticmethod
    def _factors(factor: Expr) -> list[Expr]:
        """A square is a product of two."""
        return [factor.base] * 2 if isinstance(factor, Pow) and factor.exp == 2 else [factor]

    def _need(self, name: str, expr: Expr | None = None) -> None:
        """Refuse what is not allowed. Errors: ModelError."""
        if name in self.allowed:
            return
        known = operations()
        if name not in known:
            raise ModelError(f"{expr} cannot be written in primitive operations")
        what = f"{expr}" if expr is not None else "the graph"
        raise ModelError(
            f"{what} needs the operation {name} ({known[name].title.pick('en')}), which is not among "
            f"{', '.join(self.allowed)}; allow it too: --ops {','.join([*self.allowed, name])}"
        )


def _refuse_matrix(node: Node) -> None:
    """A function of a whole matrix has no program, whatever is allowed. Errors: ModelError."""
    for case in node.cases:
        if isinstance(case.expr, OfMatrix):
            raise ModelError(
                f"{case.expr} is a function of a whole matrix, and --ops writes a model in operations on single "
                "numbers; derive this model without --ops"
            )


def _anonymous(expr: Expr, own: tuple[Idx, ...]) -> Expr:
    """The expression with letters that say only where they stand and how far they run."""
    return substitute(expr, {i: index(f"_{n}", i.lower, i.upper) for n, i in enumerate(own)})
