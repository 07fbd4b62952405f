"""The value of a formula as it is read: of a tree of the reader, at the same point as what was checked.

Nothing of the printers is used. What the reader leaves open is settled by the names of the formula: a letter in front
of a bracket is a function unless the formula has a quantity of that name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from derive.proofread import numbers as of
from derive.proofread.names import INDEX, Key, as_it_looks, digit_by_digit, letters, letters_of, readings, spelled
from derive.proofread.numbers import SIDE, Value
from derive.read import tree as t
from derive.read.tree import Node

OF_MATRICES = ("lambda", "sigma", "Q", "U", "V")  # functions of a matrix whose elements are lambda_k(A), Q_ij(A)

INFINITY = 7.77
OPERATORS = ("nabla", "D")


class Unseen(Exception):
    """A formula that was read, but says nothing that this room understands."""


class Seen:
    """Values of trees, with the names of a formula and letters that are bound."""

    def __init__(self, names: Iterable[tuple[Key, int, tuple[int, ...]]], env: Mapping[str, Value] | None = None):
        self.names: dict[tuple[Key, int], tuple[int, ...]] = {}
        for word, places, shape in sorted(names):
            self.names.setdefault((word, places), shape)
        self.env = dict(env or {})

    def value(self, node: Node) -> Value:
        """The value of a tree. Errors: Unseen."""
        if factors := self.factors(node):
            node = t.Multiplied(node.start, node.end, factors, ("", ""))
        found = getattr(self, type(node).__name__.lower(), None)
        if found is None:
            raise Unseen(f"{type(node).__name__} is not understood here")
        return found(node)

    def all(self, nodes: Iterable[Node]) -> list[Value]:
        """The values of several."""
        return [self.value(node) for node in nodes]

    # names

    def number(self, node: t.Number) -> Value:
        return float(node.digits)

    def dots(self, node: t.Dots) -> Value:
        return of.leaf("dots", (), (SIDE, SIDE))

    def symbol(self, node: t.Symbol) -> Value:
        return self.name(node, None)

    def name(self, base: t.Symbol, below: Node | None) -> Value:
        """A quantity at its places, a letter that is bound, or a number that has a letter."""
        if not base.marks and (found := self.env.get(base.name + (spelled(below) if below else ""))) is not None:
            return found
        if self.is_index(base, below):
            return of.leaf(repr((*letters(base), "")), (), ())
        if base.name == "delta" and self.two(below) and (("delta", "", ""), 2) not in self.names:
            return self.sign(base, below)
        for word, places in readings(base, below):
            shape = self.names.get((word, len(places)))
            if shape is not None:
                return of.leaf(*as_it_looks(word, tuple(self.all(places))), shape)
        found = self.sign(base, below)
        if found is None:
            raise Unseen(f"{spelled(base)}_{spelled(below) if below else ''} is no name of this formula")
        return found

    def is_index(self, base: t.Symbol, below: Node | None) -> bool:
        """Whether a name is the letter of an index."""
        return below is None and not base.marks and ((*letters(base), ""), INDEX) in self.names

    @staticmethod
    def two(below: Node | None) -> bool:
        """Whether two things stand below."""
        return below is not None and len(below.items if isinstance(below, t.Listed) else letters_of(below)) == 2

    def sign(self, base: t.Symbol, below: Node | None) -> Value | None:
        """What has a sign of its own: infinity, pi, a delta, ones, an identity, a unit vector."""
        if base.name == "infty":
            return INFINITY
        if below is None:
            return {"pi": math.pi}.get(base.name)
        if base.name == "delta":
            places = below.items if isinstance(below, t.Listed) else letters_of(below)
            return of.delta(*self.all(places)) if len(places) == 2 else None
        inner = self.value(below)
        if base.name == "1":
            return of.applied("ones", inner) * np.ones((SIDE, 1))
        if base.name == "I":
            return of.applied("eye", inner) * np.eye(SIDE)
        return of.leaf("unit", (inner,), (SIDE, 1)) if base.name == "e" and "mathbf" in base.marks else None

    def scripted(self, node: t.Scripted) -> Value:
        base, below, above = node.base, node.below, node.above
        if isinstance(base, t.Bars):
            return self.raised(self.norm(base, below), above)
        if below is not None and (ends := _ends(below)):
            pairs = [None if isinstance(e, t.Words) else (self.value(e.sides[0]), self.value(e.sides[1])) for e in ends]
            return self.raised(of.block(self.value(base), pairs), above)
        if isinstance(base, t.Symbol):
            if below is None and base.name == "e" and not base.marks and (("e", "", ""), 0) not in self.names:
                return of.applied("exp", self.value(above)) if above is not None else None
            return self.raised(self.name(base, below), above)
        value = self.value(base)
        if below is not None:
            value = of.entry(value, tuple(self.all(self.places(value, below))))
        return self.raised(value, above)

    def places(self, value: Value, below: Node) -> tuple[Node, ...]:
        """The row and the column of an entry; `11` are two of them."""
        items = below.items if isinstance(below, t.Listed) else letters_of(below)
        square = isinstance(value, np.ndarray) and 1 not in value.shape
        return tuple(digit_by_digit(items)) if square and len(items) == 1 else tuple(items)

    def raised(self, value: Value, above: Node | None) -> Value:
        """A power; a transpose, an inverse, a power of every entry."""
        if above is None:
            return value
        word = spelled(above)
        if word == "top":
            return np.transpose(value) if isinstance(value, np.ndarray) else value
        if isinstance(above, t.Added) and above.signs == "-" and spelled(above.terms[0]) == "top":
            return np.transpose(np.linalg.inv(value))
        if isinstance(above, t.Multiplied) and above.signs[0] == "odot":
            return value ** self.value(above.factors[0])
        exponent = self.value(above)
        if isinstance(exponent, np.ndarray):
            raise Unseen("a matrix as an exponent")
        if isinstance(value, np.ndarray) and exponent != round(exponent):
            return of.applied("power", value, exponent)
        return of.power(value, exponent)

    # arithmetic

    def added(self, node: t.Added) -> Value:
        terms = self.all(node.terms)
        if len({np.shape(v) for v in terms}) > 1:
            raise Unseen("a sum of different shapes")
        return sum(-v if s == "-" else v for s, v in zip(node.signs, terms, strict=True))

    def multiplied(self, node: t.Multiplied) -> Value:
        (_, first), *others = self.grouped(node)
        return reduce(self.on, others, self.part(first))

    def on(self, total: Value, factor: tuple[str, Any]) -> Value:
        """A product with one more factor, behind its sign."""
        sign, value = factor[0], self.part(factor[1])
        if sign in ("/", "oslash"):
            return total / value
        if sign == "odot":
            return total * value
        return np.kron(total, value) if sign == "otimes" else of.times(total, value)

    def part(self, part: Any) -> Value:
        """The value of a factor, which may be known."""
        return self.value(part) if isinstance(part, Node) else part

    def grouped(self, node: t.Multiplied) -> list[tuple[str, Any]]:
        """The factors with what belongs together: a function and its bracket, an operator and what follows it.

        The elementwise product binds less tightly than the product of matrices.
        """
        return self.tightly(self.together(node.factors, node.signs))

    def together(self, factors: tuple[Node, ...], signs: tuple[str, ...]) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        at = 0
        while at < len(factors):
            sign, factor = signs[at], factors[at]
            after = factors[at + 1] if at + 1 < len(factors) and not signs[at + 1] else None
            value = self.beside(factor, after) if after is not None else None
            if value is None and isinstance(factor, t.Differential):
                value, more = self.inline(factor)
                return [*found, (sign, value), *self.together(*more)]
            found.append((sign, factor if value is None else value))
            at += 1 if value is None else 2
        return found

    def tightly(self, parts: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Products of matrices first, where elementwise signs stand between them."""
        if not any(sign in ("odot", "oslash", "otimes") for sign, _ in parts):
            return parts
        runs: list[tuple[str, list[tuple[str, Any]]]] = []
        for sign, part in parts:
            if runs and sign not in ("odot", "oslash", "otimes"):
                runs[-1][1].append((sign, part))
            else:
                runs.append((sign, [("", part)]))
        return [(sign, reduce(self.on, run[1:], self.part(run[0][1]))) for sign, run in runs]

    def beside(self, factor: Node, after: Node) -> Value | None:
        """A function of a bracket, an indicator, an operator in front of something; None for two factors."""
        base = factor.base if isinstance(factor, t.Scripted) else factor
        if isinstance(factor, t.Fraction) and isinstance(factor.numerator, t.Differential):
            if factor.numerator.body is None:
                return self.partial(factor.numerator, self.value(after), factor.denominator)
            return None
        if not isinstance(base, t.Symbol):
            return None
        below = factor.below if isinstance(factor, t.Scripted) else None
        raised = after.above if isinstance(after, t.Scripted) and after.below is None else None
        bracket = after.base if raised is not None and isinstance(after, t.Scripted) else after
        if base.name == "1" and isinstance(bracket, t.Bracketed) and bracket.brackets == "[]":
            return self.raised(self.indicator(bracket), raised)
        if base.name in OPERATORS and below is not None and (base.name == "nabla" or base.upright):
            return of.applied("along", self.value(after)) if base.name == "D" else self.nabla(below, after)
        if not (isinstance(bracket, t.Bracketed) and bracket.brackets in ("()", "[]")):
            return None
        found = self.function(factor, base, bracket)
        return None if found is None else self.raised(found, raised)

    def indicator(self, bracket: t.Bracketed) -> Value:
        """1[a > b]; of a share of several arguments the last one has the sign."""
        *more, last = bracket.items
        if isinstance(last, t.Relation) and last.signs == ("succeq",):
            return of.extreme("share", [*self.all(more), self.value(last.sides[0])])
        return self.value(last)

    def nabla(self, wrt: Node, of_what: Node) -> Value:
        """The symbol of a derivative, which has the shape that the formula gives it."""
        found = of.applied("nabla", of.leaf(spelled(wrt), (), ()), of.leaf(spelled(of_what), (), ()))
        shape = self.names.get((("nabla", spelled(wrt), spelled(of_what)), 0))
        return found * np.ones(shape) if shape else found

    def function(self, factor: Node, base: t.Symbol, after: t.Bracketed) -> Value | None:
        """A letter in front of a bracket: a function, unless it is a quantity."""
        below = factor.below if isinstance(factor, t.Scripted) else None
        above = factor.above if isinstance(factor, t.Scripted) else None
        if base.name in ("1", "I", "infty", "pi") or "mathbf" in base.marks or (base.name == "e" and above is not None):
            return None
        if base.name == "delta" and self.two(below):
            return None
        if self.is_quantity(base, below):
            return None
        if below is not None and base.name in OF_MATRICES and isinstance(self.value(after.items[0]), np.ndarray):
            whole = of.applied(spelled(base), *self.all(after.items))
            return self.raised(of.entry(whole, tuple(self.all(self.places(whole, below)))), above)
        word = "".join(next(iter(readings(base, below)))[0])
        if isinstance(above, t.Bracketed):
            return of.applied(word, *self.all(above.items), *self.all(after.items))
        if word == "rho":
            return self.raised(of.norm(self.value(after.items[0]), "rho"), above)
        return self.raised(of.applied(word, *self.all(after.items)), above)

    def is_quantity(self, base: t.Symbol, below: Node | None) -> bool:
        """Whether a name in front of a bracket is a factor: a quantity, a letter, a block such as S_{1:P,:} (x - m)."""
        return (
            self.is_index(base, below)
            or any((k, len(p)) in self.names for k, p in readings(base, below))
            or (below is None and base.name in self.env)
            or (below is not None and bool(_ends(below)))
        )

    def factors(self, node: Node) -> tuple[Node, Node] | None:
        r"""`\mathrm{lr}\,(a + b)^2`, which is read as a function, as two factors where lr is a quantity."""
        scripts = node if isinstance(node, t.Scripted) else None
        call = scripts.base if scripts is not None else node
        if not isinstance(call, t.Call) or call.loose:
            return None
        function, bracket = call.function, call.argument
        base, below = (function.base, function.below) if isinstance(function, t.Scripted) else (function, None)
        if not isinstance(base, t.Symbol) or not self.is_quantity(base, below):
            return None
        return function, bracket if scripts is None else replace(scripts, start=bracket.start, base=bracket)

    def fraction(self, node: t.Fraction) -> Value:
        top, bottom = node.numerator, node.denominator
        if isinstance(top, t.Differential) and top.body is not None:
            return self.partial(top, self.value(top.body), bottom)
        return self.value(top) / self.value(bottom)

    def partial(self, top: t.Differential, of_what: Value, bottom: Node) -> Value:
        """A derivative, of the second order where the order says so."""
        if top.order is not None:
            return of.applied("twice", of_what, *self.twice(bottom))
        if not isinstance(bottom, t.Differential) or bottom.body is None:
            raise Unseen("a derivative with respect to nothing")
        return of.derivative("+" * (top.sign == "immediate"), of_what, self.value(bottom.body))

    def twice(self, bottom: Node) -> list[Value]:
        """With respect to what a second derivative is."""
        if not isinstance(bottom, t.Differential) or bottom.body is None:
            raise Unseen("a second derivative with respect to nothing")
        body = bottom.body
        if isinstance(body, t.Multiplied) and isinstance(last := body.factors[-1], t.Differential) and last.body:
            return [self.value(body.factors[0]), self.value(last.body)]
        if isinstance(body, t.Scripted) and body.above is not None:
            inner = self.value(t.Scripted(body.start, body.end, body.base, body.below, None))
            return [inner, inner]
        raise Unseen("a second derivative with respect to one thing only")

    def differential(self, node: t.Differential) -> Value:
        return self.multiplied(t.Multiplied(node.start, node.end, (node,), ("",)))

    def inline(self, top: t.Differential) -> tuple[Value, tuple[tuple[Node, ...], tuple[str, ...]]]:
        """A derivative with a stroke, as it stands within words, and the factors that follow it with their signs."""
        body = top.body
        if not isinstance(body, t.Multiplied) or "/" not in body.signs:
            raise Unseen("a change alone")
        place = body.signs.index("/")
        bottom = body.factors[place]
        if not isinstance(bottom, t.Differential):
            raise Unseen("a change alone")
        of_what = self.value(_part(body, 0, place))
        if top.order is not None:
            return of.applied("twice", of_what, *self.twice(bottom)), ((), ())
        if not isinstance(bottom.body, t.Multiplied):
            return self.partial(top, of_what, bottom), ((), ())
        first, *more = bottom.body.factors
        wrt = t.Differential(bottom.start, bottom.end, bottom.sign, None, first)
        return self.partial(top, of_what, wrt), (tuple(more), bottom.body.signs[1:])

    def root(self, node: t.Root) -> Value:
        return of.power(self.value(node.body), 1 / (self.value(node.degree) if node.degree else 2.0))

    # brackets, functions, signs of sums

    def bracketed(self, node: t.Bracketed) -> Value:
        values = self.all(node.items)
        if node.brackets in ("ceil", "floor"):
            return of.applied(node.brackets, *values)
        if node.brackets == "<>":
            return of.applied("dot", *values)
        if len(values) != 1:
            raise Unseen("several things in a bracket")
        return values[0]

    def bars(self, node: t.Bars) -> Value:
        return of.applied("abs", self.value(node.body)) if node.strokes == 1 else self.norm(node, None)

    def norm(self, node: t.Bars, below: Node | None) -> Value:
        """A norm by what stands below it."""
        if node.strokes == 1:
            return self.bars(node)
        kind = "" if below is None else {"infty": "inf"}.get(spelled(below), spelled(below))
        return of.norm(self.value(node.body), kind)

    def call(self, node: t.Call) -> Value:
        function, argument = node.function, node.argument
        base = function.base if isinstance(function, t.Scripted) else function
        below = function.below if isinstance(function, t.Scripted) else None
        above = function.above if isinstance(function, t.Scripted) else None
        if not isinstance(base, t.Symbol):
            raise Unseen("a function without a name")
        if below is not None and base.name != "log":
            return self.over(base.name, argument, below)
        several = isinstance(argument, t.Bracketed) and argument.brackets in ("()", "[]")
        values = self.all(argument.items) if several else [self.value(argument)]  # type: ignore[attr-defined]
        if node.loose and isinstance(argument, t.Multiplied) and len(self.grouped(argument)) > 1:
            raise Unseen("where a function ends is not said")
        return self.of_name(base.name, values, below, above)

    def of_name(self, word: str, values: list[Value], below: Node | None, above: Node | None) -> Value:
        """A function by its name; those of matrices are what they are."""
        if word in ("max", "min"):
            return self.raised(of.extreme(word, values), above)
        if word == "tr":
            return float(np.trace(values[0]))
        if word == "det":
            return self.raised(float(np.linalg.det(values[0])), above)
        if word == "diag":
            return self.raised(of.diagonal(values[0]), above)
        if word == "vec" and above is not None:
            return of.applied("vec^-1", *values)
        if word == "erf" and isinstance(above, t.Added):
            return of.applied("erf^-1", *values)
        word += spelled(below) if below is not None else ""  # the base of a logarithm
        made = of.of_word(word, *values) if len(values) == 1 else of.applied(word, *values)
        return self.raised(made, above)

    def over(self, word: str, argument: Node, below: Node) -> Value:
        """A word over letters: mean_i(x_i); those of a softmax are places."""
        letters = below.items if isinstance(below, t.Listed) else letters_of(below)
        if word == "softmax":
            return of.applied(word, self.value(argument), *self.all(letters))
        if not letters:
            return self.value(argument)
        first, *others = letters

        def at(p: Value) -> Value:
            inner = self.bind(_single(first), p)
            return inner.over(word, argument, t.Listed(0, 0, tuple(others), ())) if others else inner.value(argument)

        return of.over_letter(word, at)

    def big(self, node: t.Big) -> Value:
        if node.operator == "lim":
            return self.limit(node)
        if node.operator == "sup":
            return self.letter(_single(node.below), 0.0, 0.0, node, "sup")
        low, letter, high, left_out = self.running(node)
        body = node.body
        if left_out is None:
            return self.letter(letter, self.value(low), self.value(high), node, node.operator)

        def at(p: Value) -> Value:
            inner = self.bind(letter, p)
            out = inner.value(left_out)
            return 1 - out + out * inner.value(body)

        return of.bound("prod", self.value(low), self.value(high), at)

    def running(self, node: t.Big) -> tuple[Node, str, Node, Node | None]:
        """First value, letter, last value of a sign, and a condition that stands below it."""
        below, extra = node.below, None
        if isinstance(below, t.Listed):
            below, *more = below.items
            extra = more[0] if len(more) == 1 else t.Listed(0, 0, tuple(more), ())
        if isinstance(below, t.Relation) and below.signs == ("=",) and node.above is not None:
            return below.sides[1], _single(below.sides[0]), node.above, extra
        if isinstance(below, t.Relation) and below.signs == ("<=", "<="):
            return below.sides[0], _single(below.sides[1]), below.sides[2], extra
        raise Unseen("a sign without its range")

    def bind(self, letter: str, value: Value) -> Seen:
        """The same with a letter bound."""
        made = Seen((), {**self.env, letter: value})
        made.names = self.names
        return made

    def letter(self, letter: str, low: Value, high: Value, node: t.Big, word: str) -> Value:
        """A sign over a letter."""
        body: Callable[[Value], Value] = lambda p: self.bind(letter, p).value(node.body)  # noqa: E731
        return of.summed(low, high, body) if word == "sum" else of.bound(word, low, high, body)

    def limit(self, node: t.Big) -> Value:
        if not (isinstance(node.below, t.Relation) and node.below.signs == ("to",)):
            raise Unseen("a limit without its letter")
        letter, to = node.below.sides
        end = self.value(to)
        return self.letter(_single(letter), end, end, node, "lim")

    def rows(self, node: t.Rows) -> Value:
        if node.kind != "cases":
            return of.table([self.all(row) for row in node.rows])
        return sum(self.value(condition) * self.value(value) for value, condition in node.rows)

    def logic(self, node: t.Logic) -> Value:
        """How far several conditions hold."""
        values = self.all(node.parts)
        return math.prod(values) if node.sign == "and" else 1 - math.prod(1 - v for v in values)

    def relation(self, node: t.Relation) -> Value:
        """How far a chain of comparisons holds."""
        if len(node.signs) == 1 and (residue := _residue(node.sides[1])):
            found = of.applied("mod", self.value(node.sides[0]), *self.all(residue))
            return found if node.signs == ("=",) else 1 - found
        sides, total = self.all(node.sides), 1.0
        for n, sign in enumerate(node.signs):
            total = total * of.compared(sign, sides[n], sides[n + 1])
        return total


