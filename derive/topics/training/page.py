"""The section of a sheet about a training run: how it was done, the curve of the loss, the predictions at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer

from derive.chain.derivation import Derivation
from derive.language import Text
from derive.model.model import Node
from derive.page.blocks import Block, Heading, Paragraph, Picture, Table
from derive.page.numerals import Numeral
from derive.page.spans import Known
from derive.topics.worked.page import RATE

if TYPE_CHECKING:
    from derive.topics.training.training import Training

MOST_ROWS = 60
TRAINING = Text("Training", "训练")
HOW = Text(
    "We run gradient descent with the gradients derived above, in float64: {sizes}, learning rate {rate} = {value}, "
    "{steps} steps. The start value of every parameter is drawn at random between {low} and {high} (seed {seed}).",
    "用以上推导出的梯度作梯度下降（float64）：{sizes}，学习率 {rate} = {value}，共 {steps} 步。"
    "每个参数的初值在 {low} 与 {high} 之间随机选取（种子为 {seed}）。",
)
WITHOUT_SIZES = Text(HOW.en.replace("{sizes}, ", ""), HOW.zh.replace("{sizes}，", ""))
STEPS = Text("steps", "步数")
LOSS = Text("loss", "损失")
END = Text("After training, the output {prediction} and its target:", "训练结束时，输出 {prediction} 与目标的对照：")


def training(run: Training, d: Derivation, plots: bool) -> Iterator[Block]:
    """Show a run: how it was done, the curve of the loss, and what is predicted in the end."""
    yield Heading(TRAINING)
    yield how(run)
    yield curve(run, d.loss)
    if plots:
        from derive.topics.training.plot import losses

        plot = losses(run.losses)
        yield Picture(plot, plot.caption)
    for node in predictions(d):
        yield Paragraph(END(prediction=node.generic))
        yield _predicted(d, node, run)


def how(run: Training) -> Paragraph:
    """Say where the run started, with which rate, and how many steps it took."""
    sizes = [Known(name, number) for name, number in run.sizes.items()]
    ends = {"low": Integer(-1), "high": Integer(1)}
    words = ends | {"rate": RATE, "value": Numeral(run.rate), "steps": str(run.steps[-1]), "seed": str(run.seed)}
    return Paragraph(HOW(sizes=sizes, **words) if sizes else WITHOUT_SIZES(**words))


def curve(run: Training, loss: Text | Expr) -> Table:
    """Show the loss after some of the steps."""
    return Table((STEPS, loss), tuple((str(k), Numeral(run.losses[k])) for k in milestones(run.steps[-1])))


def milestones(last: int) -> list[int]:
    """Return the steps 0, 1, 2, 5, 10, 20, 50, ... and the last."""
    series = (m * 10**e for e in range(len(str(last))) for m in (1, 2, 5))
    return sorted({0, last, *(n for n in series if n < last)})


def predictions(d: Derivation) -> list[Node]:
    """Return the families that the loss compares with a target, if they have an index to be listed by.

    A residual y - a has the target in it already: it is no prediction.
    """
    used = _used(d, d.model.loss)
    compared = [n for n in used if not n.is_leaf and n.indices and not _targets(_used(d, n))]
    return compared if _targets(used) else []


def _used(d: Derivation, node: Node) -> list[Node]:
    return list(dict.fromkeys(d.model.nodes[use.name] for case in node.cases for use in d.model.uses(case)))


def _targets(nodes: Sequence[Node]) -> list[Node]:
    return [n for n in nodes if n.kind == "target"]


def _predicted(d: Derivation, node: Node, run: Training) -> Table:
    """Return the data that share the first index of a prediction, and the prediction itself."""
    first = node.indices[0]
    data = [d.model.nodes[n] for n in run.given if d.model.nodes[n].indices[:1] == (first,)]
    arrays = [*(run.given[n.name] for n in data), run.values[node.name]]
    spots = range(min(len(arrays[-1]), MOST_ROWS))
    rows = tuple(
        (str(int(first.lower) + k), *([Numeral(_number(x)) for x in a[k].flat] for a in arrays)) for k in spots
    )
    return Table((first, *(n.generic for n in (*data, node))), rows)


def _number(value: Any) -> int | float:
    """Write a whole number of the data as it was typed."""
    return int(value) if float(value).is_integer() else float(value)
