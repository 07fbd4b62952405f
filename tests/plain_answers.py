r"""Whether an answer is right, by torch and numpy alone: the second opinion that `derive grade` is measured by.

Values and derivatives of a model are those of torch.autograd, at random points for several choices of sizes, some of
them large, and some points far out; formulas are evaluated here in plain floats. Only the reader of LaTeX and the
table of a model's names are shared with the judge; its balls, its comparison and its derivation are not.
"""

from __future__ import annotations

import math
import re
from functools import cache, reduce
from itertools import product
from typing import Any

import numpy as np
import torch

from derive.check.autograd import Tape
from derive.check.samples import fill, random_inputs
from derive.check.torch_backend import TorchBackend
from derive.errors import DeriveError
from derive.evaluate.passes import Passes
from derive.judge.derivatives import inline
from derive.judge.names import Names
from derive.model.sizes import fitting
from derive.read import tree as t
from derive.read.reader import read
from derive.transcribe.occurrences import occurrence, places

SIZES = (
    *((3, 2, 4, 5, 3, 2, 6), (2, 4, 3, 2, 5, 3, 4), (11, 3, 2, 4, 3, 2, 2), (2, 3, 10, 2, 3, 9, 2)),
    *((3, 2, 4, 2, 3, 2, 3), (2, 3, 2, 4, 2, 3, 2)),
)
POINTS, SPREADS = 12, (1.0, 1.0, 1.0, 1.0, 60.0, 2000.0)
NEARBY = 4  # choices of sizes with numbers near 1; the others are for formulas with kinks, whose floats are rough
NEAR, FAR, ROUGH = 1e-9, 1e-6, 1e-3
KINKS = re.compile(r"\\m(?:ax|in)|mathbf\{1\}|cases|\||ReLU")


class NoOpinion(Exception):
    """A formula, or a place in it, that is not evaluated here."""


class Misfit(NoOpinion):
    """Shapes that do not go together, or an index that nothing binds: a claim with it is wrong."""


class Outside(Exception):
    """An element that does not exist, as h_{T+1}."""


class V:
    """Numbers, shape (*dims, points); a vector is a column unless `row`."""

    def __init__(self, a: Any, row: bool = False, ones: str = "", of: int = 0):
        self.a, self.row, self.ones, self.of = np.asarray(a, dtype=float), row, ones, of

    @property
    def rank(self) -> int:
        return self.a.ndim - 1

    @property
    def dims(self) -> tuple[int, ...]:
        return self.a.shape[:-1]


def _number(x: float) -> V:
    return V(np.array([x]))


