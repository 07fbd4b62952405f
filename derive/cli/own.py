"""The problem that a Python file of the user's own states: the graph in it, with its title and its sizes."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from derive.cli import options
from derive.cli.program import file, module, running
from derive.errors import UsageError
from derive.graph import Graph
from derive.language import Text
from derive.page import sentences as say
from derive.problem import Problem, Reading, Size
from derive.topics.training.training import TrainingSet
from derive.topics.worked.example import Example

UNTITLED = Graph().title
DIMENSION = Text("a size of the model", "模型的维数")
WISHES = {"example": Example, "training": TrainingSet}


class Found(NamedTuple):
    """What a file has under a name: a graph or a problem, or a function that returns graphs; and what explains it."""

    thing: Any
    doc: str | None = None


def own(typed: str, wish: str | None) -> Problem:
    """The problem in a file; `wish` is the name after --graph. The file is run.

    Errors: UsageError for a file without a graph, for several without a wish, and for whatever the program raises.
    """
    path, made, tree, found = _read(typed)
    if not found:
        raise UsageError(_none(typed, made, tree))
    name = _chosen(typed, found, wish)
    with running(path):
        graphs = dict(_graphs(name, found[name].thing))
    if not graphs:
        raise UsageError(f"{typed}: {name}() returns no Graph; let it return the one that it makes")
    name = _chosen(typed, graphs, wish)
    names = tuple(dict.fromkeys([*found, *graphs]))
    if isinstance(graphs[name], Problem):
        graphs[name].graphs = names
        return graphs[name]
    doc = (found[name.split(".")[0]].doc if len(graphs) == 1 else "") or (made.__doc__ if len(names) == 1 else "")
    wishes = _wishes(made) if len(names) == 1 else {}
    return _problem(path.stem if len(names) == 1 else name, graphs[name], doc or "", names, wishes)


def graphs_in(typed: str) -> tuple[str, ...]:
    """The names of the graphs in a file, each of them a wish for `own`. Errors: those of the program."""
    path, _, _, found = _read(typed)
    with running(path):
        return tuple(graph for name, each in found.items() for graph, _ in _graphs(name, each.thing))


def _read(typed: str) -> tuple[Path, ModuleType, ast.Module, dict[str, Found]]:
    """Run a file: its path, the module, its lines, and what in it is or makes a graph."""
    path = file(typed)
    source = path.read_bytes()  # before the program goes to another folder
    with running(path):
        made = module(path)
        tree = ast.parse(source)
        return path, made, tree, dict(_candidates(made, tree))


def _candidates(made: ModuleType, tree: ast.Module) -> Iterator[tuple[str, Found]]:
    """The graphs, the collections of graphs, the problems and the functions that return graphs, by name."""
    seen: set[int] = set()
    builders = {n.name for n in tree.body if isinstance(n, ast.FunctionDef) and _returns(n)}
    for name, value in vars(made).items():
        if id(value) in seen or name.startswith("__"):
            continue
        if isinstance(value, FunctionType):
            if name in builders and _makes(value, made) and _needs_nothing(value):
                yield name, Found(value, inspect.getdoc(value))
        elif graphs := {id(one) for _, one in _graphs(name, value)} - seen:
            seen |= {id(value), *graphs}
            yield name, Found(value)


def _returns(function: ast.FunctionDef) -> bool:
    """Whether a function returns something, and does not say that this is anything but a graph."""
    if isinstance(function.returns, ast.Name | ast.Constant) and "Graph" not in ast.unparse(function.returns):
        return False
    inner = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.AsyncFunctionDef)
    left: list[ast.AST] = list(function.body)
    while left:
        node = left.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if not isinstance(node, inner):
            left.extend(ast.iter_child_nodes(node))
    return False


def _makes(function: Callable[..., Any], made: ModuleType, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function names `Graph`, itself or through another function of its file."""
    if getattr(function, "__annotations__", {}).get("return") in (Graph, "Graph"):
        return True
    names = [n for n in _names(function) if n not in seen]
    known = {n: vars(made).get(n) for n in names}
    if "Graph" in names or Graph in known.values():
        return True
    inside = seen | set(names)
    return any(isinstance(f, FunctionType) and _makes(f, made, inside) for f in known.values())


def _names(function: Any) -> tuple[str, ...]:
    return tuple(getattr(inspect.unwrap(function), "__code__", None).co_names)  # type: ignore[union-attr]