def _ends(below: Node) -> list[t.Words | t.Relation]:
    """First and last rows and columns, `1:P, :`; nothing for what is no block."""
    items = below.items if isinstance(below, t.Listed) else (below,)
    found = [
        e for e in items
        if (isinstance(e, t.Words) and e.text == ":") or (isinstance(e, t.Relation) and e.signs == (":",))
    ]  # fmt: skip
    return found if len(found) == len(items) else []


def _single(node: Node | None) -> str:
    if not isinstance(node, (t.Symbol, t.Scripted)):
        raise Unseen("no letter where one is bound")
    return spelled(node)


def _residue(node: Node) -> tuple[Node, Node] | None:
    """The r and the n of `r (mod n)`."""
    if not (isinstance(node, t.Multiplied) and len(node.factors) == 2 and isinstance(node.factors[1], t.Bracketed)):
        return None
    inner = node.factors[1].items[-1]
    if not (isinstance(inner, t.Multiplied) and isinstance(inner.factors[0], t.Symbol)):
        return None
    return (node.factors[0], _part(inner, 1, len(inner.factors))) if inner.factors[0].name == "mod" else None


def _part(node: t.Multiplied, first: int, last: int) -> Node:
    factors = node.factors[first:last]
    if len(factors) == 1:
        return factors[0]
    return t.Multiplied(node.start, node.end, factors, ("", *node.signs[first + 1 : last]))
