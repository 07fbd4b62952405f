"""The page on which an author writes a model: `Graph`.

    g = Graph("logistic loss")
    w, b = g.parameters("w b");  x, = g.inputs("x");  y, = g.targets("y")
    a = g.node("a", sigmoid(w*x + b))
    L = g.loss("L", -(y*log(a) + (1 - y)*log(1 - a)))
    d = g.derive()

Nodes can be added, never changed. Every mistake is refused at the line that makes it, with one clear sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sympy import Expr, Idx, Symbol, oo

from derive.display import bundle, shown
from derive.errors import ModelError
from derive.expressions.indices import family, index, positions
from derive.expressions.letters import LETTERS
from derive.expressions.matrix_functions import OfMatrix, function_symbol
from derive.expressions.moments import Law
from derive.expressions.said import Said, plain, words
from derive.expressions.symbols import Size
from derive.model import borders, random_laws, validation
from derive.model.axes import FULL, NEW, ONE
from derive.model.definitions import definitions
from derive.model.matrix_words import Reader
from derive.model.model import NOTHING, VALUES, Case, Kind, Model, Node, Whole, is_notation, model_of
from derive.model.starts import along, first_axis, stepped
from derive.model.structure import declared, seen, stays
from derive.model.typeset import same_element, same_sign
from derive.model.validation import expression
from derive.model.whole import NewAxes, is_whole
from derive.model.whole_formulas import Formulas
from derive.solution import Solution, prepared

Over = Any  # an index, or a tuple of them
Dimension = Any  # a size, a number, or (lower, upper)


class Graph:
    """A model under construction: sizes and indices, leaves, nodes, one scalar loss.

    Names are Python-like words (`w_hh`, `c_tilde`, `theta`). Scalars are sympy Symbols; families over index ranges are
    sympy IndexedBases, written `x[t]`; ranges start at 1 unless given as (lower, upper). Errors: ModelError, one line.

    sympy evaluates an expression while it is written, before a graph sees it: `sqrt((x - 1)**2)` is `Abs(x - 1)`,
    `exp(log(x))` is `x` and `Max(x, 0, 1)` is `Max(x, 1)`. A page shows and derives what sympy has made of it.
    """

    def __init__(self, title: str = "model"):
        self.title = title
        self._nodes: dict[str, Node] = {}
        self._sizes: dict[str, Symbol] = {}
        self._indices: dict[str, Idx] = {}
        self._open: dict[str, Node] = {}
        self._together: dict[str, tuple[str, ...]] = {}
        self._loss: str | None = None
        self._words: dict[Said, None] = {}

    # sizes and indices
    def size(self, name: str, least: int = 1) -> Symbol:
        """A symbolic dimension, a positive integer: T, C, D; `least=2` where the model does not exist for 1.

        Much is deduced and need not be declared: a position p[2], a range 1..H - R + 1, a denominator N - 1.
        """
        validation.new_name(name, self._names())
        validation.least(name, least)
        self._sizes[name] = Size(name, least) if least > 1 else Symbol(name, integer=True, positive=True)
        return self._sizes[name]

    def index(self, name: str, dimension: Dimension) -> Idx:
        """An index over 1..dimension, or over an inclusive (lower, upper)."""
        validation.new_name(name, self._names(indices=False))
        made = index(name, *validation.dimension(dimension, self._sizes.values()))
        for node in self._nodes.values():
            same_element(node, self._nodes, [*self._indices, name])
        self._indices[name] = made
        return made

    def indices(self, names: str, dimension: Dimension) -> tuple[Idx, ...]:
        """Several indices over one range: `i, k = g.indices("i k", C)`."""
        return tuple(self.index(name, dimension) for name in names.split())

    # leaves
    def parameter(self, name: str, *dimensions: Dimension, domain: Any = "real", **sums: Any) -> Any:
        """One parameter: a scalar, or a family over the dimensions.

        Of a square matrix may be declared, and is then used: `symmetric=True`, `positive_definite=True` (and
        symmetric), `orthogonal=True`, `triangular=True` (lower). Its gradient is the free one all the same: every
        element is varied by itself.
        """
        return self._leaf(name, "parameter", dimensions, domain, **sums)

    def input(
        self, name: str, *dimensions: Dimension, domain: Any = "real", gradient: bool = False, **sums: Any
    ) -> Any:
        """One input; `domain` is "real", "positive", "probability", "binary" (0 or 1), "sign" (1 or -1), "nonzero" or
        an interval without its ends, `domain=(1, oo)`.

        `gradient=True` asks for its gradient too, as a layer passes it on to the layer before.

        `sums_to=1` declares that its elements sum to 1 over the last index, `one_hot=True` that one of them is 1 and
        the others are 0. Lines that need it say so, and the check draws only such values.
        """
        symbol = self._leaf(name, "input", dimensions, domain, **sums)
        self._nodes[name] = self._nodes[name]._replace(wanted=gradient)
        return symbol

    def target(self, name: str, *dimensions: Dimension, domain: Any = "real", **sums: Any) -> Any:
        """One target, the label y; `sums_to` and `one_hot` as for an input."""
        return self._leaf(name, "target", dimensions, domain, **sums)

    def constant(self, name: str, *dimensions: Dimension, domain: Any = "real", **sums: Any) -> Any:
        """One hyperparameter, such as lamda or eps: its value is given, and no gradient is derived for it."""
        return self._leaf(name, "constant", dimensions, domain, **sums)

    def parameters(self, names: str, *dimensions: Dimension, domain: Any = "real") -> tuple[Any, ...]:
        """Several parameters of one shape: `w1, w2, b = g.parameters("w1 w2 b")`."""
        return tuple(self.parameter(name, *dimensions, domain=domain) for name in names.split())

    def inputs(
        self, names: str, *dimensions: Dimension, domain: Any = "real", gradient: bool = False
    ) -> tuple[Any, ...]:
        """Several inputs of one shape."""
        return tuple(self.input(name, *dimensions, domain=domain, gradient=gradient) for name in names.split())

    def targets(self, names: str, *dimensions: Dimension, domain: Any = "real") -> tuple[Any, ...]:
        """Several targets of one shape."""
        return tuple(self.target(name, *dimensions, domain=domain) for name in names.split())

    def constants(self, names: str, *dimensions: Dimension, domain: Any = "real") -> tuple[Any, ...]:
        """Several hyperparameters of one shape."""
        return tuple(self.constant(name, *dimensions, domain=domain) for name in names.split())

    def random(
        self, name: str, *dimensions: Dimension, mean: Any = None, variance: Any = None, independent: bool = False,
        domain: Any = "real",
    ) -> Any:  # fmt: skip
        """A random quantity, known by its moments: `g.random("x", D, mean=0, variance=1, independent=True)`.

        `mean` and `variance` are numbers or expressions, for a family in its own indices. `independent` declares that
        its elements are independent of each other and of every other random quantity. With domain "binary" it is 0 or 1
        and its mean says everything. What is not declared is not known: an expectation that needs it is refused.
        """
        own = self._own_indices(dimensions)
        law = random_laws.law(name, mean, variance, independent, domain, own, self._known())
        return self._add(name, "random", own, (), domain, law=law)

    def normal(
        self, name: str, *dimensions: Dimension, mean: Any = 0, variance: Any = None, covariance: Any = None
    ) -> Any:
        """A normal quantity, standard if nothing is said: `g.normal("x", D, mean=mu, variance=nu)`.

        Its elements are independent, each with its `mean` and `variance` (numbers, expressions in its own indices, or
        families, `mean=mu`); or `covariance=S`, a family that is declared positive_definite or a node that is symmetric
        by its definition, holds the covariances over the last index. It is independent of every other random quantity.
        """
        own = self._own_indices(dimensions)
        law = random_laws.normal_law(name, mean, variance, covariance, own, self._known())
        return self._add(name, "random", own, (), law=law)

    def positions(self, name: str, *dimensions: Dimension, among: Any) -> Any:
        """Positions in an axis of that size, whole numbers from 1: `y = g.positions("y", N, among=C)` and W[y[n], d].

        They are given, as labels, tokens and the order of sorted numbers are; nothing is derived with respect to them.
        In generated code they count from 0, as arrays do.
        """
        low, most = validation.dimension(among, self._sizes.values())
        validation.places(name, low, dimensions)
        return self._add(name, "input", self._own_indices(dimensions), (), Whole(most))

    # nodes
    def node(self, name: str, expr: Any, over: Over = ()) -> Any:
        """A computed quantity: `g.node("p", exp(z[i])/Sum(exp(z[k]), k), over=i)`."""
        indices = validation.over(over)
        return self._add(name, "node", indices, (Case(indices, self._formula(name, expr, indices)),))

    def define(self, name: str, expr: Any) -> Any:
        """A computed quantity of whole vectors and matrices, as numpy writes it: `g.define("h", tanh(W @ x + b))`.

        `@` is the matrix product, `X.T` the transpose, all else is elementwise. It is the node that the same formula
        with indices makes; axes of length 1, as keepdims leaves them, are those of what is returned, `mu[:, None]`.
        Errors: ModelError where shapes do not fit, or an index stands in it.
        """
        whole = Formulas(name, self._known(), self._declared())
        ends = whole.shape(expr) if is_whole(expr) else ()
        own = self._own_indices(tuple(e for e in ends if e != ONE))
        letters = iter(own)
        places = [ONE[0] if e == ONE else next(letters) for e in ends]
        symbol = self.node(name, whole.define(expr, places), own)
        return NewAxes(symbol, [NEW if e == ONE else FULL for e in ends]) if ONE in ends else symbol

    def derivative(self, of: Any, wrt: Any) -> Any:
        """The derivative of a node, as a node: of a scalar f, `g.derivative(f, x)[d]` has the index of x.

        Of a family f the indices of f come first, as in a Jacobian: `g.derivative(s, x)[i, d]`. It is the total
        derivative, along all paths from x to f. Errors: ModelError where no path or a recurrence lies in between.
        """
        from derive.topics.derivatives.definition import Wanted, defined

        wanted = Wanted.of(of, wrt, self._nodes)
        known = next((n.symbol for n in self._nodes.values() if n.derivative == wanted.names), None)
        if known is not None:
            return known
        validation.new_name(wanted.name, self._names())
        model = model_of(self.title, tuple(self._nodes.values()), NOTHING.name, tuple(self._sizes.values()),
                         self._declared())  # fmt: skip
        node = defined(wanted, model)
        self._legible(node)
        self._nodes[node.name] = node
        return node.symbol

    def loss(self, name: str, expr: Any) -> Any:
        """The scalar that is differentiated; `Function("L")(o[T], y)` leaves it abstract."""
        if self._loss == VALUES.name:
            raise ModelError(f"{name}: values_only says that no gradient is asked for; leave one of them out")
        if self._loss is not None:
            raise ModelError(f"a second loss {name}: {self._loss} is the loss already; add them in one expression")
        formula = self._formula(name, expr)
        validation.scalar_loss(name, formula)
        symbol = self._add(name, "loss", (), (Case((), formula),))
        self._loss = name
        return symbol

    def values_only(self) -> None:
        """Say that values are asked for and no gradient, so that no loss is needed. Errors: ModelError."""
        if self._loss is not None:
            raise ModelError(f"values_only: the graph has the loss {self._loss}; leave one of them out")
        self._loss = VALUES.name

    def _start(self, names: str, value: Any) -> Expr:
        """A start value. Errors: ModelError also for an infinite one, with what to write instead."""
        if value in (oo, -oo, float("inf"), -float("inf")):
            word, join = ("amin", "Min") if value > 0 else ("amax", "Max")
            raise ModelError(
                f"{names}: a start value is a finite number, found {value}; leave what is before the start out by a "
                f"condition, as in Piecewise(({join}(h[t - 1], x[t]), t > 1), (x[t], True)) with start={{}}; the least "
                f"or largest so far is also a part of a range, {word}(x[k], (k, 1, t))"
            )
        return self._formula(names, value)

    def states(self, names: str, over: Over, start: Mapping[Any, Any], symmetric: bool = False) -> tuple[Any, ...]:
        """Declare families that will refer to themselves or to each other at other times; each needs an `update` later.

        `start` holds the values before (or after) the range: {0: 0} is h_0 = 0. Of several indices it is for the one
        by which the law steps, as t in h[b, t - 1]. Where it steps by several, each value says where it stands:
        {(0, t): x[t], (l, 0): 0} are h[0, t] and h[l, 0].

        `symmetric=True` says that each is a symmetric matrix in its last two indices; `update` sees that it stays one.
        """
        indices, names_ = validation.over(over), names.split()
        if not indices:
            raise ModelError(f"the states {names} need an index to step through: over=t")
        begin = {borders.place(names, at, indices): self._start(names, value) for at, value in start.items()}
        placed = any(isinstance(at, tuple) for at in start)
        for name in names_:
            validation.new_name(name, self._names())
            symbol = family(name)
            cases = tuple(Case(at, value) for at, value in begin.items())
            structure = declared(name, {"symmetric": symmetric}, indices, "real", None)
            node = Node(name, "node", symbol, indices, cases, structure=structure)
            if placed or len(indices) == 1:
                borders.outside(node)
            self._open[name] = node if placed else along(node, first_axis(begin.values(), indices))
        self._together.update(dict.fromkeys(names_, () if placed else tuple(names_)))
        return tuple(self._open[name].symbol for name in names_)

    def update(self, state: Any, expr: Any) -> Any:
        """The recurrence of a state: `g.update(h, o[t]*tanh(c[t]))`."""
        name = str(state)
        if name not in self._open:
            raise ModelError(
                f"update of {name}: it is not an open state; declare it with states(...) and update it once"
            )
        law = self._formula(name, expr)
        self._starts_along(name, stepped(law, self._open[name].indices, self._open))
        known = self._open[name]
        borders.outside(known)
        node = known._replace(cases=(Case(known.indices, law), *known.cases))
        definitions(name, node.indices, node.cases, self._known())
        stays(node, self._known())
        self._legible(node)
        del self._open[name]
        self._nodes[name] = node
        return node.symbol

    def _starts_along(self, name: str, axis: int | None) -> None:
        """Let the start values of states that were declared together stand along the index by which a law steps."""
        if axis is not None:
            for nodes in (self._open, self._nodes):
                nodes.update({n: along(nodes[n], axis) for n in self._together[name] if n in nodes})

    def recurrence(
        self, name: str, law: Callable[[Any], Any], over: Over, start: Mapping[Any, Any], symmetric: bool = False
    ) -> Any:
        """A family that refers to itself: `g.recurrence("h", lambda h: tanh(w*h[t-1]), over=t, start={0: 0})`."""
        (state,) = self.states(name, over, start, symmetric)
        try:
            return self.update(state, law(state))
        finally:
            self._open.pop(name, None)  # a refused law leaves no open state behind

    def fixed_point(self, name: str, law: Callable[[Any], Any], over: Over = ()) -> Any:
        """The z with z = f(z): `g.fixed_point("z", lambda z: tanh(Sum(W[i, j]*z[j], j) + b[i]), over=i)`.

        It is assumed that there is one, that the iteration from 0 comes to it, and that I - df/dz can be inverted; its
        gradient follows from z = f(z) by differentiating both sides. The check and generated code iterate, and a
        number at which this does not converge is none at which anything is compared, or an error.
        """
        indices = validation.over(over)
        validation.new_name(name, self._names())
        symbol = family(name) if indices else Symbol(name, real=True)
        self._open[name] = Node(name, "node", symbol, indices)
        try:
            formula = self._formula(name, law(symbol), indices)
            cases = (Case(indices, formula),)
            definitions(name, indices, cases, self._known())
        finally:
            del self._open[name]
        node = Node(name, "node", symbol, indices, cases, implicit=True)
        validation.refers_to_itself(node)
        self._legible(node)
        self._nodes[name] = node
        return symbol

    # what comes out
    def model(self) -> Model:
        """Return the immutable model, with names for pre-activations.

        Without a loss the recurrences are solved and nothing is differentiated. Errors: ModelError for a graph with
        neither a loss nor a recurrence, a state without update, a cycle that is no recurrence.
        """
        return prepared(self._written())

    def derive(self, wrt: Iterable[Any] | None = None, sizes: Mapping[Any, int] | None = None) -> Solution:
        """Derive every adjoint, and the gradient of each of `wrt`.

        Without `wrt` these are all parameters, and the inputs with `gradient=True`. `sizes` gives numbers to
        dimensions, `{T: 5}`; the others stay symbolic.
        """
        return Solution(self._written(), wrt, sizes)

    def __getitem__(self, name: str) -> Any:
        """The quantity of that name: `g["h"]`. Errors: ModelError."""
        if name not in self._nodes:
            raise ModelError(f"{name!r} is not in the graph; it has {', '.join(self._nodes) or 'nothing yet'}")
        return self._nodes[name].symbol

    __iter__ = None

    def _repr_markdown_(self) -> str:
        return shown(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return bundle(self)

    # inside
    def _written(self) -> Model:
        """Return the model as it was written. Errors: ModelError where it is not complete."""
        if self._open:
            raise ModelError(
                f"the state {next(iter(self._open))} has no update; say g.update({next(iter(self._open))}, ...)"
            )
        nodes, loss = tuple(self._nodes.values()), self._loss or NOTHING.name
        model = model_of(
            self.title, nodes, loss, tuple(self._sizes.values()), self._declared(), words=tuple(self._words)
        )
        validation.cycles(model)
        return model

    def _leaf(
        self, name: str, kind: Kind, dimensions: tuple[Dimension, ...], domain: Any, sums_to: Any = None,
        one_hot: bool = False, **matrix: Any,
    ) -> Any:  # fmt: skip
        domain = validation.domain(name, domain)
        if one_hot:
            domain, sums_to = "binary", 1
        total = None if sums_to is None else expression(sums_to, name)
        validation.total(name, total, domain, bool(dimensions))
        own = self._own_indices(dimensions)
        return self._add(name, kind, own, (), domain, total, structure=declared(name, matrix, own, domain, total))

    def _add(
        self, name: str, kind: Kind, indices: tuple[Idx, ...], cases: tuple[Case, ...], domain: Any = "real",
        sums_to: Expr | None = None, law: Law | None = None, structure: str = "",
    ) -> Any:  # fmt: skip
        if name in self._nodes and is_notation(self._nodes[name]):
            definition = self._nodes[name].cases[0].expr
            raise ModelError(f"{name} is the name of {definition} here; define that under a name of your own before")
        validation.new_name(name, self._names())
        definitions(name, indices, cases, self._known())
        made = positions if isinstance(domain, Whole) else family
        symbol = made(name) if indices else Symbol(name, real=True)
        if indices and cases and isinstance(cases[0].expr, OfMatrix):
            function = cases[0].expr
            symbol = function_symbol(function.row, function.matrix, function.shape, name, len(indices), own=True)
        structure = structure or seen(indices, cases, self._known())
        node = Node(name, kind, symbol, indices, cases, domain, sums_to=sums_to, law=law, structure=structure)
        self._legible(node)
        self._nodes[name] = node
        return symbol

    def _formula(self, name: str, expr: Any, over: tuple[Idx, ...] = ()) -> Expr:
        """Return a formula that is read; the functions of matrices in it are nodes from now on."""
        reader = Reader(name, self._known(), set(self._names()))
        whole = Formulas(name, self._known(), self._declared()) if is_whole(expr) else None
        given = expression(reader.read(whole.number(expr, over) if whole else expr, over), name)
        formula: Expr = plain(given)
        self._words.update(dict.fromkeys(words(given)))
        self._nodes |= {node.name: node for node in reader.new}
        return formula

    def _own_indices(self, dimensions: tuple[Dimension, ...]) -> tuple[Idx, ...]:
        """Choose an index for each dimension of a leaf: a declared one over that range, else the next free letter."""
        own: list[Idx] = []
        for dimension in dimensions:
            low, high = validation.dimension(dimension, self._sizes.values())
            declared = [i for i in self._indices.values() if (i.lower, i.upper) == (low, high) and i not in own]
            used = {str(i) for i in own} | {*self._indices, *self._sizes}
            own.append(declared[0] if declared else index(next(a for a in LETTERS if a not in used), low, high))
        return tuple(own)

    def _declared(self) -> tuple[Idx, ...]:
        return tuple(self._indices.values())

    def _known(self) -> dict[str, Node | Symbol]:
        return {**self._sizes, **self._nodes, **self._open}

    def _names(self, indices: bool = True) -> dict[str, str]:
        """What the name of everything is; a letter may be declared again, for another range."""
        kinds = (
            ("a size", self._sizes), ("an index", self._indices if indices else ()), ("", self._nodes),
            ("", self._open),
        )  # fmt: skip
        return {name: kind for kind, names in kinds for name in names}

    def _legible(self, node: Node) -> None:
        """Errors: ModelError where a reader of the page could not tell a new quantity from another one."""
        known = {**self._nodes, **self._open, node.name: node}
        same_element(node, known, self._indices)
        same_sign(node, known)
