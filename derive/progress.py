"""What is being done, for a reader who waits.

A command sets the listener; without one, `doing(...)` costs one comparison.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.language import Text

DERIVING = Text("deriving {what}", "正在推导 {what}")
CHECKING = Text("checking {what} against torch.autograd: {n} of {all}", "正在与 torch.autograd 比较 {what}：{n}/{all}")
MEASURING = Text("measuring when gradients of {what} vanish and explode", "正在测量 {what} 的梯度何时消失、何时爆炸")
DRAWING = Text("drawing {what}", "正在绘制 {what}")

listener: Callable[[Text], None] | None = None


def doing(what: Text, /, **values: object) -> None:
    """Say what is being done now; the values fill the places of the sentence."""
    if listener is not None:
        listener(what(**values))