class Point:
    """A model at random points for one choice of sizes, as torch has it."""

    def __init__(self, solution: Any, seed: int):
        d, row = solution.derivation, SIZES[seed]
        given = {s: int(n) for s, n in dict(solution.sizes).items()}
        free = [s for s in d.model.sizes if s not in given]
        drawn = dict(zip(free, row * (len(free) // len(row) + 1), strict=False))
        self.sizes = fitting(d.model, {**given, **drawn}, given)
        self.by_name = {str(s): n for s, n in self.sizes.items()}
        passes = Passes(d, self.sizes, TorchBackend())
        numbers = random_inputs(passes, POINTS, torch.Generator().manual_seed(seed))
        for name, node in d.model.nodes.items():  # far out: beyond kinks that lie at some distance
            if name in numbers and node.domain == "real" and node.sums_to is None and not node.structure:
                numbers[name] = numbers[name] * SPREADS[seed]
        self.store = Tape(passes.backend, POINTS)
        with torch.enable_grad():
            fill(self.store, passes, numbers)
            passes.forward(self.store)
        self.passes, self.d = passes, d
        self._jacobians: dict[tuple[str, str], Any] = {}

    def low(self, name: str) -> tuple[int, ...]:
        return tuple(a for _, a, _ in self.passes.over(self.d.model.nodes[name].indices))

    def value(self, name: str) -> Any:
        return self._own(name, self.store.whole(name).detach().numpy(), self.store.low[name])

    def adjoint(self, name: str) -> Any:
        return self.jacobian(self.d.model.loss.name, name)

    def _own(self, name: str, a: Any, low: Any) -> tuple[Any, tuple[int, ...]]:
        return np.broadcast_to(a, (*a.shape[:-1], POINTS)), tuple(low)

    def jacobian(self, of: str, wrt: str) -> tuple[Any, tuple[int, ...]]:
        """d of / d wrt by autograd, shape (*of, *wrt, points)."""
        if (of, wrt) not in self._jacobians:
            top = self.store.whole(of)
            inner = [*self._tensors(wrt)]
            shape = self.store.whole(wrt).shape
            rows = [self._row(top[place], inner, wrt, shape) for place in np.ndindex(*top.shape[:-1])]
            whole = np.stack(rows).reshape(*top.shape[:-1], *shape[:-1], POINTS)
            self._jacobians[of, wrt] = whole, (*self.store.low[of], *self.store.low[wrt])
        return self._jacobians[of, wrt]

    def _tensors(self, name: str) -> Any:
        if name in self.store.slices:
            yield from self.store.slices[name].items()
        else:
            yield None, self.store.shifts.get(name, self.store.whole(name))

    def _row(self, element: Any, inner: Any, wrt: str, shape: Any) -> Any:
        out = np.zeros((*shape[:-1], POINTS))
        if not element.requires_grad:
            return out
        with torch.enable_grad():
            grads = torch.autograd.grad(element.sum(), [x for _, x in inner], retain_graph=True, allow_unused=True)
        for (key, _), grad in zip(inner, grads, strict=True):
            if grad is None:
                continue
            if key is None:
                out[...] = np.broadcast_to(grad.numpy(), out.shape)
            else:
                axes, low = self.store.time[wrt], self.store.low[wrt]
                at: list[Any] = [slice(None)] * (out.ndim - 1)
                for axis, k in zip(axes, key if isinstance(key, tuple) else (key,), strict=True):
                    at[axis] = k - low[axis]
                out[tuple(at)] = grad.numpy()
        return out


FUNCTIONS = {
    "exp": np.exp, "log": np.log, "ln": np.log, "tanh": np.tanh, "sigma": lambda x: 1 / (1 + np.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0), "sqrt": np.sqrt, "sin": np.sin,
    "cos": np.cos, "sign": np.sign, "sgn": np.sign, "erf": np.vectorize(math.erf), "Phi": None,
}  # fmt: skip
SLOPES = {
    "tanh": lambda x: 1 - np.tanh(x) ** 2, "relu": lambda x: (x > 0) * 1.0, "exp": np.exp, "log": lambda x: 1 / x,
    **dict.fromkeys(("sigma", "sigmoid"), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
}  # fmt: skip
COMPARE = {
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "=": np.equal,
    "!=": np.not_equal,
}


class Plain:
    """Evaluates formulas at one `Point`."""

    def __init__(self, point: Point, names: Names, defined: dict[str, Any], turned: bool = False):
        self.p, self.names, self.defined, self.turned = point, names, defined, turned
        self.sides: dict[int, set[bool]] = {}  # of each maximum, which of its arguments was the larger one

    def whole(self, node: t.Node, scope: dict[str, int]) -> int:
        match node:
            case t.Number() if node.digits.isdigit():
                return int(node.digits)
            case t.Symbol() if node.name in scope:
                return scope[node.name]
            case t.Added():
                return sum(
                    (1 if s == "+" else -1) * self.whole(x, scope) for s, x in zip(node.signs, node.terms, strict=True)
                )
            case t.Multiplied() if set(node.signs) <= {"", "cdot"}:
                return math.prod(self.whole(f, scope) for f in node.factors)
            case t.Bracketed() if len(node.items) == 1:
                return self.whole(node.items[0], scope)
        name = occurrence(node)
        size = None if name is None else self.names.size(name)
        if size is None:
            raise NoOpinion("no index")
        return self.p.by_name[size]

    def value(self, node: t.Node, scope: dict[str, int]) -> V:
        match node:
            case t.Number():
                return _number(float(node.digits))
            case t.Added():
                return self._added(node, scope)
            case t.Bracketed() if len(node.items) == 1:
                item = node.items[0]
                return V(self.holds(item, scope)) if isinstance(item, t.Relation) else self.value(item, scope)
            case t.Multiplied():
                return self._product(node, scope)
            case t.Fraction():
                found = self._derivative(node.numerator, node.denominator, scope)
                return found or _divided(self.value(node.numerator, scope), self.value(node.denominator, scope))
            case t.Root() if node.degree is None:
                return V(np.sqrt(self.value(node.body, scope).a))
            case t.Bars():
                inner = self.value(node.body, scope)
                if node.strokes == 2:
                    return V(np.sqrt(np.sum(inner.a.reshape(-1, inner.a.shape[-1]) ** 2, axis=0)))
                return V(np.abs(inner.a), inner.row)
            case t.Big():
                return self._big(node, scope)
            case t.Rows() if node.kind == "cases":
                return self._cases(node, scope)
            case t.Call():
                items = node.argument.items if isinstance(node.argument, t.Bracketed) else (node.argument,)
                return self._called(node.function, list(items), scope)
            case t.Differential():
                taken = inline((node,), ("",))
                if taken is None or taken.rest or not self.names.is_loss(occurrence(taken.derivative.of)):
                    raise NoOpinion("a change alone")
                return self._of_loss(taken.derivative.wrt.node, scope)
            case t.Symbol() | t.Scripted():
                return self._scripted(node, scope)
        raise NoOpinion(type(node).__name__)

    def _added(self, node: t.Added, scope: dict[str, int]) -> V:
        terms = [self.value(x, scope) for x in node.terms]
        size = max((x.a.shape[0] for x in terms if x.rank == 2), default=0)
        terms = [V(np.eye(size)[..., None] * x.a) if x.ones == "I" else x for x in terms]
        return reduce(_plus, [V(x.a if s == "+" else -x.a, x.row) for s, x in zip(node.signs, terms, strict=True)])

    def _product(self, node: t.Multiplied, scope: dict[str, int]) -> V:
        factors, signs, n, found = node.factors, node.signs, 0, None
        while n < len(factors):
            here, count = self._factor(factors[n:], signs[n:], scope)
            found = here if found is None else _times(found, here, signs[n])
            n += count
        assert found is not None
        return found

    def _factor(self, factors: Any, signs: Any, scope: dict[str, int]) -> tuple[V, int]:
        head, behind = factors[0], factors[1] if len(factors) > 1 and not signs[1] else None
        if isinstance(head, t.Scripted) and isinstance(head.base, t.Symbol) and head.base.name == "nabla" and behind:
            if not self.names.is_loss(occurrence(behind) or occurrence(head)):
                raise NoOpinion("the gradient of another quantity")
            return self._of_loss(head.below, scope), 2
        name, bracket = occurrence(head), behind.base if isinstance(behind, t.Scripted) else behind
        if isinstance(head, t.Symbol) and head.name == "d" and behind is not None and self._known(behind):
            return self._of_loss(behind, scope), 2
        if isinstance(bracket, t.Bracketed) and name is not None and not self._known(head) and name.base != "delta":
            if name.base == "1":
                if not isinstance(bracket.items[0], t.Relation):
                    raise NoOpinion("ones before a bracket")
                return self._powered(self.value(bracket, scope), behind, scope), 2
            if name.base in ("I",) or name.power is not None:
                return self.value(head, scope), 1
            return self._powered(self._called(head, list(bracket.items), scope), behind, scope), 2
        return self.value(head, scope), 1

    def _known(self, node: t.Node) -> bool:
        name = occurrence(node)
        return name is not None and (self.names.find(name) is not None or name.base in self.defined)

    def _powered(self, value: V, node: t.Node, scope: dict[str, int]) -> V:
        if isinstance(node, t.Scripted) and node.below is not None:
            raise NoOpinion("an element of a function")
        return self._power(value, node.above, scope) if isinstance(node, t.Scripted) and node.above else value

    def _power(self, value: V, above: t.Node, scope: dict[str, int]) -> V:
        if isinstance(above, t.Symbol) and above.name in ("T", "top", "intercal") and (value.rank or value.ones):
            if value.rank == 2:
                return V(np.swapaxes(value.a, 0, 1))
            return V(value.a, not value.row, value.ones)
        exponent = self.value(above, scope)
        if exponent.rank:
            raise NoOpinion("exponent")
        if value.rank == 2:
            if np.all(exponent.a == -1):
                return V(np.moveaxis(np.linalg.inv(np.moveaxis(value.a, -1, 0)), 0, -1))
            raise NoOpinion("power of a matrix")
        return V(value.a**exponent.a, value.row)

    def _called(self, head: t.Node, items: list[t.Node], scope: dict[str, int]) -> V:
        name = occurrence(head)
        if name is None or name.places:
            raise NoOpinion("function")
        x = [self.value(i, scope) for i in items]
        word = name.base.lower() if name.base.lower() in FUNCTIONS else name.base
        if "prime" in name.marks:
            found = V(SLOPES[word](x[0].a), x[0].row) if word in SLOPES else None
        elif word == "softmax":
            e = np.exp(x[0].a)
            found = V(e / e.sum(axis=-2, keepdims=True))
        elif word == "diag":
            found = V(np.eye(x[0].a.shape[0])[..., None] * x[0].a[:, None]) if x[0].rank == 1 else None
        elif word in ("max", "min"):
            join = np.maximum if word == "max" else np.minimum
            found = V(reduce(join, [v.a for v in x])) if len(x) > 1 else None
            if len(x) == 2:
                self.sides.setdefault(head.start, set()).update(np.unique(np.greater(*_level(*x))).tolist())
        elif word in ("tr", "trace"):
            found = V(np.trace(x[0].a, axis1=0, axis2=1))
        else:
            found = V(FUNCTIONS[word](x[0].a), x[0].row) if FUNCTIONS.get(word) else None
        if found is None:
            raise NoOpinion(word)
        return found if name.power is None else self._power(found, name.power, scope)

    def _derivative(self, top: t.Node, bottom: t.Node, scope: dict[str, int]) -> V | None:
        above, below = _changed(top), _changed(bottom)
        if above is None or below is None:
            return None
        of, wrt = occurrence(above), occurrence(below)
        if of is None or wrt is None:
            raise NoOpinion("derivative")
        if self.names.is_loss(of):
            return self._of_loss(below, scope)
        one, two = self.names.find(of, set(scope)), self.names.find(wrt, set(scope))
        if one is None or two is None:
            raise NoOpinion("derivative of an unknown name")
        whole, low = self.p.jacobian(one.name, two.name)
        rank = self.names.ranks[one.name]
        at = self._at(whole, low, {0: one.places, rank: two.places}, scope)
        return V(at, of=rank - len(one.places))

    def _of_loss(self, wrt: t.Node, scope: dict[str, int]) -> V:
        name = occurrence(wrt)
        found = None if name is None or name.transposed else self.names.find(name, set(scope))
        if found is None:
            raise NoOpinion("unknown name")
        whole, low = self.p.adjoint(found.name)
        rank = whole.ndim - 1 - self.names.ranks[found.name]
        value = self._at(whole, low, {rank: found.places}, scope)
        if self.turned and value.ndim == 3:
            return V(np.swapaxes(value, 0, 1))
        return V(value, self.turned and value.ndim == 2)

    def _at(self, whole: Any, low: Any, groups: Any, scope: dict[str, int]) -> Any:
        at: list[Any] = [slice(None)] * (whole.ndim - 1)
        for first, nodes in groups.items():
            for n, node in enumerate(nodes, first):
                at[n] = self.whole(node, scope) - low[n]
                if not 0 <= at[n] < whole.shape[n]:
                    raise Outside
        return whole[tuple(at)]

    def _scripted(self, node: t.Node, scope: dict[str, int]) -> V:
        name = occurrence(node)
        if name is None:
            assert isinstance(node, t.Scripted)
            inner = self.value(node.base, scope)
            if node.below is not None and isinstance(node.base, t.Bars):
                inner = self.value(node.base, scope)
            elif node.below is not None:
                at = [self.whole(p, scope) - 1 for p in places(node.below)]
                inner = V(inner.a[tuple(at)])
            return inner if node.above is None else self._power(inner, node.above, scope)
        value = self._name(name, scope)
        if name.transposed:
            assert isinstance(node, t.Scripted) and node.above is not None
            return self._power(value, node.above, scope)
        return value if name.power is None else self._power(value, name.power, scope)

    def _name(self, name: Any, scope: dict[str, int]) -> V:
        if not name.places and name.base in scope:
            return _number(scope[name.base])
        if name.base == "1" and name.places and isinstance(name.places[0], t.Relation):
            return V(self.holds(name.places[0], scope))
        found = self.names.find(name, set(scope))
        if found is not None:
            whole, low = self.p.value(found.name)
            return V(self._at(whole, low, {0: found.places}, scope))
        if name.base in self.defined:
            letters, formula = self.defined[name.base]
            if name.places and not letters:
                return V(self.value(formula, {}).a[tuple(self.whole(p, scope) - 1 for p in name.places)])
            if len(letters) != len(name.places):
                raise NoOpinion("definition")
            return self.value(formula, {own: self.whole(p, scope) for own, p in zip(letters, name.places, strict=True)})
        if (size := self.names.size(name)) is not None:
            return _number(self.p.by_name[size])
        if name.base in ("pi", "e") and not name.places:
            return _number(math.pi if name.base == "pi" else math.e)
        if name.base == "delta" and len(name.places) == 2:
            return _number(float(self.whole(name.places[0], scope) == self.whole(name.places[1], scope)))
        if name.base in ("I", "1") and not name.places:
            return V(np.array([1.0]), ones=name.base)
        if self.names.is_loss(name):
            return V(self.p.value(self.names.loss)[0])
        raise NoOpinion(name.base)

    def _big(self, node: t.Big, scope: dict[str, int]) -> V:
        if node.operator not in ("sum", "prod"):
            raise NoOpinion(node.operator)
        total: V | None = None
        empty = True
        for here in self._letters(node, scope):
            empty = False
            try:
                term = self.value(node.body, here)
            except Outside:
                if node.operator == "sum" and "partial" in repr(node.body):  # an adjoint after the last step is 0
                    continue
                raise
            total = term if total is None else _plus(total, term) if node.operator == "sum" else _times(total, term, "")
        if total is None and not empty:
            raise Outside
        return _number(float(node.operator == "prod")) if total is None else total

    def _letters(self, node: t.Big, scope: dict[str, int]) -> list[dict[str, int]]:
        below = node.below
        items = list(below.items) if isinstance(below, t.Listed) else [below]
        own, ends, tests = [], {}, []
        for item in items:
            if isinstance(item, t.Multiplied):
                own += [f.name for f in item.factors if isinstance(f, t.Symbol)]
            elif isinstance(item, t.Symbol):
                own.append(item.name)
            elif isinstance(item, t.Relation) and item.signs == ("=",) and node.above is not None:
                own.append(item.sides[0].name)
                ends[item.sides[0].name] = item.sides[1], node.above
            elif isinstance(item, t.Relation):
                own += [item.sides[0].name] if item.sides[0].name not in scope else []
                tests.append(item)
            else:
                raise NoOpinion("sum")
        spans = ranges(node.body, self, frozenset(scope))
        found = [dict(scope)]
        for letter in dict.fromkeys(own):
            more = []
            for here in found:
                if letter in ends:
                    first, last = (self.whole(e, here) for e in ends[letter])
                elif letter in spans:
                    first, last = spans[letter]
                else:
                    raise NoOpinion("range")
                more += [{**here, letter: k} for k in range(first, last + 1)]
            found = more
        return [here for here in found if all(bool(np.all(self.holds(c, here))) for c in tests)]

    def _cases(self, node: t.Rows, scope: dict[str, int]) -> V:
        out: Any = np.full(POINTS, np.nan)
        for row in reversed(node.rows):
            tests = [item for item in row[1:] if isinstance(item, t.Relation)]
            truth = reduce(np.logical_and, [self.holds(c, scope) for c in tests], np.array([True]))
            if np.any(truth):
                out = np.where(truth, self.value(row[0], scope).a, out)
        return V(out)

    def holds(self, node: t.Relation, scope: dict[str, int]) -> Any:
        found: Any = np.array([True])
        for one, two, sign in zip(node.sides, node.sides[1:], node.signs, strict=False):
            if sign not in COMPARE:
                raise NoOpinion(sign)
            try:
                a, b = np.array([self.whole(one, scope)]), np.array([self.whole(two, scope)])
            except NoOpinion:
                a, b = _level(self.value(one, scope), self.value(two, scope))
            found = found & COMPARE[sign](a, b)
        return found


def _changed(node: t.Node) -> t.Node | None:
    if isinstance(node, t.Differential):
        if node.order is not None or node.sign == "immediate":
            raise NoOpinion("kind of derivative")
        return node.body
    if isinstance(node, t.Multiplied) and isinstance(node.factors[0], t.Symbol) and node.factors[0].name == "d":
        return node.factors[1] if len(node.factors) == 2 else None
    return None


def _level(x: V, y: V) -> tuple[Any, Any]:
    """Two arrays that go together element by element."""
    a, b = x.a, y.a
    if x.rank == 2 and y.rank == 1 and x.dims[1] == y.dims[0]:
        return a, b[None]
    if x.rank == 1 and y.rank == 2 and y.dims[1] == x.dims[0]:
        return a[None], b
    if not x.rank or not y.rank:
        n = max(a.ndim, b.ndim)
        return a.reshape((1,) * (n - a.ndim) + a.shape), b.reshape((1,) * (n - b.ndim) + b.shape)
    if len(x.dims) != len(y.dims) or any(m != n and 1 not in (m, n) for m, n in zip(x.dims, y.dims, strict=True)):
        raise Misfit("shapes")
    return a, b


def _plus(x: V, y: V) -> V:
    if "I" in (x.ones, y.ones) or x.of or y.of:
        raise NoOpinion("sum of what has no shape")
    a, b = _level(x, y)
    return V(a + b, x.row or y.row)


def _divided(x: V, y: V) -> V:
    if x.ones or y.ones:
        if x.ones and not y.rank:
            return V(x.a / y.a, x.row, x.ones)
        raise NoOpinion("ones")
    a, b = _level(x, y)
    with np.errstate(all="ignore"):
        return V(a / b, x.row)


def _times(x: V, y: V, sign: str) -> V:
    """A product as its sign and the shapes say. NoOpinion where it could be another one."""
    if sign == "/":
        return _divided(x, y)
    if sign in ("odot", "circ"):
        return V(np.multiply(*_level(x, y)), x.row and y.row)
    if x.ones or y.ones:
        return _ones(x, y)
    if not x.rank or not y.rank:
        return V(np.multiply(*_level(x, y)), x.row or y.row, of=x.of or y.of)
    if y.of and x.rank == 1 and not x.of and y.rank == 2:
        return V(np.einsum("ip,ijp->jp", x.a, y.a)) if x.dims[0] == y.dims[0] else _refused()
    if x.of and y.of and x.rank == y.rank == 2 and x.dims[1] == y.dims[0]:
        return V(np.einsum("ijp,jkp->ikp", x.a, y.a), of=1)
    if (x.rank, y.rank) == (2, 2) and x.dims[1] == y.dims[0]:
        return V(np.einsum("ijp,jkp->ikp", *_points(x.a, y.a)))
    if (x.rank, y.rank) == (2, 1) and not y.row and x.dims[1] == y.dims[0]:
        return V(np.einsum("ijp,jp->ip", *_points(x.a, y.a)))
    if (x.rank, y.rank) == (1, 2) and x.row and x.dims[0] == y.dims[0]:
        return V(np.einsum("ip,ijp->jp", *_points(x.a, y.a)), True)
    if (x.rank, y.rank) == (1, 1):
        if x.row == y.row and x.dims == y.dims:
            return V(np.multiply(x.a, y.a), x.row)
        if x.row and not y.row and x.dims == y.dims:
            return V(np.einsum("ip,ip->p", *_points(x.a, y.a)))
        if y.row and not x.row:
            return V(x.a[:, None] * y.a[None])
    return _refused()


def _points(a: Any, b: Any) -> tuple[Any, Any]:
    n = max(a.shape[-1], b.shape[-1])
    return np.broadcast_to(a, (*a.shape[:-1], n)), np.broadcast_to(b, (*b.shape[:-1], n))


def _ones(x: V, y: V) -> V:
    if "I" in (x.ones, y.ones):
        if x.ones == y.ones or not (x.rank or y.rank):
            return V(x.a * y.a, ones="I")
        return V(x.a * y.a, x.row or y.row)
    if (not x.rank and not x.ones) or (not y.rank and not y.ones):
        return V(x.a * y.a, x.row or y.row, x.ones or y.ones)
    if x.ones and not x.row and y.rank == 1 and y.row:
        return V(y.a[None])
    if y.ones and not y.row and x.rank == 2:
        return V(x.a.sum(axis=1))
    if x.ones and x.row and y.rank == 2:
        return V(y.a.sum(axis=0), True)
    if x.ones and x.row and y.rank == 1 and not y.row:
        return V(y.a.sum(axis=0))
    if y.ones and y.row and x.rank == 1:
        return V(x.a[:, None])
    return _refused()


def _refused() -> V:
    raise Misfit("product")


def ranges(node: t.Node, plain: Plain, bound: frozenset[str]) -> dict[str, tuple[int, int]]:
    """The range of each index letter that nothing binds: of the axes at which it stands alone, else where shifted."""
    alone: dict[str, tuple[int, int]] = {}
    moved: dict[str, tuple[int, int]] = {}
    for name, inner in _names(node, bound):
        found = plain.names.find(name, set(inner))
        if found is None:
            continue
        low, shape = plain.p.low(found.name), plain.p.store.whole(found.name).shape
        first = plain.p.store.low[found.name]
        for axis, place in enumerate(found.places):
            own = {x.name for x in t.walk(place) if isinstance(x, t.Symbol)} - inner - plain.p.by_name.keys()
            if len(own) != 1:
                continue
            letter, end = next(iter(own)), first[axis] + shape[axis] - 1
            try:
                shift = plain.whole(place, {letter: 0})
            except NoOpinion:
                continue
            kept = moved if shift else alone
            a, b = kept.get(letter, (-(10**6), 10**6))
            kept[letter] = max(a, low[axis] - shift), min(b, end - shift)
    return {**moved, **alone}


def _names(node: t.Node, bound: frozenset[str]) -> Any:
    found = occurrence(node)
    if found is not None:
        yield found, bound
        if found.power is not None:
            yield from _names(found.power, bound)
        return
    if isinstance(node, t.Big):
        below = node.below.items if isinstance(node.below, t.Listed) else (node.below,)
        own = {x.name for item in below if item is not None for x in _binders(item)}
        yield from _names(node.body, bound | own)
        return
    for child in t.children(node):
        yield from _names(child, bound)


def _binders(item: t.Node) -> list[t.Symbol]:
    head = item.sides[0] if isinstance(item, t.Relation) else item
    return [x for x in t.walk(head) if isinstance(x, t.Symbol)]


@cache
def point(solution: Any, seed: int) -> Point:
    return Point(solution, seed)


def right(solution: Any, source: str, typed: Any = None) -> bool | None:
    """Whether the last equation of an answer is true; None if that cannot be told here."""
    names = Names(solution.derivation, typed or {})
    equations = [x for row in read(source) for x in row.items if isinstance(x, t.Relation) and set(x.signs) <= {"="}]
    defined: dict[str, Any] = {}
    for equation in equations[:-1]:
        name = occurrence(equation.sides[0])
        if name is None or names.find(name) is not None:
            continue
        defined[name.base] = [p.name for p in name.places if isinstance(p, t.Symbol)], equation.sides[-1]
    items = [x.items[0] if isinstance(x, t.Bracketed) else x for row in read(source) for x in row.items]
    conditions = [x for x in items if isinstance(x, t.Relation) and set(x.signs) <= COMPARE.keys() - {"="}]
    seeds = range(len(SIZES) if KINKS.search(source) else NEARBY)
    told = _at_all(solution, names, defined, equations[-1], conditions, seeds)
    if told is False and _at_all(solution, names, defined, equations[-1], conditions, seeds, turned=True):
        return None  # right if every gradient is transposed: another layout
    return told


def _at_all(
    solution: Any, names: Names, defined: Any, equation: Any, conditions: Any, seeds: range, turned: bool = False
) -> bool | None:
    """Whether an equation is true at all points; None if a maximum in it was met on one side only."""
    told: bool | None = None
    sides: dict[int, set[bool]] = {}
    for seed in seeds:
        plain = Plain(point(solution, seed), names, defined, turned)
        plain.sides = sides
        try:
            here = _compared(plain, equation, conditions, seed >= NEARBY)
        except Misfit:
            return False
        except (NoOpinion, DeriveError, ValueError, KeyError, IndexError, AttributeError, np.linalg.LinAlgError):
            return None
        if here is False:
            return False
        told = here if told is None else told
    return told if all(len(both) == 2 for both in sides.values()) else None


def _compared(plain: Plain, equation: t.Relation, conditions: list[t.Relation], rough: bool) -> bool | None:
    left, told, missing = equation.sides[0], None, False
    letters = ranges(left, plain, frozenset())
    if any(ranges(side, plain, frozenset()).keys() - letters.keys() for side in equation.sides[1:]):
        raise Misfit("an index that nothing binds")
    for at in product(*(range(a, b + 1) for a, b in letters.values())):
        scope = dict(zip(letters, at, strict=True))
        where = reduce(np.logical_and, [plain.holds(c, scope) for c in conditions], np.ones(POINTS, dtype=bool))
        if not where.any():
            continue
        try:
            one = plain.value(left, scope)
        except Outside:
            continue
        for side in equation.sides[1:]:
            try:
                two = plain.value(side, scope)
            except Outside:
                missing = True
                continue
            gap = _gap(one, two, where)
            if gap > (ROUGH if rough else FAR):
                return False
            if gap > NEAR and not rough:
                raise NoOpinion("neither equal nor different in floats")
            told = True
    return False if told is None and missing else told


def _gap(one: V, two: V, where: Any) -> float:
    a, b = one.a, two.a
    if two.ones == "I" and one.rank == 2:
        b = np.eye(a.shape[0])[..., None] * b
    if a.shape[:-1] != b.shape[:-1]:
        if two.rank == 0 and one.rank:
            b = b.reshape((1,) * one.rank + b.shape)
        else:
            return float("inf")
    a, b = np.broadcast_arrays(a, b)
    finite = np.isfinite(a) & np.isfinite(b)
    finite = np.broadcast_to(finite & where if finite.shape[-1] == POINTS else finite, a.shape)
    if not finite.any():
        raise NoOpinion("no value")
    with np.errstate(all="ignore"):
        return _worst(a, b, finite)


def _worst(a: Any, b: Any, finite: Any) -> float:
    return float((np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-3))[finite].max())
