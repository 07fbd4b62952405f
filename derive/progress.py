"""What a command is doing, for a reader who waits: one line on standard error, after a second, only on a terminal.

`doing(...)` costs one comparison where nobody looks. The line is erased before anything else is printed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from derive.language import Text
from derive.terminal import is_terminal, page

AFTER = 1.0  # seconds in which nothing is shown
DERIVING = Text("deriving {what}", "正在推导 {what}")
CHECKING = Text("checking {what} against torch.autograd: {n} of {all}", "正在与 torch.autograd 比较 {what}：{n}/{all}")
MEASURING = Text("measuring when gradients of {what} vanish and explode", "正在测量 {what} 的梯度何时消失、何时爆炸")
DRAWING = Text("drawing {what}", "正在绘制 {what}")
ERASE = "\r\x1b[K"


class Line:
    """The one line: what was last said, drawn once the second is over, and from then on at once."""

    def __init__(self, stream: IO[Any], lang: str, after: float):
        self.stream, self.lang, self.text, self.seen = stream, lang, "", False
        self.lock = threading.Lock()
        self.timer = threading.Timer(after, self.appear)
        self.timer.daemon = True
        self.timer.start()

    def say(self, text: str) -> None:
        """Say something else from now on."""
        with self.lock:
            self.text = text
            if self.seen:
                self._draw()

    def appear(self) -> None:
        """The second is over."""
        with self.lock:
            self.seen = True
            self._draw()

    def erase(self) -> None:
        """Take the line away, until something else is said."""
        with self.lock:
            if self.seen and self.text:
                self._put(ERASE)
            self.text = ""

    def close(self) -> None:
        """Take the line away for good."""
        self.timer.cancel()
        self.erase()

    def _draw(self) -> None:
        if self.text:
            width = page(self.stream).width - 1
            self._put(f"{ERASE}{self.text[: width // 2 if self.lang == 'zh' else width]}")

    def _put(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


_line: Line | None = None


def doing(what: Text, /, **values: object) -> None:
    """Say what is being done now; the values fill the places of the sentence."""
    if _line is not None:
        _line.say(what(**values).pick(_line.lang) + " …")


def erase() -> None:
    """Make room for something else to be printed."""
    if _line is not None:
        _line.erase()


@contextmanager
def shown(lang: str, after: float = AFTER) -> Iterator[None]:
    """Within, `doing` is shown on standard error if that is a terminal."""
    global _line
    if not is_terminal(sys.stderr):
        yield
        return
    _line = Line(sys.stderr, lang, after)
    try:
        yield
    finally:
        _line.close()
        _line = None
