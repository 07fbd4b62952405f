"""A text becomes a Graph: its definitions in order, each name with its role, its indices and its shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from sympy import Dummy, Expr, Integer, KroneckerDelta

from derive.errors import ModelError, ReadError
from derive.graph import Graph
from derive.read.reader import read
from derive.read.tree import Node, Number, Relation, Scripted
from derive.transcribe.formulas import Formula
from derive.transcribe.inferred import Unclear, inferred
from derive.transcribe.leaves import facts, role
from derive.transcribe.letters import Indexing
from derive.transcribe.notation import Stem, notation
from derive.transcribe.occurrences import FUNCTION_LETTERS, Occurrence, letter, occurrences
from derive.transcribe.order import groups
from derive.transcribe.powers import named
from derive.transcribe.random import laws
from derive.transcribe.rewritten import CIRCLE, rewritten
from derive.transcribe.rules import RULES
from derive.transcribe.shifted import backwards
from derive.transcribe.sizes import Ends, dimensions
from derive.transcribe.statements import Definition, Statements, statements
from derive.transcribe.values import Value, scalar, shown

_NOT_AN_INDEX = (
    "{letter} is an index here, and other subscripts of this name are none, so {name} is not one of a family; declare "
    "the range of each subscript, or write the subscript that is part of a name in another way"
)
LOSSES = ("L", "J", "ell", "E", "C")


Place: TypeAlias = tuple[int | str, ...]  # where a first value stands: a number, and letters beside it


@dataclass
class Pasted:
    """A model that was read: its graph, the identifier of each name as typed, and what each was taken for.

    `apart` are names of their own beside a family, `unused` the lines of equations whose left side is no name.
    `inferred` are the identifiers of leaves whose shape follows from the formulas, `losses` the numbers that `loss` can
    name, `claims` the statements about derivatives.
    """

    graph: Graph
    names: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    claims: list[Relation] = field(default_factory=list)
    inferred: list[str] = field(default_factory=list)
    losses: tuple[str, ...] = ()
    apart: list[str] = field(default_factory=list)
    unused: list[int] = field(default_factory=list)


def pasted(source: str, loss: str | None = None, roles: Mapping[str, str] | None = None) -> Pasted:
    """The model that a text in LaTeX defines. `roles` overrides what a name, as typed, is taken for.

    Errors: ReadError with the place of what cannot be read, or of what has no meaning.
    """
    said = statements(named(backwards(rewritten(read(source)))))
    if not said.definitions:
        raise ReadError("nothing is defined here; a model has lines such as z = w x + b", source, 0, len(source))
    return Building(source, said, loss, dict(roles or {})).built()


class Building:
    """One graph while it is made; formulas ask it for what their names stand for."""

    def __init__(self, source: str, said: Statements, loss: str | None, roles: dict[str, str]):
        self.source, self.said, self.roles = source, said, roles
        self.how = notation(said)
        said.definitions = [d for d in said.definitions if not self._place_only(d)]
        self.dimensions = dimensions(said, self.how)
        self.functions = said.functions
        self.graph = Graph("model")
        self.made = Pasted(self.graph, claims=said.claims)
        taken = {Stem(o.base).word for d in said.definitions for o in (d.left, *d.names())}
        self._indexing = Indexing(self.graph, source, self.how, self.dimensions, taken)
        self.known: dict[Stem, tuple[Value, int]] = {}  # the value of a name, and how many indices stand before it
        self.shapes: dict[Stem, tuple[Expr, ...]] = {}
        self.laws, self.starts = self._definitions()
        self.loss = self._loss(loss)
        self.randoms = laws(said, self.how)
        self.doubt: list[Unclear] = []
        self.inferred = self._inferred()

    def _inferred(self) -> dict[Stem, tuple[str, ...]]:
        starts = {stem: several.values() for stem, several in self.starts.items()}
        try:
            return inferred(self.how, self.dimensions, self.laws, self.functions, starts, self.doubt)
        except Unclear as found:
            raise self.error(found.node, str(found)) from None

    def _place_only(self, definition: Definition) -> bool:
        """Whether this is no definition but says at which place something holds: `for $t = 0$`."""
        left = definition.left
        bare = left.base in self.how.letters and not left.places and not left.marks
        return bare and left.power is None and isinstance(definition.right, Number)

    @property
    def indexing(self) -> Indexing:
        """What makes sizes and letters."""
        return self._indexing

    def built(self) -> Pasted:
        """The graph, with every definition in an order in which each uses only what is known."""
        for group, states in groups(self.laws, self.how):
            if states:
                self._find_shapes(group, states)
            opened = {stem: self._open(stem) for stem in states}
            for stem in group:
                self._define(stem, opened.get(stem))
        self.made.unused = sorted({self.source.count("\n", 0, fact.start) + 1 for fact in self.said.unused()})
        self.made.names |= {name: name for name in self.indexing.labels}
        self.made.roles |= dict.fromkeys(self.indexing.labels, "label")
        for found in self.doubt:
            raise self.error(found.node, str(found))
        unknown = [name for name in self.roles if name not in {*self.made.roles, *self.made.names.values()}]
        if unknown:
            raise ModelError(f"there is no {unknown[0]} to be given a role; there are {', '.join(self.made.roles)}")
        return self.made

    def _definitions(self) -> tuple[dict[Stem, Definition], dict[Stem, dict[Place, Definition]]]:
        """The laws by their names, and apart from them what holds at a fixed place, as h_0 = 0."""
        laws: dict[Stem, Definition] = {}
        starts: dict[Stem, dict[Place, Definition]] = {}
        for definition in self.said.definitions:
            if definition.left.power is not None:
                raise self.error(definition.left.node, "a power on a left side is no name; define the name itself")
            stem, places = self.how.split(definition.left)
            if (at := _start(places)) is not None:
                starts.setdefault(stem, {})[at] = definition
            elif stem in laws:
                raise self.error(definition.left.node, f"{self.typed(definition.left.node)} is defined twice")
            elif definition.left.base not in self.functions:
                laws[stem] = definition
        return laws, starts

    def _loss(self, wished: str | None) -> Stem:
        """The loss: as wished, else the first of the usual names that is defined, else the last number defined."""
        scalars = [stem for stem, law in self.laws.items() if not self.how.split(law.left)[1]]
        self.made.losses = tuple(self.typed(self.laws[stem].left.node) for stem in scalars)
        if wished is not None:
            for stem in scalars:
                if wished in (stem.word, self.typed(self.laws[stem].left.node)):
                    return stem
            raise ModelError(f"--loss {wished}: no definition of it; there are {', '.join(s.word for s in scalars)}")
        usual = [stem for base in LOSSES for stem in scalars if stem.base == base and not stem.fixed]
        if not scalars:
            raise ReadError("no line defines a number that could be the loss", self.source, 0, len(self.source))
        return (usual or scalars[-1:])[0]

    # -- definitions ----------------------------------------------------------------------------------------------

    def _own(self, stem: Stem) -> list[Any]:
        """The indices on the left side of a definition."""
        return [self.indexing.letter(letter(p), p) for p in self.how.split(self.laws[stem].left)[1]]

    def _formula(self, stem: Stem) -> Formula:
        places = self.how.split(self.laws[stem].left)[1]
        return Formula(self, RULES, dict(zip(map(letter, places), self._own(stem), strict=True)))

    def _shape_of(self, stem: Stem) -> tuple[Expr, ...]:
        self.indexing.fresh()
        return self._formula(stem).value(self.laws[stem].right).shape

    def _find_shapes(self, group: list[Stem], states: list[Stem]) -> None:
        """The shapes of states that refer to each other: as given, else as their laws make them."""
        for stem in states:
            self.shapes[stem] = self.given(stem)
        for _ in range(len(group) + 1):
            before = dict(self.shapes)
            for stem in states:
                self._know(stem, Dummy, self.shapes[stem])
            for stem in group:
                self.shapes[stem] = self._shape_of(stem)
                self._know(stem, Dummy, self.shapes[stem])
            if before == self.shapes:
                break
        for stem in group:
            del self.known[stem]

    def _open(self, stem: Stem) -> Any:
        """Declares a family that refers to itself, with its values at the border."""
        law, shape = self.laws[stem], self.shapes[stem]
        self.indexing.fresh()
        extra = tuple(self.indexing.over(size) for size in shape)
        start = {}
        for at, definition in self.starts.get(stem, {}).items():
            scope = {own: self.indexing.letter(own, definition.left.node) for own in at if isinstance(own, str)}
            value = Formula(self, RULES, scope).value(definition.right)
            place = (*(scope.get(own, own) if isinstance(own, str) else own for own in at), *extra)
            start[at[0] if len(at) == 1 else place] = value.at(extra if value.shape else ())
        if not start:
            name = self.typed(law.left.node)
            raise self.error(
                law.left.node, f"{name} refers to itself, and no first value is given; write {stem.base}_0 = 0"
            )
        (symbol,) = self.graph.states(self._word(stem, law.left), over=(*self._own(stem), *extra), start=start)
        self._know(stem, symbol, shape)
        return symbol

    def _define(self, stem: Stem, state: Any) -> None:
        """Adds one definition to the graph, as a node, as the law of a state, or as the loss."""
        law, shape = self.laws[stem], self._shape_of(stem)
        if stem == self.loss and shape:
            raise self.error(law.right, f"the loss is a number, and this has the shape {shown(shape)}")
        self.indexing.fresh()
        extra = [self.indexing.over(size) for size in shape]  # first, so that its own letters are the early ones
        element = self._formula(stem).value(law.right).at(tuple(extra))
        word = self._word(stem, law.left)
        try:
            if state is not None:
                self.graph.update(state, element)
            elif stem == self.loss:
                self.graph.loss(word, element)
            else:
                self._know(stem, self.graph.node(word, element, over=(*self._own(stem), *extra)), shape)
        except ModelError as refused:
            raise self.error(law.left.node, str(refused)) from None

    def _know(self, stem: Stem, symbol: Any, shape: tuple[Expr, ...]) -> None:
        """From now on a name has a value; `Dummy` stands in where only the shape matters."""
        value = Value(
            shape, lambda places: Dummy() if symbol is Dummy else symbol[places] if places else symbol, family=symbol
        )
        self.known[stem] = value, len(self.how.split(self.laws[stem].left)[1]) if stem in self.laws else 0

    # -- names ----------------------------------------------------------------------------------------------------

    def quantity(self, found: Occurrence, formula: Formula) -> Value | None:
        """The value of a name at its indices; None if it is no quantity, as a function."""
        stem, places = self.how.split(found)
        if CIRCLE in found.marks:
            return None
        if stem.word in self.how.ends and stem not in self.laws and not places:
            return scalar(self.indexing.size(stem.word))
        if not found.places and found.base in formula.scope and not found.marks:
            return scalar(formula.scope[found.base])  # the t of \beta^t: the number of the step
        bound = [part for part in stem.fixed if part in formula.scope]
        if bound:
            raise self.error(found.node, _NOT_AN_INDEX.format(letter=bound[0], name=self.typed(found.node)))
        if (
            stem.base in ("pi", "infty")
            and not places
            and not stem.fixed
            and stem not in self.laws
            and not self._wished(stem, found)
        ):
            return None
        if stem.base == "delta" and len(places) == 2 and stem not in self.laws and stem not in self.dimensions.given:
            return scalar(KroneckerDelta(*(self.indexing.extent(place, formula.scope) for place in places)))
        free = not found.places and not found.marks and found.base in self.how.letters
        if free and stem not in self.known and stem not in self.laws:
            raise self.error(found.node, f"the index {found.base} is not bound here; write a sum over it")
        if stem not in self.known and not self._leaf(stem, found):
            return None
        value, count = self.known[stem]
        at = tuple(self._place(stem, k, place, formula) for k, place in enumerate(places))
        if not at and count and stem in self.laws:
            axes = self._axes(stem)[:count]
            return replace(value, shape=(*axes, *value.shape))  # z is the vector of all z_c
        if not count <= len(at) <= count + len(value.shape):
            raise self.error(found.node, f"{len(at)} indices stand here, and {count} to {count + len(value.shape)} can")
        whole = replace(value, at=lambda rest: value.at((*at, *rest)), shape=value.shape[len(at) - count :])
        return whole if not at else replace(whole, family=None)

    def random(self, node: Node) -> bool:
        """Whether a random quantity stands in a tree, or what is made of one."""
        stems = {self.how.split(found)[0] for found in occurrences(node)}
        return any(stem in self.randoms or (stem in self.laws and self.random(self.laws[stem].right)) for stem in stems)

    def _place(self, stem: Stem, k: int, place: Node, formula: Formula) -> Expr:
        """A position in an axis of a family: an index, or a label as the y of `p_y`."""
        value, count = self.known[stem]
        if self.indexing.label(place, formula.scope) is None:
            return self.indexing.extent(place, formula.scope)
        return self.indexing.labelled(place, self._axes(stem)[k] if k < count else value.shape[k - count])

    def _axes(self, stem: Stem) -> list[Expr]:
        """How far each index of a family runs."""
        return [self.indexing.ends(ends)[1] for ends in self.dimensions.axes[stem]]

    def _leaf(self, stem: Stem, found: Occurrence) -> bool:
        """Declares what is used and never defined; False for the name of a function."""
        if stem in self.laws:
            raise self.error(found.node, f"{self.typed(found.node)} is used before it is defined, in a circle")
        if self._applied(stem, found):
            return False
        axes, shape = self.dimensions.axes.get(stem, []), self.given(stem)
        outer = axes[: self.dimensions.counts.get(stem, 0)]
        dims = [self.indexing.ends(ends) for ends in outer]
        words = [kind for name, kind in self.said.words if self.how.split(name)[0] == stem]
        kind = self._wished(stem, found) or next((k for k in words if k != "one_hot"), "")
        single = not dims and not shape
        kind = kind or ("target" if words else role(stem, self._timed(outer) and not found.layers, single))
        known = (
            {"one_hot": True}
            if "one_hot" in words
            else facts(stem, self.said, self.how, self.dimensions.sets.get(stem, ""))
        )
        try:
            if stem in self.randoms:
                kind, known = "normal", self._law(stem, found)
            symbol = getattr(self.graph, kind)(self._word(stem, found), *dims, *shape, **known)
        except ModelError as refused:
            raise self.error(found.node, str(refused)) from None
        self.made.roles[self.bare(found)] = kind
        self.made.apart += [stem.word] if self.how.is_apart(found) else []
        self.made.inferred += [stem.word] if self.inferred.get(stem) else []
        value = Value(shape, lambda places: symbol[places] if places else symbol, family=symbol)
        self.known[stem] = value, len(dims)
        return True

    def _law(self, stem: Stem, found: Occurrence) -> dict[str, Any]:
        law = self.randoms[stem]
        read = [Formula(self, RULES).value(node) if node is not None else scalar(Integer(1)) for node in law]
        mean, variance = (value.family if value.shape else value.at(()) for value in read)
        return {"mean": mean, "variance": variance}

    def _wished(self, stem: Stem, found: Occurrence) -> str | None:
        return self.roles.get(self.bare(found)) or self.roles.get(stem.word)

    def given(self, stem: Stem) -> tuple[Expr, ...]:
        """The shape that is given for a name, or follows from the formulas, without its indices."""
        if stem not in self.dimensions.given:
            return tuple(map(self.indexing.sized, self.inferred.get(stem, ())))
        return tuple(self.indexing.extent(node, {}) for node in self.dimensions.given.get(stem, ()))

    def _timed(self, axes: list[Ends]) -> bool:
        """Whether a family runs over the steps of a recurrence."""
        steps = set()
        for stem, law in self.laws.items():
            places = self.how.split(law.left)[1]
            for at in self.starts.get(stem, {}):
                steps |= {letter(p) for p, own in zip(places, at, strict=False) if isinstance(own, int)}
        return any(ends.letter in steps for ends in axes)

    def _applied(self, stem: Stem, found: Occurrence) -> bool:
        """Whether a bracket follows a name that is usually a function, and nothing says that it is a quantity."""
        text = self.source[found.node.end : found.node.end + 12].lstrip().removeprefix("\\left").removeprefix("\\big")
        usual = found.base in FUNCTION_LETTERS
        return usual and not found.places and stem not in self.dimensions.given and text.startswith("(")

    def _word(self, stem: Stem, found: Occurrence) -> str:
        """The identifier of a name, which `names` keeps beside the name as typed."""
        self.made.names[self.bare(found)] = stem.word
        return stem.word

    def typed(self, node: Node) -> str:
        """A part of the source as it was written."""
        return re.sub(r"\s+", " ", self.source[node.start : node.end])

    def bare(self, found: Occurrence) -> str:
        """A name as typed, without its indices: `w_{hh}`, `h` for h_t."""
        _, places = self.how.split(found)
        if found.sort in self.how.each:  # the L_i beside L keeps its index
            return self.typed(found.node)
        node = found.node
        if not isinstance(node, Scripted):
            return self.typed(node)
        parts = [node.base]
        for part in sorted(filter(None, (node.below, node.above)), key=lambda script: script.start):
            power = part is node.above and (found.power is not None or found.transposed)
            if not power and not any(part.start <= place.start < part.end for place in places):
                parts.append(part)
            elif not power:  # the 0 of w_{j0}, the o of W_{o,t}
                parts += [p for p in found.places if part.start <= p.start < part.end and p not in places]
        return "".join(self._script(part, node) for part in parts)

    def _script(self, part: Node, node: Scripted) -> str:
        """A base as it was typed, or a script with its sign and its braces."""
        text = self.typed(part)
        if part is node.base:
            return text
        braced = self.source[part.start - 1 : part.start] == "{" and not text.startswith("{")
        above = node.above is not None and node.above.start <= part.start < node.above.end
        return ("^" if above else "_") + (f"{{{text}}}" if braced or (len(text) > 1 and text[0] != "\\") else text)

    def error(self, node: Node, message: str) -> ReadError:
        """An error at a node."""
        return ReadError(message, self.source, node.start, node.end)


def _start(places: tuple[Node, ...]) -> Place | None:
    """Where a first value stands, as the 0 of `h_0` or of `a^0_j`; None for a definition at letters only."""
    at = [int(p.digits) if isinstance(p, Number) and p.digits.isdigit() else letter(p) for p in places]
    numbers = [own for own in at if isinstance(own, int)]
    return tuple(at) if len(numbers) == 1 and all(own != "" for own in at) else None
