"""The layering of the house: the rooms stand in one column, and a module imports only from rooms below its own.

Every import counts, also one inside a function, in a string, or for annotations only. Inside a room no cycle arises.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the ground to the roof. A line of several words is a floor of loose files at the top of derive/.
ROOMS = (
    "errors language memo display progress",
    "read",
    "expressions",
    "model",
    "chain",
    "evaluate",
    "check",
    "page",
    "proofread",
    "layers",
    "code",
    "topics",
    "sheet",
    "graph solution notebook problem problems",
    "transcribe",
    "judge",
    "cli __init__ __main__",
)

# A foreign package has its homes: parts of a module's name, in any room.
FOREIGN = {"torch": ("check",), "matplotlib": ("plots", "plot")}


@dataclass(frozen=True)
class Import:
    """One import: where it stands, the dotted name as imported, and the module of the house that it is, if any."""

    module: str
    line: int
    name: str
    target: str | None

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: imports {self.name}"


def imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Every import of a file as (line, dotted name); a relative one begins with the package of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = parts[: len(parts) + 1 - node.level] if node.level else []
            name = ".".join([*base, *filter(None, [node.module])])
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from ((node.lineno, str(name.value)) for name in node.args[:1] if isinstance(name, ast.Constant))


@dataclass(frozen=True)
class House:
    """A package folder, and its rooms from the lowest to the highest."""

    folder: Path
    rooms: Sequence[str]

    def modules(self) -> dict[str, Path]:
        """Every module by its name inside the package; the package's own page is `__init__`."""
        found = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder).with_suffix("").parts
            found[".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)] = path
        return found

    def imports(self) -> Iterator[Import]:
        """Every import, those of the house with the module that they reach."""
        modules = self.modules()
        for module, path in modules.items():
            package = ".".join([self.folder.name, *path.relative_to(self.folder).parts[:-1]])
            for line, name in imported(ast.parse(path.read_text(encoding="utf-8"), str(path)), package):
                yield Import(module, line, name, self.reached(name, modules))

    def reached(self, name: str, modules: Collection[str]) -> str | None:
        """The longest beginning of a dotted name that is a module of the house; None for a foreign name."""
        package, *parts = name.split(".")
        if package != self.folder.name:
            return None
        beginnings = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
        return next((b for b in beginnings if b in modules), "__init__")

    def floor(self, module: str) -> int | None:
        """How high the room of a module is."""
        return next((n for n, room in enumerate(self.rooms) if module.split(".")[0] in room.split()), None)


def homeless(house: House) -> list[str]:
    """Modules outside every room."""
    return [
        f"{module} lies in no room: move it into one, or name a new room in ROOMS of tests/test_layering.py"
        for module in house.modules()
        if house.floor(module) is None
    ]


def upward(house: House) -> list[str]:
    """Imports from a higher room."""
    found = []
    for each in house.imports():
        here, there = house.floor(each.module), each.target and house.floor(each.target)
        if here is not None and isinstance(there, int) and there > here:
            found.append(f"{each}, up from {house.rooms[here]!r} to {house.rooms[there]!r}")
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
        if homes is not None and not set(homes) & set(each.module.split(".")):
            found.append(f"{each}, allowed only in: {', '.join(homes)}")
    return found


RULES = (homeless, upward, cycles, foreign)


@pytest.mark.parametrize("rule", RULES)
def test_derive_keeps(rule: Callable[[House], list[str]]) -> None:
    broken = rule(House(ROOT / "derive", ROOMS))
    assert not broken, "\n" + "\n".join(broken)


def test_every_room_is_there() -> None:
    """A room that is renamed is renamed here too, so that the column stays the map of the folder."""
    modules = House(ROOT / "derive", ROOMS).modules()
    for name in " ".join(ROOMS).split():
        assert name in modules or any(m.startswith(f"{name}.") for m in modules), name


def test_problems_import_no_foreign_package() -> None:
    broken = foreign(House(ROOT / "problems", ()))
    assert not broken, "\n" + "\n".join(broken)


FAKE = {
    "low.py": "def f():\n    from house.high import g",
    "high.py": "from . import low\nfrom house.room import chair",
    "stray.py": "import matplotlib.pyplot",
    "typed.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house import high\n",
    "room/__init__.py": "",
    "room/chair.py": "from ..low import f",
    "room/table.py": "import importlib\nhigh = importlib.import_module('house.high')\nfrom torch import nn",
    "room/check/stool.py": "import torch",
}


@pytest.fixture
def fake(tmp_path: Path) -> House:
    """A small house with every fault in it; room/table is entered through a string, typed for an annotation."""
    for name, text in FAKE.items():
        path = tmp_path / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return House(tmp_path / "house", ("low typed", "room", "high"))


def test_a_module_outside_every_room_is_told_to_move(fake: House) -> None:
    assert [line.split(":")[0] for line in homeless(fake)] == ["stray lies in no room"]


def test_an_upward_import_is_found_in_a_function_in_a_string_and_in_an_annotation(fake: House) -> None:
    assert upward(fake) == [
        "low, line 2: imports house.high.g, up from 'low typed' to 'high'",
        "room.table, line 2: imports house.high, up from 'room' to 'high'",
        "typed, line 3: imports house.high, up from 'low typed' to 'high'",
    ]


def test_a_cycle_is_found(fake: House) -> None:
    [cycle] = cycles(fake)
    path = cycle.removeprefix("import cycle: ").split(" -> ")
    assert path[0] == path[-1]
    assert {"low", "high"} <= set(path) <= {"low", "high", "room.chair"}


def test_foreign_packages_are_found(fake: House) -> None:
    assert foreign(fake) == [
        "room.table, line 3: imports torch.nn, allowed only in: check",
        "stray, line 1: imports matplotlib.pyplot, allowed only in: plots, plot",
    ]
