"""What the shapes and lines of a picture mean: only those that occur in it, in rows below."""

from __future__ import annotations

from typing import NamedTuple
from unicodedata import east_asian_width

from derive.language import Text
from derive.page.pictures.diagram import KINDS, Diagram
from derive.page.pictures.writing import Writing

WORDS = {
    "parameter": Text("parameter", "参数"),
    "input": Text("input", "输入"),
    "target": Text("target", "目标"),
    "constant": Text("constant", "常数"),
    "random": Text("random", "随机量"),
    "node": Text("computed", "计算所得"),
    "loss": Text("loss", "损失"),
    "forward": Text("forward", "前向"),
    "backward": Text("backward, times the local partial", "反向，乘以局部偏导数"),
    "carried": Text("carried to the next step", "传到下一时间步"),
    "dots": Text("omitted steps, all alike", "省略的时间步，结构相同"),
    "value": Text("first number: the value", "第一个数：取值"),
    "slope": Text(
        "second number: the derivative of the loss with respect to this quantity", "第二个数：损失对该量的导数"
    ),
    "kept": Text("kept for the backward pass", "反向传播需要保留的值"),
}
SIGN, ROW, TOP, SIZE = 32.0, 18.0, 20.0, 11.0  # width of a sign, height of a row, room above, size of letters
BAR = 26.0  # room above the picture for the names of the columns


def words(text: str) -> float:
    """The width of plain words in em."""
    return sum(
        1.0 if east_asian_width(c) in "WF" else 0.6 if c.isupper() else 0.3 if c in " ,.il" else 0.57 for c in text
    )


class Item(NamedTuple):
    """One entry: its symbol, its words, and the point at which its middle line begins."""

    kind: str
    text: Text
    x: float
    y: float
    width: float

    @property
    def text_x(self) -> float:
        """Where the words begin."""
        return self.x + SIGN


def legend(drawn: Diagram, writing: Writing, lang: str, width: float) -> tuple[list[Item], float]:
    """Arrange the entries in rows no wider than `width`, and return the height that they take."""
    kinds = [k for k in KINDS if any(v.kind == k for v in drawn.vertices)]
    kinds += ["forward"] * bool(drawn.edges) + ["backward"] * any(e.backward for e in drawn.edges)
    kinds += ["carried"] * any(e.carried for e in drawn.edges)
    kinds += ["dots"] * any(v.kind == "dots" for v in drawn.vertices)
    kinds += ["kept"] * any(v.needed for v in drawn.vertices)
    shown = max((len(writing.beside(v)) for v in drawn.vertices), default=0)
    kinds += ("value", "slope")[:shown]
    items, x, y = [], 0.0, TOP
    for kind in kinds:
        wide = SIGN + words(WORDS[kind].pick(lang)) * SIZE
        if x and x + wide > width:
            x, y = 0.0, y + ROW
        items.append(Item(kind, WORDS[kind], x, y, wide))
        x += wide + 16
    return items, y + ROW / 2
