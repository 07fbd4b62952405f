"""What each line of a model says: a definition, a start, a shape, a range, a fact, a claim about a derivative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from derive.read.reader import Row
from derive.read.tree import (
    Big,
    Bracketed,
    Call,
    Differential,
    Dots,
    Fraction,
    Multiplied,
    Node,
    Number,
    Range,
    Relation,
    Scripted,
    Symbol,
    Words,
    rebuilt,
    walk,
)
from derive.transcribe.functions import elementwise
from derive.transcribe.occurrences import FUNCTION_LETTERS, Occurrence, occurrence, occurrences, places, written
from derive.transcribe.prose import said


@dataclass
class Definition:
    """`left = right`: the left side is a name; `arguments` are those of `L(a, y)`, and `row` is where it stands."""

    left: Occurrence
    right: Node
    arguments: tuple[Node, ...] = ()
    where: tuple[Range, ...] = ()
    further: tuple[Node, ...] = ()  # what the chain goes on with
    inputs: frozenset[str] = frozenset()  # the arguments of a function that another line calls: no names of the model

    def names(self) -> Iterator[Occurrence]:
        """The names of the model on the right side."""
        return (found for found in occurrences(self.right) if found.base not in self.inputs)


@dataclass
class Statements:
    """All that a text says, sorted by kind, in its order."""

    definitions: list[Definition] = field(default_factory=list)
    shapes: list[tuple[Occurrence, Node]] = field(default_factory=list)
    ranges: list[Range] = field(default_factory=list)
    facts: list[Relation] = field(default_factory=list)
    claims: list[Relation] = field(default_factory=list)
    words: list[tuple[Occurrence, str]] = field(default_factory=list)
    functions: dict[str, Definition] = field(default_factory=dict)  # those that another line calls

    def unused(self) -> list[Relation]:
        """Equations that are neither a definition nor what can be assumed of a name, as a sum that is 1."""
        return [fact for fact in self.facts if fact.signs[0] == "=" and not isinstance(fact.sides[0], Big | Words)]


def statements(rows: Sequence[Row]) -> Statements:
    """The statements of the rows of a text."""
    found = Statements(words=list(said(rows)))
    for row in rows:
        ranges = tuple(r for item in row.items for r in _ranges(item))
        found.ranges += ranges
        for place, item in enumerate(row.items):
            if isinstance(item, Relation):
                _sort(item, ranges, found)
                _listed(row.items[:place], item, found)
    _plain(found)
    _defined_sides(found)
    found.functions = _functions(found)
    return found


def _defined_sides(said: Statements) -> None:
    """Of a chain `f(q) = \\sum_i a(q, x_i) y_i = ...` the next side defines f, if nothing defines the function a."""
    told = {d.left.base for d in said.definitions}
    for made in said.definitions:
        while made.further and any(_unknown(*pair, told) for node in walk(made.right) for pair in _pairs(node)):
            made.right, made.further = made.further[0], made.further[1:]


def _unknown(head: Occurrence, behind: Bracketed, told: set[str]) -> bool:
    return len(behind.items) > 1 and behind.brackets == "()" and head.base not in told and not elementwise(head.base)


def _plain(said: Statements) -> None:
    """Takes away brackets that only say on what a name depends: y(x, w) that is y wherever it stands is no function."""
    told = {d.left.base: tuple(map(written, d.arguments)) for d in said.definitions if d.arguments}
    called: dict[str, set[tuple[str, ...]]] = {}
    for definition in said.definitions:
        for node in walk(definition.right):
            for head, behind in _pairs(node):
                called.setdefault(head.base, set()).add(tuple(map(written, behind.items)))
    same = {base for base, uses in called.items() if uses == {told.get(base)} and base not in FUNCTION_LETTERS}
    for definition in said.definitions if same else ():
        definition.right = _without(definition.right, same)
        definition.arguments = () if definition.left.base in same else definition.arguments


def _pairs(node: Node) -> Iterator[tuple[Occurrence, Bracketed]]:
    """The names in a product with a bracket behind them."""
    if isinstance(node, Multiplied):
        for one, two, sign in zip(node.factors, node.factors[1:], node.signs[1:], strict=False):
            head = occurrence(one)
            if isinstance(two, Bracketed) and not sign and head is not None:
                yield head, two


def _without(node: Node, same: set[str]) -> Node:
    node = rebuilt(node, lambda child: _without(child, same))
    if not isinstance(node, Multiplied):
        return node
    drop = {id(behind) for head, behind in _pairs(node) if head.base in same}
    kept = [(f, s) for f, s in zip(node.factors, node.signs, strict=True) if id(f) not in drop]
    if len(kept) == 1:
        return kept[0][0]
    return replace(node, factors=tuple(f for f, _ in kept), signs=tuple(s for _, s in kept))


def _functions(said: Statements) -> dict[str, Definition]:
    """The definitions of functions: they have arguments, and another formula calls them."""
    called = {o.base for d in said.definitions for node in walk(d.right) for o in heads(node)}
    found = {d.left.base: d for d in said.definitions if d.arguments and d.left.base in called}
    for made in found.values():
        made.inputs = frozenset(getattr(argument, "name", "?") for argument in made.arguments)
    return found


def heads(part: Node) -> Iterator[Occurrence]:
    """The names in front of brackets in a node itself."""
    found: list[Node] = []
    if isinstance(part, Multiplied):
        pairs = zip(part.factors, part.factors[1:], strict=False)
        found = [one for one, two in pairs if isinstance(two, Bracketed)]
    elif isinstance(part, Call):
        found = [part.function]
    yield from filter(None, map(occurrence, found))


def _ranges(item: Node) -> list[Range]:
    r"""`t = 1, \dots, T`, also as `t \in \{1, \dots, T\}` and as `1 \le t \le T`."""
    if isinstance(item, Range):
        return [item]
    if not isinstance(item, Relation):
        return []
    sides, signs = item.sides, item.signs
    if signs == ("in",) and isinstance(sides[1], Bracketed) and any(isinstance(i, Dots) for i in sides[1].items):
        ends = [i for i in sides[1].items if not isinstance(i, Dots)]
        return [Range(item.start, item.end, sides[0], ends[0], ends[-1])] if len(ends) > 1 else []
    if signs in (("<=", "<="),) and isinstance(sides[0], Number):
        return [Range(item.start, item.end, sides[1], sides[0], sides[2])]
    return []


def _sort(item: Relation, ranges: tuple[Range, ...], found: Statements) -> None:
    """Puts a relation where it belongs."""
    if item.signs[0] == "in":
        if not _ranges(item):
            _members(item, found)
    elif set(item.signs) == {"="} or item.signs[0] == "=":
        _defined(item, ranges, found)
    elif not _ranges(item):
        found.facts.append(item)


def _members(item: Relation, found: Statements) -> None:
    name = occurrence(item.sides[0])
    if name is not None:
        found.shapes.append((name, item.sides[-1]))


def _listed(before: tuple[Node, ...], item: Relation, found: Statements) -> None:
    r"""In `h_t, c_t \in \mathbb{R}^H` the names in front are members too."""
    if item.signs != ("in",) or _ranges(item):
        return
    for node in reversed(before):
        name = occurrence(node)
        if name is None:
            return
        found.shapes.append((name, item.sides[-1]))


def _defined(item: Relation, ranges: tuple[Range, ...], found: Statements) -> None:
    """`a = b = 0` defines each name of the chain by its last side; a derivative on the left makes a claim."""
    left = item.sides[0]
    if is_derivative(left):
        found.claims.append(item)
        return
    if (inner := logarithm(left)) is not None:  # log Z = ... says that Z is the exponential
        exp = Symbol(left.start, left.end, "exp", upright=True)
        right = item.sides[1]
        found.definitions.append(Definition(inner, Call(right.start, right.end, exp, right, False), (), ranges))
        return
    name, arguments = called(left)
    if name is None:
        found.facts.append(item)
        return
    sides = [called(side) for side in item.sides[:-1]]
    names = [occurrence(side) for side in item.sides[:-1]]
    if all(names) and isinstance(item.sides[-1], Number):
        for each in names:
            assert each is not None
            found.definitions.append(Definition(each, item.sides[-1], (), ranges))
    else:
        found.definitions.append(Definition(name, item.sides[1], arguments, ranges, further=item.sides[2:]))
        for (again, inputs), right in zip(sides[1:], item.sides[2:], strict=True):  # a = y = f(z) says what y is too
            if again is None or inputs:
                break
            found.definitions.append(Definition(again, right, inputs, ranges))


def logarithm(node: Node) -> Occurrence | None:
    """The name whose logarithm this is."""
    if not isinstance(node, Call) or getattr(node.function, "name", "") not in ("log", "ln"):
        return None
    inner = node.argument
    return occurrence(inner.items[0] if isinstance(inner, Bracketed) and len(inner.items) == 1 else inner)


def called(node: Node) -> tuple[Occurrence | None, tuple[Node, ...]]:
    """The name and the arguments of `L(a, y)`, also of `f(x)_i`; no arguments for a plain name."""
    below: Node | None = None
    head: Node
    tail: Node
    if isinstance(node, Scripted) and isinstance(node.base, Call):
        head, tail, below = node.base.function, node.base.argument, node.below
    elif isinstance(node, Call):
        head, tail = node.function, node.argument
    elif isinstance(node, Multiplied) and len(node.factors) == 2 and not any(node.signs):
        head, tail = node.factors
        if isinstance(tail, Scripted) and tail.above is None:
            below, tail = tail.below, tail.base
    else:
        return occurrence(node), ()
    name = occurrence(head)
    if name is None or not isinstance(tail, Bracketed) or tail.brackets not in ("()", "[]"):
        return occurrence(node), ()
    return (name if below is None else name._replace(places=(*name.places, *places(below)))), tail.items


def is_derivative(node: Node) -> bool:
    r"""`\partial L / \partial w`, `\nabla_w L`, `dL/dw`, also inside of more."""
    for part in walk(node):
        if isinstance(part, Fraction) and isinstance(_head(part.denominator), Differential):
            return True
        if isinstance(part, Fraction) and all(map(_plain_d, (part.numerator, part.denominator))):
            return True
        if isinstance(part, Scripted) and isinstance(part.base, Symbol) and part.base.name == "nabla":
            return True
    if isinstance(node, Multiplied):
        texts = [factor.name if isinstance(factor, Symbol) else "" for factor in node.factors]
        return texts.count("d") == 2 and "/" in node.signs
    return False


def _plain_d(node: Node) -> bool:
    """The d of dL, typed as a letter."""
    head = _head(node)
    return isinstance(head, Symbol) and head.name == "d" and isinstance(node, Multiplied)


def _head(node: Node) -> Node:
    return node.factors[0] if isinstance(node, Multiplied) else node
