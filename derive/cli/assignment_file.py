r"""A sheet of several tasks as an instructor writes it, in TOML.

[sheet]                                   # as everywhere: title, author, course, date, paper, lang
title = { en = "Homework 3", zh = "作业三" }
blank_title = "Homework 3"                # without its answers, if it is called otherwise then
intro = "Show every step."

[[problem]]
name = "logistic"                         # of the catalogue; or file = "my_model.py", or latex = "...",
                                              # or layers = "conv 32 9x9; pool 2" and input = "128x128x3"
marks = 10
options = { T = 5 }                       # what `derive NAME` has as options
statement = '''Start at $w_1 = {{w1}}$.'''
rate = "1e-4"
numbers = { w1 = [0.1, 0.9], w2 = -0.5, b = 0, x1 = 1, x2 = 1, y = 0 }
nice = ["z"]
code = "torch"                            # the generated forward and backward pass below the solution; or "numpy"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from derive.cli.variants import Range, number, read
from derive.errors import UsageError
from derive.language import Text
from derive.page.front import Front, front, words
from derive.page.statement import paragraphs

BYTES = 1 << 20
SOURCES = ("name", "file", "latex", "layers")
KEYS = (
    *SOURCES, "input", "graph", "title", "statement", "part", "marks", "options", "numbers", "rate", "nice", "detail",
    "picture", "code",
)  # fmt: skip
PART_KEYS = ("statement", "marks")


class Asked(NamedTuple):
    """One task as the file has it; `statement` and the statements of the parts still have {{name}} in them."""

    where: str
    source: tuple[str, str]  # one of SOURCES, and its value
    graph: str | None
    input: str | None
    title: Text | None
    statement: Any
    parts: tuple[tuple[Any, int | None], ...]
    marks: int | None
    options: Mapping[str, Any]
    numbers: Mapping[str, Fraction | Range]
    rate: str | None
    nice: tuple[str, ...] | bool
    detail: str | None
    picture: bool
    code: str | None

    @property
    def varies(self) -> bool:
        """Whether a seed chooses among its numbers."""
        return any(isinstance(n, Range) for n in self.numbers.values())


class File(NamedTuple):
    """A whole file: the head, the paragraphs below it, the tasks, and what it is called without its answers."""

    front: Front
    intro: tuple[Text, ...]
    tasks: tuple[Asked, ...]
    blank_title: Text | None = None

    def head(self, blank: bool) -> Front:
        """The head of the sheet with its answers, or of the `blank` one."""
        return self.front._replace(title=self.blank_title) if blank and self.blank_title is not None else self.front


def load(path: Path, called: str) -> File:
    """Read a file. Errors: UsageError, one line that says what is wrong, in which table, and what to do."""
    whole = _toml(path, called)
    for key in whole:
        if key not in ("sheet", "problem"):
            raise UsageError(f"{called}: {key!r} is unknown; a sheet has the table [sheet] and tables [[problem]]")
    head = _table(whole.get("sheet", {}), f"{called}: sheet")
    intro = paragraphs(head.pop("intro"), f"{called}: intro") if "intro" in head else ()
    unsolved = words(head.pop("blank_title"), f"{called}: blank_title") if "blank_title" in head else None
    found = whole.get("problem", [])
    if not isinstance(found, list) or not found:
        raise UsageError(f"{called}: no problem; write at least one table [[problem]] with name = ...")
    tasks = tuple(_asked(each, f"{called}: problem {n}") for n, each in enumerate(found, 1))
    return File(front(head, lambda key: f"{called}: {key}"), intro, tasks, unsolved)


def _toml(path: Path, called: str) -> dict[str, Any]:
    import tomllib

    try:
        with path.open("rb") as file:
            raw = file.read(BYTES + 1)
        if len(raw) > BYTES:
            raise UsageError(f"{called}: more than {BYTES} bytes; split the sheet")
        return tomllib.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{called}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{called}: no TOML ({error})") from None


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"{where}: expected a table, found {value!r}")
    return dict(value)


def _asked(value: Any, where: str) -> Asked:
    """One task. Errors: UsageError."""
    table = _table(value, where)
    _known(table, KEYS, where)
    sources = [key for key in SOURCES if key in table]
    if len(sources) != 1:
        found = "none of them" if not sources else " and ".join(sources)
        raise UsageError(f"{where}: a problem has one of {', '.join(SOURCES)}; found {found}")
    parts = table.get("part", [])
    if not isinstance(parts, list):
        raise UsageError(f"{where}: part is not a list; write tables [[problem.part]]")
    numbers = _table(table.get("numbers", {}), f"{where}: numbers")
    asked = tuple(_part(each, f"{where}, part {n}") for n, each in enumerate(parts, 1))
    return Asked(
        where,
        (sources[0], _word(table[sources[0]], f"{where}: {sources[0]}")),
        _word(table["graph"], f"{where}: graph") if "graph" in table else None,
        _word(table["input"], f"{where}: input") if "input" in table else None,
        words(table["title"], f"{where}: title") if "title" in table else None,
        table.get("statement"),
        asked,
        _worth(_marks(table, where), [marks for _, marks in asked], where),
        _table(table.get("options", {}), f"{where}: options"),
        {name: read(n, f"{where}: numbers.{name}") for name, n in numbers.items()},
        _rate(table, where),
        _nice(table.get("nice", ()), where),
        _detail(table, where),
        _true(table.get("picture", True), f"{where}: picture"),
        _one_of(table.get("code"), ("numpy", "torch"), f"{where}: code"),
    )


def _part(value: Any, where: str) -> tuple[Any, int | None]:
    table = _table(value, where)
    _known(table, PART_KEYS, where)
    if "statement" not in table:
        raise UsageError(f'{where}: no statement; say what is asked, as in statement = "Derive dL/dw."')
    return table["statement"], _marks(table, where)


def _known(table: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    import difflib

    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(keys)}"
            raise UsageError(f"{where}: {key!r} is unknown; {hint}")


def _word(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f'{where}: expected words, as "...", found {value!r}')
    return value


def _marks(table: Mapping[str, Any], where: str) -> int | None:
    value = table.get("marks")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 1000):
        raise UsageError(f"{where}: marks are a whole number from 1 to 1000, found {value!r}")
    return value


def _worth(marks: int | None, parts: Sequence[int | None], where: str) -> int | None:
    """The marks of a problem, which those of its parts add up to. Errors: UsageError."""
    total, open_ = sum(part or 0 for part in parts), None in parts
    if marks is not None and any(parts) and (total > marks if open_ else total != marks):
        raise UsageError(f"{where}: marks = {marks}, and its parts have {total} in all; make them equal")
    return marks


def _rate(table: Mapping[str, Any], where: str) -> str | None:
    if "rate" not in table:
        return None
    number(table["rate"], f"{where}: rate")
    return str(table["rate"])


def _nice(value: Any, where: str) -> tuple[str, ...] | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise UsageError(f'{where}: nice is true, or a list of quantities such as ["z", "L"], found {value!r}')


def _detail(table: Mapping[str, Any], where: str) -> str | None:
    found = _one_of(table.get("detail"), ("answer", "brief", "full", "code"), f"{where}: detail")
    if found == "code" and "code" not in table:
        raise UsageError(f'{where}: detail "code" shows the code alone; say which, as in code = "torch"')
    return found


def _one_of(value: Any, known: tuple[str, ...], where: str) -> str | None:
    if value is not None and value not in known:
        raise UsageError(f"{where} {value!r}: choose one of {', '.join(known)}")
    return value  # type: ignore[no-any-return]


def _true(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{where}: expected true or false, found {value!r}")
    return value


def filled(value: Any, numbers: Mapping[str, str], where: str) -> tuple[Text, ...]:
    """The paragraphs of a statement with the numbers at the places {{name}}. Errors: UsageError."""
    import re

    def put(text: Any) -> Any:
        return (
            re.sub(r"\{\{\s*([\w\[\],]+)\s*\}\}", lambda m: _number(m[1], numbers, where), text)
            if isinstance(text, str)
            else text
        )

    texts = {lang: put(text) for lang, text in value.items()} if isinstance(value, Mapping) else put(value)
    return paragraphs(texts, f"{where}: statement")


def _number(name: str, numbers: Mapping[str, str], where: str) -> str:
    if name not in numbers:
        raise UsageError(f"{where}: {{{{{name}}}}} has no number; there are {', '.join(numbers) or 'none'} in numbers")
    return numbers[name]
