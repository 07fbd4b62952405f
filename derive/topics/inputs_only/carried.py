"""A gradient in what is given: every adjoint in it, then every computed quantity, replaced by what it is.

What recurs has no end to its definitions. Where the chain rule has found a closed form, that is put in; where it has
none, the gradient stays as it is, and what stands in the way is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sympy import Add, Expr

from derive.chain.derivation import Line, Step, Term
from derive.chain.derived import Derived
from derive.chain.facts import known
from derive.chain.rules.exchange import exchange
from derive.chain.rules.insert import INSERT, definitions_of, insert_definitions
from derive.chain.rules.pipeline import develop
from derive.chain.rules.tidy import tidy
from derive.expressions.coefficients import reduced
from derive.expressions.indices import name_of, substitute
from derive.expressions.symbols import Given, Immediate, Partial
from derive.expressions.traverse import adjoints, names, rewrite
from derive.expressions.weight import weight
from derive.language import Text, clauses
from derive.model.model import Case, Node
from derive.model.reachability import reach

LONGEST = 1500  # signs; a longer formula fits on no page
WORTH = 300  # signs; what is longer on its way becomes no short one, and may take minutes
SHORT = 30  # signs; of a longer one that nobody asked for a reader learns nothing
SIMPLIFIED = Text("simplify", "化简")
INSERT_CLOSED = Text("substitute the closed form of {names}", "代入 {names} 的通项公式")
INSERT_CLOSED_FORMS = Text("substitute the closed forms of {names}", "代入 {names} 的通项公式")


class Carried(NamedTuple):
    """The gradient on one region of its indices: the lines from its final form to what is given.

    `without` are the recurrences that have no closed form, each as its generic element; with them, and where the
    formula is `long`, there are no lines.
    """

    step: Step
    lines: tuple[Line, ...] = ()
    without: tuple[Expr, ...] = ()
    long: bool = False

    @property
    def value(self) -> Expr:
        """The gradient in leaves alone. An abstract loss keeps its partials, which are given."""
        return self.lines[-1].expr


def carried(derived: Derived, name: str, longest: int | None = None) -> tuple[Carried, ...]:
    """Carry the gradient of one family to what is given, on each of its regions, while it is not too long. Errors:
    ModelError if it was not derived."""
    derived.form(name)
    definitions = Definitions(derived, longest)
    return tuple(definitions.carry(step) for step in derived.regions(name))


def with_closed_forms(derived: Derived) -> tuple[Carried, ...]:
    """The gradients that hold states with a closed form, carried to what is given where that can be done and is soon
    read."""
    solved = {value.node.name for value in derived.values}
    wanted = [s.node.name for s in derived.steps if s.node.is_leaf and names(s.value) & solved]
    found = (one for name in dict.fromkeys(wanted) for one in carried(derived, name, WORTH))
    return tuple(one for one in found if one.lines and weight(one.value) <= SHORT)


class Definitions:
    """What stands for the adjoints and for the computed quantities of a derivation."""

    def __init__(self, derived: Derived, longest: int | None = None):
        self.derived, self.model = derived, derived.model
        self.longest = LONGEST if longest is None else longest
        solved = {s.node.name: s.value for s in derived.values}
        computed = [n for n in self.model.nodes.values() if not n.is_leaf and n.abstract is None]
        self.nodes: dict[str, Node] = {}
        for node in computed:
            if node.name in solved:
                self.nodes[node.name] = node._replace(cases=(Case(node.indices, solved[node.name]),))
            elif len(node.cases) == 1:
                self.nodes[node.name] = node
        self.open = {n.name for n in computed if n.name not in self.nodes}
        self.forms = {form.node.name: form for form in derived.closed_forms}

    def carry(self, step: Step) -> Carried:
        """Carry one step to what is given."""
        without = tuple(dict.fromkeys((*self._recurring(step.value), *self._unsolved(step.value))))
        if without:
            return Carried(step, without=without)
        lines: list[Line] = []
        for line in self._lines(step):
            if weight(line.expr) > self.longest:
                return Carried(step, long=True)
            lines.append(line)
        return Carried(step, tuple(lines))

    def _lines(self, step: Step) -> Iterator[Line]:
        yield Line(step.lines[-1].terms)
        expr = step.value
        for line in self._without_adjoints(expr):
            expr = line.expr
            yield line
        while True:
            inserted, used = insert_definitions(expr, self.nodes, self.model.indices)
            if not used:
                yield from exchange(_terms(expr))
                return
            yield Line(_terms(inserted), self._why(used))
            expr = reduced(tidy(inserted))
            if expr != inserted:
                yield Line(_terms(expr), SIMPLIFIED)

    def _why(self, used: Sequence[Expr]) -> Text:
        """Say of which quantities the definitions, and of which the closed forms are put in."""
        closed = [e for e in used if len(self.model.nodes[name_of(e)].cases) > 1]
        plain = [e for e in used if e not in closed]
        said = [definitions_of(plain)] if plain else []
        if closed:
            said.append((INSERT_CLOSED if len(closed) == 1 else INSERT_CLOSED_FORMS)(names=closed))
        return clauses(said)

    def _without_adjoints(self, expr: Expr) -> Iterator[Line]:
        while any(self._is_derived(p) for p in adjoints(expr)):
            put = [p for p in adjoints(expr) if self._is_derived(p)]
            expr = rewrite(expr, self._value, self.model.indices)
            yield Line(_terms(expr), INSERT(values=sorted(put, key=str)))
            for line in develop(_terms(expr), known(self.model)):
                expr = line.expr
                yield line

    def _is_derived(self, part: Expr) -> bool:
        """Is it an adjoint that has a step of its own? That of an abstract loss is given."""
        steps = self.derived.regions(name_of(part.wrt)) if type(part) is Partial else ()
        return bool(steps) and part.of == self.derived.loss and not all(s.given for s in steps)

    def _value(self, part: Expr) -> Expr | None:
        """What stands for an adjoint: its closed form, else its final form; a partial that is given stays."""
        if isinstance(part, (Given, Immediate)) or not isinstance(part, Partial):
            return part if isinstance(part, Partial) else None
        if not self._is_derived(part):
            return part
        form = self.forms.get(name_of(part.wrt))
        time = form.time_of(part) if form is not None else None
        if form is not None and time is not None:
            return form.at(time)
        node = self.model.nodes[name_of(part.wrt)]
        place = getattr(part.wrt, "indices", ())
        return substitute(self.derived.form(node.name), dict(zip(node.indices, place, strict=True)))

    def _recurring(self, expr: Expr) -> Iterator[Expr]:
        """The adjoints that lead back to themselves."""
        needed = reach(_families(expr), self._next)
        for name in (n for n in self.model.nodes if n in needed):
            if name in reach(self._next(name), self._next):
                yield Partial(self.derived.loss, self.model.nodes[name].generic)

    def _next(self, name: str) -> frozenset[str]:
        """The families of whose adjoints this one is made."""
        if name in self.forms:
            return _families(self.forms[name].value)
        steps = self.derived.regions(name)
        return frozenset().union(*(_families(s.value) for s in steps if not s.given))

    def _unsolved(self, expr: Expr) -> Iterator[Expr]:
        """The computed quantities that have no closed form, in the order of the model."""
        made = reach(_families(expr), self._next)
        values = [
            expr,
            *(self.derived.form(n) for n in made),
            *(f.value for n, f in self.forms.items() if n in made),
        ]
        used = reach({n for v in values for n in names(v)}, self._made_of)
        yield from (self.model.nodes[n].generic for n in self.model.nodes if n in used & self.open)

    def _made_of(self, name: str) -> frozenset[str]:
        return names(self.nodes[name].cases[0].expr) if name in self.nodes else frozenset()


def _families(expr: Expr) -> frozenset[str]:
    """The families whose adjoints occur."""
    return frozenset(name_of(p.wrt) for p in adjoints(expr))


def _terms(expr: Expr) -> tuple[Term, ...]:
    parts = sorted(Add.make_args(expr), key=lambda part: part.could_extract_minus_sign())  # positive ones first
    return tuple(Term((part,)) for part in parts)
