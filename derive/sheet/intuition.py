"""What the structure of a step says in a sentence: how a sum, a product, a gate, an average pass a gradient on.

Every sentence is read off the local partials and the definitions of the users; none knows a model by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from sympy import Add, Expr, Indexed, Mul, Symbol

from derive.chain.derivation import Local, Step, Use
from derive.expressions.functions import row_of
from derive.expressions.indices import Limits, name_of
from derive.language import Text
from derive.memo import memo
from derive.model.model import Model, Node
from derive.model.nameless import is_softmax

SUM = Text("A sum passes its gradient on unchanged to each of its terms.", "加法把梯度原样传给每一个加数。")
PRODUCT = Text(
    "A product passes its gradient on to each factor, multiplied by the other factors.",
    "乘法把梯度乘以其余因子之后传给每一个因子。",
)
GATE = Text(
    "The gate {gate} scales the gradient: a gate near 1 lets it pass, and a gate near 0 stops it.",
    "门 {gate} 缩放梯度：门接近 1 时让梯度通过，接近 0 时阻断梯度。",
)
RELU = Text(
    "ReLU passes the gradient on unchanged where its argument is positive, and stops it where the argument is "
    "negative.",
    "自变量为正时 ReLU 让梯度原样通过，自变量为负时阻断梯度。",
)
AVERAGE = Text(
    "An average divides its gradient equally among the elements that it averages.",
    "求平均把梯度均分给参与平均的每个元素。",
)
RESIDUAL = Text(
    "The gradient with respect to the input of the {function} is the prediction minus the target.",
    "损失对 {function} 的输入的梯度等于预测值减去目标值。",
)
COLLECTS = Text(
    "A parameter that is used in several places collects the gradients of all its uses.",
    "在多处使用的参数，其梯度是各处梯度之和。",
)


class Kind(NamedTuple):
    """A kind of structure: how a step shows it, which gives the sentence or nothing."""

    name: str
    seen: Callable[[Step, Model], Text | None]


def intuitions(steps: Sequence[Step], model: Model, told: Collection[str]) -> dict[int, tuple[Text, ...]]:
    """The sentences for the steps by their number: each kind where the first step shows it, unless it was `told`."""
    found: dict[int, tuple[Text, ...]] = {}
    left = [kind for kind in KINDS if kind.name not in told]
    for step in (s for s in steps if not s.given and s.uses):
        for kind in tuple(left):
            if (sentence := kind.seen(step, model)) is not None:
                found[step.number] = (*found.get(step.number, ()), sentence)
                left.remove(kind)
    return found


def kinds(steps: Sequence[Step], model: Model) -> frozenset[str]:
    """The names of the kinds that these steps show."""
    return frozenset(
        k.name for k in KINDS if any(k.seen(s, model) is not None for s in steps if not s.given and s.uses)
    )


def _pairs(step: Step) -> Iterator[tuple[Use, Local]]:
    """The uses of a step, each with its local partial; none where some uses are of one element."""
    return zip(step.uses, step.locals, strict=True) if len(step.uses) == len(step.locals) else iter(())


def _sum(step: Step, model: Model) -> Text | None:
    return SUM if any(p.value == 1 and isinstance(use.case.expr, Add) for use, p in _pairs(step)) else None


def _other(step: Step, model: Model) -> Iterator[tuple[Node, Expr]]:
    """The other factors of the products in which the quantity of a step is a factor, as they are written: that of
    exp(z) is its own derivative, and is no product."""
    for use, local in _pairs(step):
        node = model.nodes.get(name_of(local.value)) if isinstance(local.value, (Symbol, Indexed)) else None
        if node is not None and not use.direct and {node.name, step.node.name} in _products(use.case.expr):
            yield node, local.value


@memo
def _products(expr: Expr) -> list[set[str]]:
    """The names of the two factors of each product of two quantities, numbers aside."""
    named = ([name_of(a) for a in p.args if isinstance(a, (Symbol, Indexed))] for p in expr.atoms(Mul))
    return [set(names) for names in named if len(names) == 2]


def _product(step: Step, model: Model) -> Text | None:
    return PRODUCT if any(True for _ in _other(step, model)) and _gate(step, model) is None else None


def _gate(step: Step, model: Model) -> Text | None:
    """A quantity that is computed, times a sigmoid."""
    gates = (
        v for node, v in _other(step, model) if len(node.cases) == 1 and _function(node.cases[0].expr) == "sigmoid"
    )
    gate = next(gates, None)
    return None if gate is None or step.node.is_leaf else GATE(gate=gate)


def _relu(step: Step, model: Model) -> Text | None:
    return RELU if any(_function(use.case.expr) == "relu" for use, _ in _pairs(step)) else None


def _average(step: Step, model: Model) -> Text | None:
    """One over the number of elements of the sum in which the quantity stands."""
    uses = ((p.value, use.occurrence.sums) for use, p in _pairs(step) if not use.direct)
    return AVERAGE if any(sums and value * _count(sums) == 1 for value, sums in uses) else None


def _count(sums: Sequence[Limits]) -> Expr:
    """How many elements a sum has."""
    return Mul(*(high - low + 1 for _, low, high in sums))


def _residual(step: Step, model: Model) -> Text | None:
    """The gradient of the scores is p - y, with y a target and p the softmax or the sigmoid of the scores."""
    signs = dict(t.as_coeff_Mul()[::-1] for t in Add.make_args(step.value))
    elements = {name_of(e): sign for e, sign in signs.items() if isinstance(e, (Symbol, Indexed))}
    targets = [n for n in elements if n in model.nodes and model.nodes[n].kind == "target"]
    values = [u.user for u in step.uses if elements.get(u.user.name) == 1]
    if len(elements) != 2 or len(signs) != 2 or not values or [elements[t] for t in targets] != [-1]:
        return None
    expr = values[0].cases[0].expr
    function = "softmax" if is_softmax(expr) else "sigmoid" if _function(expr) == "sigmoid" else None
    return RESIDUAL(function=function) if function else None


def _collects(step: Step, model: Model) -> Text | None:
    several = len(step.uses) > 1 or any(use.outer for use in step.uses)
    softmax = any(is_softmax(use.case.expr) for use in step.uses)  # one use, of which every element depends on it
    return COLLECTS if step.node.kind == "parameter" and several and not softmax else None


def _function(expr: Expr) -> str | None:
    row = row_of(expr)
    return row.name if row is not None else None


KINDS = (
    Kind("residual", _residual),
    Kind("sum", _sum),
    Kind("gate", _gate),
    Kind("product", _product),
    Kind("relu", _relu),
    Kind("average", _average),
    Kind("collects", _collects),
)
