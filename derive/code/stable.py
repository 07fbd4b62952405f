"""Numbers as a first factor times e to an exponent, so that no exponential leaves the range of the arrays' type.

In float32 exp(x) is infinite from x = 89 on, and exp(-x) is 0 from x = 104 on: exp(z_i) / Sum(exp(z_k)) is then nan
and log(exp(-200)) infinite, although softmax and logarithm are ordinary numbers. So every expression is read as

    first * exp(exponent),    exp(u) = 1 * exp(u),    a sum S = (S / exp(peak)) * exp(peak),

where the peak of a sum is the greatest exponent of its terms. Products add exponents, quotients subtract them, a
logarithm is exponent + log(first), and only what is left is exponentiated: exp(z_i - peak) / Sum(exp(z_k - peak)). It
is the shift by the maximum, also for products of softmaxes, a sum over two axes or under a mask. log(1 + exp(u)) and
the sigmoid have functions of their own: the logarithm of the sigmoid of u is -softplus(-u). cosh, sinh, expm1 and 2^u
are exponentials too (`EXPONENTIALS`), so that log(1 + cosh u) and sinh u / (1 + cosh u) are shifted by the same rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

from sympy import (
    Add,
    Basic,
    Expr,
    Idx,
    Indexed,
    Integer,
    KroneckerDelta,
    Mul,
    Ne,
    Piecewise,
    Pow,
    S,
    Sum,
    Symbol,
    cosh,
    exp,
    oo,
    sinh,
    tanh,
)

from derive.code.exponents import (
    BASES,
    EXPONENTIALS,
    LEAST,
    LOGARITHMS,
    Greatest,
    Scaled,
    complement,
    exponential,
    filled,
    overflows,
    peak,
)
from derive.expressions.activations import sigmoid, softplus
from derive.expressions.canonical import one_spelling
from derive.expressions.elementary import log1p
from derive.expressions.indices import apart, name_of, substitute, sum_over, through
from derive.expressions.intervals import inside
from derive.expressions.traverse import free_indices, quantities
from derive.model.model import Node


class Stable:
    """Called with an expression of a model, gives one with the same values that does not overflow.

    A node that is an exponential, or a quotient of such, is read by its definition where exponents meet. What a method
    returns is final: it is not read again.
    """

    def __init__(self, nodes: Mapping[str, Node] = {}):
        self.binary = {n.name for n in nodes.values() if n.domain == "binary"}
        self.nodes: dict[str, tuple[Node, Scaled]] = {}
        self._concerned: dict[Expr, bool] = {}
        for node in nodes.values():
            if len(node.cases) == 1 and node.abstract is None and node.cases[0].position == node.indices:
                scaled = self.split(apart(node.cases[0].expr, node.indices))
                if scaled.exponent != 0:
                    self.nodes[node.name] = node, scaled
                    self._concerned.clear()

    def __call__(self, expr: Expr) -> Expr:
        """Return the expression to be evaluated; the very same where no exponential is in it."""
        if not self._concerns(expr):
            return expr
        expr = _tangents(expr) if isinstance(expr, Mul) and expr.has(cosh) else expr
        if isinstance(expr, LOGARITHMS):
            scaled = self._logarithm_of(expr)
            return through(expr, self) if scaled.exponent == 0 else scaled.log / BASES.get(type(expr), 1)
        return self._product(expr) if isinstance(expr, (Mul, Pow)) else positive(through(expr, self))

    def _concerns(self, expr: Expr) -> bool:
        """True if there is an exponential in an expression, or something that is made of one."""
        if expr not in self._concerned:
            made = bool(expr.has(exp, sigmoid, tanh, *EXPONENTIALS)) or any(
                name_of(e) in self.nodes for e in quantities(expr)
            )
            self._concerned[expr] = made
        return self._concerned[expr]

    def _logarithm_of(self, expr: Expr) -> Scaled:
        """Split what a logarithm is taken of; of log1p(x), which is exact for small x, only a 1 + x that is known."""
        if not isinstance(expr, log1p):
            return self.split(expr.args[0])
        known = complement(1 + expr.args[0])
        return Scaled(expr) if known is None else Scaled(known.first, self(known.exponent))

    def split(self, expr: Expr) -> Scaled:
        """Return an expression as first * exp(exponent), with the exponent 0 if there is none to speak of."""
        if not self._concerns(expr):
            return Scaled(expr)
        if isinstance(expr, exp):
            return Scaled(Integer(1), self(expr.args[0]))
        if isinstance(expr, sigmoid):
            return Scaled(Integer(1), -softplus(-self(expr.args[0])))
        if (exponential_of := EXPONENTIALS.get(type(expr))) is not None:
            return exponential_of(self(expr.args[0]))
        if isinstance(expr, Mul):
            parts = [self.split(f) for f in expr.args]
            return Scaled(Mul(*(p.first for p in parts)), Add(*(p.exponent for p in parts)))
        if isinstance(expr, Pow) and expr.exp.is_number:
            base = self.split(expr.base)
            return Scaled(base.first**expr.exp, base.exponent * expr.exp)
        if isinstance(expr, (Add, Sum, Piecewise)):
            return self._total(expr)
        if isinstance(expr, (Symbol, Indexed)) and name_of(expr) in self.nodes:
            node, scaled = self.nodes[name_of(expr)]
            return Scaled(*(substitute(part, _place(node, expr)) for part in scaled))
        return Scaled(self(expr))

    # products
    def _product(self, expr: Expr) -> Expr:
        """Return a product; where exponents meet in it, only their sum is exponentiated."""
        factors = Mul.make_args(expr)
        if not self._meet(factors):
            return through(expr, self)
        totals = [f for f in factors if isinstance(f, (Add, Sum, Piecewise)) and self.can_overflow(f)]
        others = [f for f in factors if f not in totals]
        parts = [self.split(f) for f in others] if totals else self._parts(others)
        first, exponent = Mul(*(p.first for p in parts)), Add(*(p.exponent for p in parts))
        bracket = self._bracket(totals, others, parts) if exponent != 0 else None
        if bracket is not None:
            rest = [f for f in factors if f is not bracket]
            return Add(*(self(Mul(*one_spelling([*rest, *Mul.make_args(term)]))) for term in bracket.args))
        if len(totals) == 1 and _holds(totals[0], exponent):
            return first * self._shifted(totals[0], -exponent)
        peaks = [self._peak(t) for t in totals]
        shifted = [self._shifted(t, p) for t, p in zip(totals, peaks, strict=True)]
        exponent += Add(*peaks)
        return Mul(first, *shifted, exponential(self._masked(first, exponent) if overflows(exponent) else exponent))

    def _bracket(self, totals: Sequence[Expr], others: Sequence[Expr], parts: Sequence[Scaled]) -> Expr | None:
        """Return a sum of sums that can overflow, or one beside what can: that of p (s - m)/s, which may vanish."""
        found = [t for t in totals if t.has(Sum)]
        if overflows(Add(*(p.exponent for p in parts))):
            found += [f for f, part in zip(others, parts, strict=True) if part.exponent == 0 and self._concerns(f)]
        return next((f for f in found if isinstance(f, Add)), None)

    def _parts(self, factors: Sequence[Expr]) -> list[Scaled]:
        """Split the factors; a node that is at most 1 is left as it is where the rest does not overflow."""
        parts = [self.split(f) for f in factors]
        small = [
            isinstance(f, (Symbol, Indexed)) and not overflows(p.exponent) for f, p in zip(factors, parts, strict=True)
        ]
        if overflows(Add(*(p.exponent for p, is_small in zip(parts, small, strict=True) if not is_small))):
            return parts
        return [Scaled(f) if is_small else p for f, p, is_small in zip(factors, parts, small, strict=True)]

    def _meet(self, factors: Sequence[Expr]) -> bool:
        """True if an exponential is divided by, or stands beside another one that can overflow."""
        below = [f for f in factors if isinstance(f, Pow) and f.exp.is_number and f.exp.is_negative]
        if any(self.split(f).exponent != 0 for f in below):
            return True
        above = [f for f in factors if f not in below and self._concerns(f)]
        return len(above) > 1 and any(map(self.can_overflow, above))

    def can_overflow(self, expr: Expr) -> bool:
        """True if one of the terms of an expression is an exponential whose exponent may be positive."""
        return self._concerns(expr) and any(map(overflows, self._exponents(expr)))

    # sums
    def _total(self, expr: Expr) -> Scaled:
        """Shift a sum by its greatest exponent, if one of its terms can overflow or all of them can vanish."""
        if (known := complement(self._read(expr))) is not None:
            return Scaled(known.first, self(known.exponent))
        exponents = self._exponents(expr)
        if (0 in exponents and not any(map(overflows, exponents))) or not all(map(filled, expr.atoms(Sum))):
            return Scaled(through(expr, self))
        peak = self._peak(expr)
        return Scaled(self._shifted(expr, peak), peak)

    def _read(self, expr: Expr) -> Expr:
        """Read what is subtracted from 1 by its definition: of 1 - s, where s is a sigmoid, the logarithm is known."""
        if not (isinstance(expr, Add) and len(expr.args) == 2 and expr.args[0] == 1):
            return expr
        found = {e: self.nodes[name_of(e)][0] for e in quantities(expr) if name_of(e) in self.nodes}
        return substitute(expr, {e: substitute(n.cases[0].expr, _place(n, e)) for e, n in found.items()})

    def _exponents(self, expr: Expr) -> tuple[Expr, ...]:
        """Return the exponents of all terms, each once."""
        if isinstance(expr, Mul):
            choices = product(*map(self._exponents, expr.args))
            return tuple(dict.fromkeys(Add(*choice) for choice in choices))
        if not isinstance(expr, (Add, Sum, Piecewise)):
            return (self.split(expr).exponent,)
        values = [v for v, _ in expr.args if v != 0] if isinstance(expr, Piecewise) else expr.args
        terms = [expr.function] if isinstance(expr, Sum) else values
        return tuple(dict.fromkeys(e for term in terms for e in self._exponents(term)))

    def _peak(self, expr: Expr) -> Expr:
        """Return the greatest exponent of the terms of an expression; what a mask takes away does not count."""
        found = self._greatest(expr)
        ragged = any(end.atoms(Idx) for s in expr.atoms(Sum) for _, *ends in s.limits for end in ends)
        return Greatest(found, LEAST) if ragged or found.has(-oo) else found

    def _greatest(self, expr: Expr) -> Expr:
        if isinstance(expr, Sum):
            return peak(self._greatest(expr.function), expr.limits)
        if isinstance(expr, Add):
            found = tuple(dict.fromkeys(map(self._greatest, expr.args)))
            return Greatest(*found) if len(found) > 1 else found[0]
        if isinstance(expr, Piecewise):
            return _by_cases(expr, self._greatest, -oo)
        return self._masked(*self.split(expr))

    def _shifted(self, expr: Expr, by: Expr) -> Expr:
        """Return expr * exp(-by), with all exponentials of a term in one."""
        expr = apart(expr, by.free_symbols)
        if isinstance(expr, Sum):
            return sum_over(self._shifted(expr.function, by), expr.limits)
        if isinstance(expr, Add):
            return Add(*(self._shifted(a, by) for a in expr.args))
        if isinstance(expr, Piecewise):
            return _by_cases(expr, lambda value: self._shifted(value, by), Integer(0))
        first, exponent = self.split(expr)
        exponent -= by
        return first * exponential(self._masked(first, exponent) if overflows(exponent) else exponent)

    def _masked(self, first: Expr, exponent: Expr) -> Expr:
        """Return the exponent, and -oo where a factor that is 0 or 1 takes the term away."""
        masks = [f for f in Mul.make_args(first) if self._is_mask(f)]
        return exponent if not masks else Piecewise((exponent, Ne(Mul(*masks), 0)), (-oo, S.true), evaluate=False)

    def _is_mask(self, factor: Expr) -> bool:
        if isinstance(factor, Add) and len(factor.args) == 2 and factor.args[0] == 1:
            factor = 1 - factor
        named = isinstance(factor, (Symbol, Indexed)) and name_of(factor) in self.binary
        return named or isinstance(factor, (KroneckerDelta, inside))


def _tangents(product: Expr) -> Expr:
    """Return a product with tanh u for sinh u / cosh u, which both overflow."""
    powers = product.as_powers_dict()
    for below in [b for b in powers if isinstance(b, cosh)]:
        above = sinh(below.args[0])
        k = -powers[below]
        if k == 1 and powers.get(above) == 1:
            product = product / above * below * tanh(below.args[0])
    return product


def positive(expr: Expr) -> Expr:
    """Return a sum with the sign of its terms before it."""
    if isinstance(expr, Sum) and expr.function.as_coeff_Mul()[0] == -1:
        return -sum_over(-expr.function, expr.limits)
    return expr


def _holds(total: Expr, exponent: Expr) -> bool:
    """True if an exponent has no letter but those of a term of a sum: within the sum it adds no axis."""
    body = total.function if isinstance(total, Sum) else total
    return set(free_indices(exponent)) <= set(free_indices(body))


def _place(node: Node, at: Expr) -> dict[Basic, Basic]:
    """Return the indices of a node with their values at one of its elements."""
    return dict(zip(node.indices, getattr(at, "indices", ()), strict=True))


def _by_cases(expr: Piecewise, value: Callable[[Expr], Expr], otherwise: Expr) -> Expr:
    """Return the values of a definition by cases, `otherwise` where it is 0."""
    pieces = [(value(v) if v != 0 else otherwise, c) for v, c in expr.args]
    return Piecewise(*pieces, *([] if pieces[-1][1] is S.true else [(otherwise, S.true)]), evaluate=False)
