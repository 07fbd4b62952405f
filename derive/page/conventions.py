"""What is said about the points where a function of a model has no derivative: which slope is taken there."""

from __future__ import annotations

from collections.abc import Container, Iterator

from sympy import Expr, Indexed, Mul, Pow, S, Symbol, log, preorder_traversal

from derive.expressions.elementwise import step
from derive.expressions.extremes import Extreme
from derive.expressions.functions import EXTREMA, argument, row_or_extremum
from derive.expressions.indices import name_of, substitute
from derive.expressions.several import BY_TIES, EXTREME
from derive.expressions.squares import norm
from derive.expressions.traverse import elements, names
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model, Node
from derive.model.ranges import Ranges

NORM = Text(
    "A norm has a kink at 0. Any vector of length at most 1 is a subgradient there; we take 0, as torch.norm does: "
    "a vector over its norm counts as 0 where the norm is 0.",
    "范数在 0 处不可导，长度不超过 1 的任何向量都是次梯度，约定取 0（与 torch.norm 一致），"
    "即范数为 0 时，向量与其范数之比按 0 计。",
)
LOGARITHM = Text("At 0 we set the product {product} to its limit, 0.", "在 0 处，{product} 按其极限取为 0。")


def conventions(model: Model, used: Container[tuple[str, str]] | None = None) -> Iterator[Text]:
    """Yield the sentences that say which slope is taken at a kink, once for each function that the model uses; with
    `used` only of functions whose slope enters one of these local partials, (name of the node, name of a quantity)."""
    ranges = Ranges(model)
    parts = [(part, node) for node in model.nodes.values() for case in node.cases for part in _kinked(case.expr)]
    if used is not None:
        parts = [(p, node) for p, node in parts if any((node.name, name) in used for name in names(p))]
    found = {text.en: text for part, node in parts if (text := _convention(part, node, ranges)) is not None}
    yield from found.values()
    products = {p: None for n in model.nodes.values() for c in n.cases for p in _vanishing(c.expr, ranges)}
    yield from (LOGARITHM(product=product) for product in products)


def _vanishing(expr: Expr, ranges: Ranges) -> Iterator[Expr]:
    """Yield the products u log u of a leaf that may be 0."""
    if not expr.has(log):
        return
    for part in sorted(expr.atoms(Mul), key=str):
        for inner in (f.args[0] for f in part.args if isinstance(f, log)):
            leaf = ranges.model.nodes.get(name_of(inner)) if isinstance(inner, (Symbol, Indexed)) else None
            above_0 = leaf is not None and (leaf.domain == "positive" or ranges.of(inner)[0].is_positive)
            if inner in part.args and leaf is not None and leaf.is_leaf and not above_0:
                yield inner * log(inner)


def _divided(node: Node, model: Model) -> bool:
    """True if a definition divides by a node: where that is 0, the model has no value."""
    powers = (p for n in model.nodes.values() for c in n.cases for p in c.expr.atoms(Pow) if p.exp.is_negative)
    bases = (p.base for p in powers if node.name in names(p.base))
    return any(
        substitute(b, dict.fromkeys((e for e in elements(b) if name_of(e) == node.name), S.Zero)) == 0 for b in bases
    )


def _convention(expr: Expr, node: Node, ranges: Ranges) -> Text | None:
    """Return what to say of one function in a node; nothing of a root whose argument is never 0, nor of numbers."""
    if not names(expr) & ranges.model.nodes.keys():  # min(2, n) of a size, or of an index, has no slope
        return None
    if norm(expr) and not ranges.positive(argument(expr)) and not _divided(node, ranges.model):
        return NORM
    if isinstance(expr, EXTREMA) and len(expr.args) > 2:
        return BY_TIES[type(expr)]
    if isinstance(expr, Extreme):
        return EXTREME
    row = row_or_extremum(expr)
    if row is None or (row.name == "sqrt" and ranges.positive(argument(expr))):
        return None
    return row.convention


@memo
def _kinked(expr: Expr) -> tuple[Expr, ...]:
    """Return the functions in an expression of which there is something to say, outermost first."""
    walk = preorder_traversal(expr)
    found = []
    for part in walk:
        found.append((part, row_or_extremum(part)))
        if isinstance(part, step):
            walk.skip()  # its slope is 0, whatever its argument is
    return tuple(p for p, row in found if isinstance(p, Extreme) or (row is not None and row.convention is not None))
