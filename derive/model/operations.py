"""The primitive operations that a graph can be written in.

Every function of one argument in the table of functions is one, by its name. Any other is a row here; `primitives` says
how definitions are written in it, and `program` what its value is. A row has no derivative: what backpropagation needs
of an operation is read off its local partials (chain/needed.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sympy import Expr

from derive.errors import UsageError
from derive.expressions.functions import BY_NAME, arguments, row_or_extremum
from derive.language import Text


class Operation(NamedTuple):
    """One operation: its name as typed, and what it is called."""

    name: str
    title: Text


ELEMENTARY = (
    Operation("dot", Text("dot product", "内积")),
    Operation("sum", Text("sum", "求和")),
    Operation("add", Text("addition", "加法")),
    Operation("sub", Text("subtraction", "减法")),
    Operation("mul", Text("elementwise multiplication", "逐元素乘法")),
    Operation("div", Text("elementwise division", "逐元素除法")),
    Operation("pow", Text("elementwise power", "逐元素幂")),
    Operation("max", Text("elementwise maximum", "逐元素取最大值")),
)
FUNCTION = Text("the function {name}", "函数 {name}")


def operations() -> dict[str, Operation]:
    """All operations by name: the elementary ones, and the functions that the table has now."""
    functions = (n for n in BY_NAME if n not in ("identity", "max", "power"))
    return {row.name: row for row in ELEMENTARY} | {n: Operation(n, FUNCTION(name=n)) for n in functions}


def chosen(names: Sequence[str]) -> tuple[Operation, ...]:
    """The operations of these names. Errors: UsageError for one that is not known."""
    known = operations()
    for name in names:
        if name not in known:
            raise UsageError(
                f"no operation {name!r}; choose from {', '.join(known)}, or define a function: derive.elementwise(...)"
            )
    return tuple(known[name] for name in dict.fromkeys(names))


def definition(expr: Expr) -> Expr | None:
    """What a function is in simpler operations; None where it is elementary: ReLU(x) is max(x, 0)."""
    row = row_or_extremum(expr)
    return row.definition(*arguments(expr)) if row is not None and row.definition is not None else None