def _needs_nothing(function: Callable[..., Any]) -> bool:
    """Whether a function can be called without arguments."""
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    given = inspect.signature(function).parameters.values()
    return all(p.default is not p.empty or p.kind in free for p in given)


def _graphs(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What is a graph or a problem, by name; of a collection `name.key`, of a function what it returns."""
    if isinstance(value, FunctionType):
        value = value()
    if isinstance(value, Graph | Problem):
        yield name, value
    elif isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value, 1)
        yield from ((f"{name}.{key}", one) for key, one in items if isinstance(one, Graph | Problem))


def _none(typed: str, made: ModuleType, tree: ast.Module) -> str:
    """Why a file has no graph: a function that would make one needs arguments, or there is nothing."""
    for node in tree.body:
        function = vars(made).get(getattr(node, "name", ""))
        if isinstance(node, ast.FunctionDef) and isinstance(function, FunctionType) and _returns(node):
            asked = [name for name, p in inspect.signature(function).parameters.items() if p.default is p.empty]
            if asked and _makes(function, made):
                return (
                    f"{typed}: {node.name}({', '.join(asked)}) needs arguments; give them defaults, as in "
                    f"def {node.name}({asked[0]}=3), or add a line g = {node.name}(...)"
                )
    return (
        f"{typed} defines no Graph, neither by itself (g = Graph(...)) nor in a function without arguments that "
        f"returns it{_hidden(typed, made, tree)}"
    )


def _hidden(typed: str, made: ModuleType, tree: ast.Module) -> str:
    """Where a graph is all the same, or what else the file holds."""
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) and "Graph" in ast.unparse(node):
            return "; what stands under if __name__ == '__main__' is not run here: move it out"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "Graph(" in ast.unparse(node):
            return f"; let {node.name}() end with return g"
    classes = {name: value for name, value in vars(made).items() if isinstance(value, type)}
    for name, value in vars(made).items():
        inside = {} if isinstance(value, type | ModuleType | FunctionType) else getattr(value, "__dict__", {})
        for inner in (key for key, one in inside.items() if isinstance(one, Graph)):
            return f"; {name}.{inner} is one: add the line g = {name}.{inner}"
    for name, value in classes.items():
        if any(base.__module__.startswith("torch.nn") for base in value.__mro__[1:]):
            return f"; derive layers {typed}:{name} --input 3x32x32 explains the layers of a torch module"
        if value.__module__ == made.__name__ and Graph in vars(made).values():
            return f"; of a class make an object and name its graph, as in g = {name}().graph"
    return ""


def _chosen(typed: str, found: Mapping[str, Any], wish: str | None) -> str:
    """The name that is meant. Errors: UsageError with the names that there are."""
    if wish is None:
        if len(found) > 1:
            raise UsageError(f"{typed} has several graphs; choose one with --graph: {', '.join(found)}")
        return next(iter(found))
    name = wish if wish in found else wish.split(".")[0]
    if name in found:
        return name
    if len(found) == 1 and next(iter(found)).startswith(f"{wish}."):
        return next(iter(found))
    raise UsageError(f"--graph {wish!r}: {typed} has {', '.join(found)}")


def _wishes(made: ModuleType) -> dict[str, Any]:
    """The numbers and the data of a file with one graph: an Example, a TrainingSet, under any name."""
    return {wish: value for wish, kind in WISHES.items() for value in vars(made).values() if isinstance(value, kind)}


def _problem(called: str, graph: Graph, doc: str, names: tuple[str, ...], wishes: Mapping[str, Any]) -> Problem:
    """The first paragraph of the documentation is the title, the others are the statement; else it is called so."""
    first, _, rest = inspect.cleandoc(doc).partition("\n\n")
    titles = (first, "" if graph.title == UNTITLED else graph.title, called)
    title = " ".join(next(t for t in titles if t.strip()).split()).rstrip(".。")
    sizes = tuple(Size(str(name), DIMENSION) for name in graph.model().sizes if not options.taken(str(name)))
    statement = say.plain(" ".join(rest.split())) if rest.strip() else Text("", "")
    return Problem(
        title=say.plain(title), statement=statement, sizes=sizes,
        readings=[Reading(lambda: graph, wishes=wishes)], graphs=names if len(names) > 1 else (),
    )  # fmt: skip
