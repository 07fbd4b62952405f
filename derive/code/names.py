"""Names to Python identifiers: no keyword, none of the names that the generated module uses itself, none twice."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from sympy import Expr, Function

from derive.expressions.functions import BY_NAME, X, defined, row_of

RESERVED = frozenset(
    [
        "np",
        "torch",
        "math",
        "dtype",
        "device",
        "given",
        "values",
        "gradients",
        "forward",
        "backward",
        "loss",
        "Loss",
        "inputs",
        "NAMES",
        "SHAPES",
        "INPUTS",
        "OPTIONAL",
        "SAVED",
        "span",
        "functools",
        "training",
        "pullback",
        "upstream",
    ]
)


PYTHON = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)])


def called(function: str) -> str:
    """What a module calls a function of the table that it defines: its name, which may be Python's or the module's."""
    return f"{function}_" if function in RESERVED | PYTHON else function


def _functions(program: Iterable[Expr]) -> set[str]:
    """The functions that expressions call, and those in their definitions and slopes."""
    found: set[str] = set()
    waiting = list(program)
    while waiting:
        for row in map(row_of, waiting.pop().atoms(Function)):
            if row is not None and row.name not in found:
                found.add(row.name)
                waiting += [f(*[X] * row.arity) for f in (row.definition, row.slope, *row.slopes) if f is not None]
    return found


class Identifiers:
    """Gives each name an identifier, its own where that is free: `lambda` becomes `lambda_`."""

    def __init__(self, program: Iterable[Expr] | None = None) -> None:
        """Reserve the functions that a module for the program defines (all, if none is given), so that `gamma` is free.

        Those that say where a maximum or a clipped number is are always among them: slopes call them.
        """
        used = set(BY_NAME) if program is None else _functions(program)
        own = (n for n, row in BY_NAME.items() if defined(row) and (n in used or row.indicator))
        self.taken: set[str] = {*RESERVED, *PYTHON, *map(called, own)}
        self.given: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """Return the identifier of a name, the same each time."""
        if name not in self.given:
            self.given[name] = self.fresh(name.split()[-1])
        return self.given[name]

    def index(self, name: str) -> str:
        """Return the identifier of an index, which may be called like a family."""
        return self[f"index {name}"]

    def local(self) -> Identifiers:
        """Return a copy for the variables of one function."""
        found = Identifiers()
        found.taken, found.given = set(self.taken), dict(self.given)
        return found

    def fresh(self, wish: str) -> str:
        """Return an identifier that nothing else has."""
        while wish in self.taken:
            wish += "_"
        self.taken.add(wish)
        return wish


def unique(pairs: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Typeset name to identifier, from (typeset, plain, identifier): the plain name where two are typeset alike."""
    found: dict[str, str] = {}
    for typeset, plain, identifier in pairs:
        found[plain if typeset in found else typeset] = identifier
    return found
