"""The functions of the table in a target's code: the library's own, or a function that the module defines.

Where neither the library nor the row has a text, it is made from the definition: softsign(x) = x / (1 + |x|) becomes

    def softsign(x):
        return x / (1 + np.abs(x))
"""

from __future__ import annotations

import re

from sympy import Symbol

from derive.code.common_subexpressions import shared
from derive.code.elements import Stored
from derive.code.integers import NOWHERE
from derive.code.lower import Lowering
from derive.code.names import Identifiers, called
from derive.code.printer import INDENT, CodePrinter
from derive.code.python_text import documented, has_word
from derive.code.targets import Target
from derive.code.trees import Assign, Name
from derive.errors import ModelError
from derive.expressions.functions import BY_NAME, Row
from derive.page.print.printer import printer


def own(target: Target, text: str) -> list[str]:
    """Return the functions that a text calls and the target lacks, and those that these call, in the table's order."""
    found: dict[str, str] = {}
    missing = {row.name for row in BY_NAME.values() if not getattr(row, target.name)}
    while True:
        new = [n for n in missing - found.keys() if re.search(rf"(?<![\w.]){called(n)}\(", text)]
        if not new:
            return [found[name] for name in BY_NAME if name in found]
        found |= {name: written(BY_NAME[name], target) for name in new}
        text = "\n".join(found.values())


def written(row: Row, target: Target) -> str:
    """Return the function as the row writes it, else its definition lowered to the target."""
    if row.code:
        return row.code.replace("{array}", target.as_array).replace("{module}", target.module)
    return defined(row, target)


def defined(row: Row, target: Target) -> str:
    """Write the definition of a row as a function of one array. Errors: ModelError where the row has none."""
    if row.definition is None:
        raise ModelError(f"{row.name} has no definition in simpler functions that {target.name} has")
    x, names = Symbol("x", real=True), Identifiers()
    names.taken.add("x")
    value = row.definition(x)
    tree = Lowering(names, (), lambda _: (Stored(Name("x")), ())).lower(value, NOWHERE).tree
    *lines, last = shared((Assign(Name("value"), tree),), names)
    assert isinstance(last, Assign)
    show = CodePrinter(target)
    body = [*show.lines(lines), f"{INDENT}return {show(last.value)}"]
    kind = [INDENT + target.kind.format("x")] if any(has_word(w, t) for w in ("dtype", "kind") for t in body) else []
    remark = documented([f"{printer('text', ())(value)}."]).replace("\n", "")
    return "\n".join([f"def {called(row.name)}(x):", INDENT + remark, *kind, *body]) + "\n"
