"""The derivatives inside definitions on the page: what they are, and how each is derived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.language import Text
from derive.model.model import Model, Node
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row
from derive.topics.jacobian.jacobian import Jacobian
from derive.topics.jacobian.page.paths import chained

HEADING = Text("Derivatives in the definitions", "定义中的导数")
MEANING = Text(
    "The derivatives that occur in the definitions are derived first. After that each of them is a quantity like any "
    "other, computed from the quantities in its formula, and the chain rule is applied through it: the results "
    "contain derivatives of derivatives.",
    "先求出定义中出现的导数。此后它与其他量一样由其公式中的各量算出，链式法则也通过它传递，因此结果中含有导数的导数。",
)
WRITTEN = Text("{name} is the total derivative {symbol}, along all paths:", "{name} 是沿所有路径的全导数 {symbol}：")
COMPARED = Text(
    "The derivatives in the definitions were compared with those that torch.autograd computes from the values (with "
    "create_graph=True), and so were the gradients through these derivatives.",
    "定义中的导数与 torch.autograd 由数值算出的导数（create_graph=True）作了比较，经过这些导数的梯度也作了比较。",
)


def answers(found: Sequence[Jacobian], model: Model) -> Iterator[Block]:
    """Yield the final form of every derivative in a box."""
    yield Equations(tuple(Row(_node(one, model).generic, one.lines[-1].terms) for one in found), boxed=True)


def section(found: Sequence[Jacobian], model: Model) -> Iterator[Block]:
    """Show every derivative, path by path."""
    yield Heading(HEADING)
    yield Paragraph(MEANING)
    for one in found:
        yield Paragraph(WRITTEN(name=_node(one, model).generic, symbol=one.symbol))
        yield from chained(one)


def _node(one: Jacobian, model: Model) -> Node:
    """The quantity that has this derivative for its definition."""
    return next(n for n in model.nodes.values() if n.derivative == (one.of.name, one.wrt.name))
