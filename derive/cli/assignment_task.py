"""One task of a sheet, derived: its problem, its options and its numbers, as the file of the sheet asks for them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from derive.cli import options
from derive.cli.assignment_file import Asked, filled
from derive.cli.layers import verified
from derive.cli.sheet import readings, sizes, solved
from derive.cli.variants import drawn, is_nice, typed
from derive.errors import ReadError, UsageError
from derive.language import Text
from derive.layers.task import Task as LayerTask
from derive.problem import Problem, Reading
from derive.problems import layer_tasks, load, load_layers
from derive.sheet.assignment import Question, Solved, Task, derived
from derive.sheet.part import Part
from derive.topics.worked.numbers_as_typed import parse


def made(asked: Asked, folder: Path, seed: str, check: bool) -> Task:
    """Derive and check a task. Errors: UsageError, which begins with the place in the file; VerificationError."""
    kind, name = asked.source
    try:
        if kind == "layers":
            return _layers(asked, _typed(asked), check)
        if kind == "name" and name in layer_tasks():
            return _layers(asked, load_layers(name), check)
        return _derived(asked, folder, seed, check)
    except ReadError as error:
        raise UsageError(f"{asked.where}: {error} {error.excerpt()}") from None
    except UsageError as error:
        raise UsageError(f"{asked.where}: {str(error).removeprefix(f'{asked.where}: ')}") from None


def _layers(asked: Asked, task: LayerTask, check: bool) -> Task:
    """A task on the arithmetic of layers, which has no options and no numbers. Errors: UsageError."""
    for what in ("options", "numbers", "rate", "nice", "graph", "code"):
        if getattr(asked, what):
            raise UsageError(f"{what}: a task on layers has none")
    from derive.layers.page import solution, told
    from derive.layers.render import data, notation

    checks = verified(task) if check else None
    said = tuple(told(task, checks)) if check else ()
    solved = Solved(notation(task), partial(solution, task), said, None, lambda lang, _: data(task, checks, lang))
    return _task(asked, solved, task.title, (task.statement,) if task.statement is not None else (), {})


def _typed(asked: Asked) -> LayerTask:
    """The task on a network that is typed. Errors: UsageError."""
    from derive.layers.builder import TITLE
    from derive.layers.task import Task as Layers
    from derive.layers.task import network

    if asked.input is None:
        raise UsageError('layers need the shape of the input, as in input = "128x128x3"')
    return Layers(asked.title or TITLE, (network(asked.source[1], asked.input),))


def _derived(asked: Asked, folder: Path, seed: str, check: bool) -> Task:
    """A task about a model. Errors: UsageError, ReadError, VerificationError."""
    problem = _problem(asked, folder)
    given = options.parse(options.problem_parser(asked.source[1], problem), list(_argv(asked, problem, check)))
    example = next((r.wishes["example"] for r in _readings(problem, given) if "example" in r.wishes), None)
    known = parse(example.at) if example is not None else {}
    numbers = _numbers(asked, problem, given, seed, known)
    if numbers:
        given.at = ", ".join(f"{name}={value}" for name, value in (known | numbers).items())
        given.lr = asked.rate or (example.rate if example is not None else None)
    elif asked.rate is not None:
        given.lr = asked.rate
    if asked.statement is None and example is not None and (numbers or asked.rate is not None):
        raise UsageError(
            "the statement of the catalogue names other numbers; write a statement = ... with {{name}} for a number"
        )
    own = problem.statement
    parts = [part for one in _each(given) for part in solved(problem, one)]
    found = derived(parts)
    if asked.detail == "code":  # of what else was checked nothing is shown
        found = found._replace(told=found.told[:1])
    task = _task(asked, found, problem.title, (own,) if own.en or own.values else (), numbers)
    return task if asked.code is None else task._replace(code=(asked.code, _listings(parts, asked.code)))


def _listings(parts: Sequence[Part], library: str) -> tuple[tuple[Text | None, str], ...]:
    """The two passes of each derivation, as `derive code` writes them, with the name of its reading."""
    from derive.code.listing import listing

    return tuple((part.label, listing(part.derived.derivation, library)) for part in parts)


def _each(given: argparse.Namespace) -> list[argparse.Namespace]:
    """The same options for each reading that is asked for: all, one, or several with commas between them."""
    wished = (getattr(given, "reading", None) or "").split(",")
    return [argparse.Namespace(**vars(given) | {"reading": w.strip()}) for w in wished if w.strip()] or [given]


def _readings(problem: Problem, given: argparse.Namespace) -> list[Reading]:
    return [reading for one in _each(given) for reading in readings(problem, one)]


def _task(asked: Asked, solved: Solved, title: Text, statement: tuple[Text, ...], numbers: Mapping[str, str]) -> Task:
    """The task with what the file says of it, else what its problem says."""
    if asked.statement is not None:
        statement = filled(asked.statement, numbers, asked.where)
    parts = [Question(filled(text, numbers, f"{asked.where}, part"), marks) for text, marks in asked.parts]
    return Task(solved, asked.title or title, statement, tuple(parts), asked.marks, asked.detail, asked.picture)


def _problem(asked: Asked, folder: Path) -> Problem:
    """The problem that a task names. Errors: UsageError, ReadError."""
    kind, value = asked.source
    if kind == "name":
        return load(value)
    if kind == "file":
        from derive.cli.own import own

        return own(str(folder / value), asked.graph)
    from derive.cli.latex import problem_of_text

    return problem_of_text(value, "", asked.options.get("loss"), _roles(asked.options.get("as", ())))


def _roles(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def _argv(asked: Asked, problem: Problem, check: bool) -> Iterator[str]:
    """The options as they would be typed. Errors: UsageError for one that the problem does not have."""
    own = (*(o.name for o in problem.options), *(s.name for s in problem.sizes))
    known = {*own, *options.wishes(), "wrt", "reading", "loss", "as"}
    for key, value in asked.options.items():
        name = key.replace("-", "_")
        if name not in known:
            raise UsageError(f"options: {key!r} is unknown; there are {', '.join(sorted(known))}")
        for one in value if isinstance(value, list) else [value]:
            yield f"--{name.replace('_', '-')}={one}"
    if not check:
        yield "--no-check"


def _numbers(
    asked: Asked, problem: Problem, given: argparse.Namespace, seed: str, known: Mapping[str, str]
) -> dict[str, str]:
    """The numbers of the task, by the seed where they vary; the exercise has those that are `known` beside them."""
    if not asked.numbers:
        return {}
    nice = _niceness(asked, problem, given, known) if asked.nice else None
    return {name: typed(value) for name, value in drawn(asked.numbers, seed, nice, "numbers").items()}


def _niceness(
    asked: Asked, problem: Problem, given: argparse.Namespace, known: Mapping[str, str]
) -> Callable[[Mapping[str, Fraction]], bool]:
    """Whether numbers make the wished quantities of every reading exact, with few decimals."""
    from derive.topics.worked.worked import work

    found = [
        r.build(**problem.choices(vars(given))).derive(None, sizes(problem, vars(given)))
        for r in _readings(problem, given)
    ]
    for name in asked.nice if isinstance(asked.nice, tuple) else ():
        if not all(name in s.derivation.model.nodes for s in found):
            raise UsageError(
                f"nice: {name!r} is no quantity of the problem; there are {', '.join(found[0].derivation.model.nodes)}"
            )

    def nice(numbers: Mapping[str, Fraction]) -> bool:
        for solution in found:
            worked = work(solution.derivation, solution.sizes, {**known, **{n: typed(v) for n, v in numbers.items()}})
            wished = asked.nice if isinstance(asked.nice, tuple) else tuple(worked.values)
            if not all(is_nice(value) for name in wished for value in worked.values[name].flat):
                return False
        return True

    return nice
