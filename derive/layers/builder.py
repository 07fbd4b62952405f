"""Networks of layers in Python, by the same words as they are typed: Layers("32x32x3").conv(64, 3, pad=1).pool(2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from sympy import Expr

from derive.errors import UsageError
from derive.language import Text
from derive.layers.network import Network
from derive.layers.read import WORDS, read_layers
from derive.layers.row import Row
from derive.layers.shape import read_shape
from derive.layers.task import Task

TITLE = Text("The arithmetic of the layers", "网络各层的计算")


class Layers:
    """Layers in a row, with the shape of their input; each word of docs/layers.md is a method that adds a layer.

    A size is a number, a letter or a sympy expression; sizes by axes are a tuple. Without an input it is a branch.

    >>> net = Layers("32x32x3").conv(8, 3, pad=1).sum(Layers().conv(8, (1, 3), pad=(0, 1)), Layers()).gap().fc(10)
    >>> net.typed
    'conv 8 3 pad 1; sum[conv 8 1x3 pad 0x1 | ]; gap; fc 10'
    >>> net.parameters
    514
    """

    def __init__(self, input: str | tuple[Any, ...] = "", typed: str = ""):
        self.input = "x".join(map(str, input)) if isinstance(input, tuple) else input
        self.typed = typed

    def __getattr__(self, word: str) -> Callable[..., Layers]:
        if word not in WORDS:
            raise AttributeError(f"no layer {word!r}; there are {', '.join(WORDS)}")
        return partial(self._with, word)

    def _with(self, word: str, *sizes: Any, bias: bool = True, ceil: bool = False, **options: Any) -> Layers:
        words = [word, *map(_size, sizes), *(f"{name} {_size(value)}" for name, value in options.items())]
        return self.add(" ".join([*words, *(() if bias else ("nobias",)), *(("ceil",) if ceil else ())]))

    def add(self, typed: str) -> Layers:
        """The network with more layers, as they are typed. Errors: UsageError for what cannot be read."""
        read_layers(typed)
        return Layers(self.input, "; ".join(filter(None, (self.typed, typed))))

    def sum(self, *branches: Layers) -> Layers:
        """The network with branches whose outputs are added."""
        return self.add(f"sum[{' | '.join(branch.typed for branch in branches)}]")

    def concat(self, *branches: Layers) -> Layers:
        """The network with branches whose outputs are put beside each other."""
        return self.add(f"concat[{' | '.join(branch.typed for branch in branches)}]")

    def repeat(self, times: Any, stack: Layers) -> Layers:
        """The network with a stack several times."""
        return self.add(f"repeat {_size(times)} [{stack.typed}]")

    @cached_property
    def network(self) -> Network:
        """The network, explained. Errors: UsageError without an input, and for what does not fit."""
        if not self.input:
            raise UsageError('Layers() without an input is a branch; give the shape of the input, Layers("128x128x3")')
        made = Network(read_layers(self.typed), read_shape(self.input))
        assert made.rows is not None
        return made

    @property
    def rows(self) -> tuple[Row, ...]:
        """Each layer with its shapes and counts."""
        return self.network.rows

    @property
    def parameters(self) -> Expr:
        """All weights and biases."""
        return self.network.parameters

    @property
    def multiply_adds(self) -> Expr:
        """All multiply-adds for one input."""
        return self.network.total("multiply_adds")

    def to(self, format: str, lang: str = "en", detail: str = "brief", check: bool = True) -> str | bytes:
        """The sheet in a format, checked with torch. Errors: UsageError, VerificationError."""
        from derive.layers.render import render

        checks = None
        if check:
            from derive.layers.check.compare import checked

            checks = (checked(self.network),)
        return render(Task(TITLE, (self.network,)), checks, format, lang, detail)


def _size(value: Any) -> str:
    """A size as it is typed: without spaces, sizes by axes with x in between."""
    if isinstance(value, tuple):
        return "x".join(map(_size, value))
    return str(value).replace(" ", "")
