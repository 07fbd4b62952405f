"""The layering of the house: a module imports from lower floors, or from its own floor as long as no cycle arises.

Every import counts, also one inside a function; only `if TYPE_CHECKING:` is exempt, because it never runs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A new module gets its floor here, by its name without `derive.`; `name.*` is a package with every module in it.
HOUSE = (
    "errors language notation memo display terminal progress publishing.*",
    "elementwise functions indices intervals contraction coefficients branches norms moments sums",
    "model schedule preactivation validation signature",
    "partials facts derivation deltas paths chain algebra products geometric induction regions reasons "
    "recurrences states limits summands equalities steps matrix.* expectation.* identities operations "
    "primitives caching",
    "analysis.* positions store closures lowering sweeps exact at worked verification.* rewritten",
    "rendering.* codegen.* drawing.* plotting.*",
    "views solution graph notebook problem problems training",
    "options commands.* cli __init__ __main__",
)
FLOORS = {module: floor for floor, modules in enumerate(HOUSE) for module in modules.split()}

# (module, function, imported module): the table of functions is built from the classes that look their slope up in it;
# an object shows itself in a notebook by what lies above it.
EXEMPT = {("elementwise", "fdiff", "functions"), ("display", "shown", "notebook")}

# Which first-level modules may import a foreign package; those not named here are free.
FOREIGN = {"torch": ("verification",), "matplotlib": ("plotting",)}


@dataclass(frozen=True)
class Import:
    """One import: where it stands, the dotted name as imported, and the module of the house that it is, if any."""

    module: str
    function: str
    line: int
    name: str
    target: str | None

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: imports {self.name}"


class Reader(ast.NodeVisitor):
    """Collects the imports of one file as (function, line, dotted name, names taken from it)."""

    def __init__(self, package: str):
        self.package = package
        self.function = ""
        self.found: list[tuple[str, int, str, list[str]]] = []

    def add(self, node: ast.stmt | ast.expr, name: str, taken: Collection[str] = ()) -> None:
        self.found.append((self.function, node.lineno, name, list(taken)))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, self.function = self.function, node.name
        self.generic_visit(node)
        self.function = outer

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) not in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            return self.generic_visit(node)
        for statement in node.orelse:
            self.visit(statement)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.add(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        parts = self.package.split(".")
        base = parts[: len(parts) + 1 - node.level] if node.level else []
        self.add(node, ".".join([*base, *filter(None, [node.module])]), [alias.name for alias in node.names])

    def visit_Call(self, node: ast.Call) -> None:
        called = ast.unparse(node.func).split(".")[-1]
        if called in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
            self.add(node, str(node.args[0].value))
        self.generic_visit(node)


@dataclass(frozen=True)
class House:
    """A package folder with the floors of its modules."""

    folder: Path
    floors: Mapping[str, int]
    exempt: Collection[tuple[str, str, str]] = ()

    def modules(self) -> dict[str, Path]:
        """Every module by its name inside the package; the package's own page is `__init__`."""
        found = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder).with_suffix("").parts
            found[".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)] = path
        return found

    def imports(self) -> Iterator[Import]:
        """Every import that counts, those of the house with the module that they reach."""
        modules = self.modules()
        for module, path in modules.items():
            reader = Reader(".".join([self.folder.name, *path.relative_to(self.folder).parts[:-1]]))
            reader.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
            for function, line, name, taken in reader.found:
                for full in [f"{name}.{each}" for each in taken] or [name]:
                    target = self.reached(full, modules)
                    if (module, function, target) not in self.exempt:
                        yield Import(module, function, line, full, target)

    def reached(self, name: str, modules: Collection[str]) -> str | None:
        """The longest beginning of a dotted name that is a module of the house; None for a foreign name."""
        package, *parts = name.split(".")
        if package != self.folder.name:
            return None
        beginnings = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
        return next((b for b in beginnings if b in modules), "__init__")

    def floor(self, module: str) -> int | None:
        """The module's own floor, or that of the nearest package around it."""
        parts = module.split(".")
        packages = (".".join(parts[:n]) + ".*" for n in range(len(parts), 0, -1))
        return next((self.floors[name] for name in (module, *packages) if name in self.floors), None)


def homeless(house: House) -> list[str]:
    """Modules without a floor."""
    return [
        f"{module} has no floor: add it to HOUSE in tests/test_layering.py, on the lowest floor its imports allow"
        for module in house.modules()
        if house.floor(module) is None
    ]


def upward(house: House) -> list[str]:
    """Imports from a higher floor."""
    found = []
    for each in house.imports():
        here, there = house.floor(each.module), each.target and house.floor(each.target)
        if here is not None and isinstance(there, int) and there > here:
            found.append(f"{each}, up from floor {here} to floor {there}")
    return found


def cycles(house: House) -> list[str]:
    """A cycle of imports, if there is one."""
    uses: dict[str, set[str]] = {module: set() for module in house.modules()}
    for each in house.imports():
        if each.target:
            uses[each.module].add(each.target)
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        return ["import cycle: " + " -> ".join(reversed(error.args[1]))]
    return []


def foreign(house: House) -> list[str]:
    """Foreign packages outside the places that may import them."""
    found = []
    for each in house.imports():
        homes = FOREIGN.get(each.name.split(".")[0])
        if homes is not None and each.module.split(".")[0] not in homes:
            found.append(f"{each}, allowed only in: {', '.join(homes) or 'no module'}")
    return found


RULES = (homeless, upward, cycles, foreign)


@pytest.mark.parametrize("rule", RULES)
def test_derive_keeps(rule: Callable[[House], list[str]]) -> None:
    broken = rule(House(ROOT / "derive", FLOORS, EXEMPT))
    assert not broken, "\n" + "\n".join(broken)


def test_problems_import_no_foreign_package() -> None:
    broken = foreign(House(ROOT / "problems", {}))
    assert not broken, "\n" + "\n".join(broken)


FAKE = {
    "low.py": "def f():\n    from house.high import g",
    "high.py": "from . import low\nfrom house.room import chair",
    "stray.py": "import matplotlib.pyplot",
    "typed.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house import high\n",
    "room/__init__.py": "",
    "room/chair.py": "from ..low import f",
    "room/table.py": "import importlib\nhigh = importlib.import_module('house.high')\nfrom torch import nn",
}


@pytest.fixture
def fake(tmp_path: Path) -> House:
    """A small house with every fault in it; room/table may be entered only through a string."""
    for name, text in FAKE.items():
        path = tmp_path / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return House(tmp_path / "house", {"low": 0, "typed": 0, "room.*": 1, "high": 2})


def test_a_module_without_a_floor_is_told_where_to_get_one(fake: House) -> None:
    assert [line.split(":")[0] for line in homeless(fake)] == ["stray has no floor"]
    assert "HOUSE in tests/test_layering.py" in homeless(fake)[0]


def test_an_upward_import_is_found_in_a_function_and_in_a_string(fake: House) -> None:
    assert upward(fake) == [
        "low, line 2: imports house.high.g, up from floor 0 to floor 2",
        "room.table, line 2: imports house.high, up from floor 1 to floor 2",
    ]


def test_a_cycle_is_found(fake: House) -> None:
    [cycle] = cycles(fake)
    path = cycle.removeprefix("import cycle: ").split(" -> ")
    assert path[0] == path[-1]
    assert {"low", "high"} <= set(path) <= {"low", "high", "room.chair"}


def test_foreign_packages_are_found(fake: House) -> None:
    assert foreign(fake) == [
        "room.table, line 3: imports torch.nn, allowed only in: verification",
        "stray, line 1: imports matplotlib.pyplot, allowed only in: plotting",
    ]


def test_an_exempt_edge_is_exempt_only_from_its_function(fake: House) -> None:
    assert len(upward(House(fake.folder, fake.floors, {("low", "f", "high")}))) == 1
    assert len(upward(House(fake.folder, fake.floors, {("low", "", "high")}))) == 2
