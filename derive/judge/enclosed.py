"""The range of a formula of an answer for all values in the domains of the model, not at the points that are tried.

What is known of a quantity of the model comes from `derive.model.ranges`; what is known of a formula follows from its
parts by interval arithmetic. A range may be too wide and is never too narrow.
"""

from __future__ import annotations

from sympy import Dummy, Expr, Mul, Pow, Rational, S, Sum, oo
from sympy import Symbol as Name

from derive.errors import DeriveError
from derive.expressions.functions import Row, row_of
from derive.judge import derivatives, spans
from derive.judge.balls import NoValue
from derive.judge.formulas import Formulas
from derive.judge.places import NotWhole, OutOfRange
from derive.judge.spans import ANY, NONNEGATIVE, POSITIVE, SHARE, UNIT, Span
from derive.model.model import Node as Family
from derive.model.ranges import Ranges
from derive.read.tree import (
    Added,
    Bars,
    Big,
    Bracketed,
    Call,
    Fraction,
    Multiplied,
    Node,
    Number,
    Relation,
    Root,
    Scripted,
    Symbol,
)  # fmt: skip
from derive.transcribe.functions import elementwise
from derive.transcribe.occurrences import Occurrence, occurrence

DEEPEST = 20  # definitions inside definitions
_NEVER_TAKEN = frozenset(["exp", "sigmoid", "tanh", "erf", "softplus"])  # functions that only come near to their ends


def span(f: Formulas, node: Node, depth: int = DEEPEST) -> Span:
    """The range of each element of a formula."""
    if depth < 0:
        return ANY
    match node:
        case Number():
            return spans.exact(Rational(node.digits))
        case Bracketed() if len(node.items) == 1 and node.brackets not in ("floor", "ceil"):
            item = node.items[0]
            return UNIT if isinstance(item, Relation) else span(f, item, depth)
        case Added():
            found = [span(f, term, depth) for term in node.terms]
            signed = (x if s == "+" else spans.negative(x) for s, x in zip(node.signs, found, strict=True))
            total = next(signed)
            for term in signed:
                total = spans.plus(total, term)
            return total
        case Multiplied():
            return _product(f, node, depth)
        case Fraction() if derivatives.fraction(node) is None:
            below = spans.reciprocal(span(f, node.denominator, depth))
            return _joined(f, [(node.numerator, span(f, node.numerator, depth)), (node.denominator, below)])
        case Root() | Bars(strokes=2):
            return NONNEGATIVE
        case Big():
            return _big(node, span(f, node.body, depth))
        case Call():
            items = node.argument.items if isinstance(node.argument, Bracketed) else (node.argument,)
            return called(f, node.function, items, depth)
        case Symbol() | Scripted():
            return _scripted(f, node, depth)
    return ANY


def _big(node: Big, body: Span) -> Span:
    """Of a sum the sign is known, and of a product of what lies between 0 and 1 that it does so too."""
    if node.operator in ("max", "min"):
        return body
    if node.operator == "sum" and body.low >= 0:
        return NONNEGATIVE
    if node.operator == "sum" and body.high <= 0:
        return spans.negative(NONNEGATIVE)
    if node.operator == "prod" and body.low >= 0:
        return Span(S.Zero, S.One if body.high <= 1 else oo, spans.positive(body))
    return ANY


def _product(f: Formulas, node: Multiplied, depth: int) -> Span:
    factors, signs = list(node.factors), node.signs
    found: list[tuple[Node, Span]] = []
    n = 0
    while n < len(factors):
        if derivatives.inline(tuple(factors[n:]), signs[n:]) is not None:
            return ANY
        head, behind = factors[n], factors[n + 1] if n + 1 < len(factors) and not signs[n + 1] else None
        name = occurrence(head)
        if isinstance(behind, Bracketed) and name is not None and f.names.find(name) is None and not _own(f, name):
            here, taken = called(f, head, behind.items, depth), 2
        else:
            here, taken = span(f, head, depth), 1
        whole = head if taken == 1 else Multiplied(head.start, factors[n + 1].end, (head, factors[n + 1]), ("", ""))
        found.append((whole, spans.reciprocal(here) if n and signs[n] == "/" else here))
        n += taken
    return _joined(f, found)


def _joined(f: Formulas, factors: list[tuple[Node, Span]]) -> Span:
    """A product: of numbers exactly, else by its sign."""
    total = factors[0][1]
    arrays = sum(not _single(f, node) for node, _ in factors)
    for _, factor in factors[1:]:
        total = spans.times(total, factor) if arrays < 2 else spans.joint(total, factor)
    return total


def _dims(f: Formulas, node: Node) -> tuple[int, ...] | None:
    """The shape of a formula; None where that is not known."""
    try:
        scope = {own: last for own, (_, last) in f.ranges(node).items()}
        return f.value(node, scope).dims
    except (DeriveError, NotWhole, OutOfRange, NoValue, ValueError, TypeError, ArithmeticError):
        return None


def _single(f: Formulas, node: Node) -> bool:
    return isinstance(node, Number) or _dims(f, node) == ()


def _no_matrix(f: Formulas, node: Node) -> bool:
    """Whether a power of a formula is one of each element."""
    dims = _dims(f, node)
    return dims is not None and len(dims) < 2


def called(f: Formulas, head: Node, items: tuple[Node, ...], depth: int = DEEPEST) -> Span:
    """A function of something."""
    name = occurrence(head)
    if name is None or "prime" in name.marks:
        return ANY
    word = {"sigma": "sigmoid"}.get(name.base, name.base)
    found = _function(word, [span(f, item, depth) for item in items])
    return found if name.power is None else _power(found, name.power)


def _function(word: str, x: list[Span]) -> Span:
    plain = word.lower()
    if plain in ("max", "min"):
        return (spans.largest if plain == "max" else spans.least)(x)
    if plain == "softmax":
        return SHARE
    if plain in ("log", "ln"):
        return Span(S.Zero if x[0].low >= 1 else -oo, S.Zero if x[0].high <= 1 else oo)
    made = elementwise(word) if word not in ("f", "g", "phi", "varphi", "psi") else None
    return _of_row(row_of(made(Dummy(real=True))) if made is not None else None)


def _of_row(row: Row | None) -> Span:
    """The range of a function of the table."""
    if row is None:
        return ANY
    never = row.name in _NEVER_TAKEN
    return Span(S(row.value_range[0]), S(row.value_range[1]), never, never)


def _power(x: Span, above: Node) -> Span:
    if isinstance(above, Number) and above.digits.isdigit() and int(above.digits) <= 64:
        return spans.power(x, int(above.digits))
    return POSITIVE if spans.positive(x) else ANY


def _scripted(f: Formulas, node: Node, depth: int) -> Span:
    name = occurrence(node)
    if name is not None:
        whole = f.names.whole(name)
        if whole.base == "e" and whole.power is not None and f.names.find(whole._replace(power=None)) is None:
            return POSITIVE
        found = _name(f, whole, depth)
        elements = whole.power is None or _no_matrix(f, node)
        return found if whole.power is None else _power(found, whole.power) if elements else ANY
    assert isinstance(node, Scripted)
    if isinstance(node.base, Bars) and node.base.strokes == 2:
        return NONNEGATIVE if node.above is None else _power(NONNEGATIVE, node.above)
    inner = span(f, node.base, depth)
    if node.above is None:
        return inner
    return _power(inner, node.above) if _no_matrix(f, node.base) else ANY


def _own(f: Formulas, name: Occurrence) -> bool:
    return (name.base, name.marks) in f.defined


def _name(f: Formulas, name: Occurrence, depth: int) -> Span:
    """What is known of a quantity of the model, of a definition of the answer, or of a size."""
    found = f.names.find(name._replace(power=None))
    if found is not None:
        return of_family(f.world.derivation.model, found.name)
    definitions = f.defined.get((name.base, name.marks), [])
    if definitions:
        return spans.hull(span(f, d.formula, depth - 1) for d in definitions)
    return Span(S.One, oo) if f.names.size(name._replace(power=None)) is not None else ANY


def of_family(model: object, name: str) -> Span:
    """The range of a family of a model."""
    ranges = Ranges(model)  # type: ignore[arg-type]
    node = ranges.model.nodes[name]
    if _shared(node, ranges):
        return SHARE
    if len(node.cases) == 1 and (row := row_of(node.cases[0].expr)) is not None and row.name in _NEVER_TAKEN:
        return _of_row(row)
    low, high = (S(end) if S(end).is_number else oo for end in ranges.of(Name(name)))
    low = -oo if low == oo else low
    return Span(low, high, ranges.positive(Name(name)) and low == 0)


def _shared(node: Family, ranges: Ranges) -> bool:
    """Whether a family is a share of a sum of positive terms of which it is one, as softmax."""
    if len(node.cases) != 1 or not isinstance(node.cases[0].expr, Mul):
        return False
    return any(_is_term(node, node.cases[0].expr, factor, ranges) for factor in node.cases[0].expr.args)


def _is_term(node: Family, expr: Expr, factor: Expr, ranges: Ranges) -> bool:
    if not (
        isinstance(factor, Pow) and factor.exp == -1 and isinstance(factor.base, Sum) and len(factor.base.limits) == 1
    ):
        return False
    term, (letter, low, high) = factor.base.function, factor.base.limits[0]
    alike = [i for i in node.indices if (i.lower, i.upper) == (low, high)]
    return ranges.positive(term) and any(term.xreplace({letter: i}) == expr / factor for i in alike)
