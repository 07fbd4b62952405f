"""`derive list`: the problems by groups, one a line, with their sizes; below it the choices that a problem offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.cli import options
from derive.language import LANGUAGES, Text
from derive.page.terminal import cells
from derive.problem import GROUPS, Problem
from derive.problems import layer_tasks, load, load_layers, names

WIDTH = 80
LAYERS = Text("Layers", "网络各层的计算")
HEAD = Text(
    "derive NAME prints the solution of a problem, derive NAME --help its options.\n"
    "Sizes in brackets may be given numbers, as in derive bptt --T 5.",
    "derive 名称 输出一道题的解答，derive 名称 --help 列出它的选项。\n方括号中的维数可以取具体的数，例如 derive "
    "bptt --T 5。",
)


def run(argv: Sequence[str]) -> int:
    """Print the problems under the names of their groups. Errors: UsageError."""
    given = options.parse(options.list_parser(), argv)
    options.one_of("lang", given.lang, LANGUAGES)
    problems = {name: load(name) for name in names()}
    width = max(map(len, problems))
    print(HEAD.pick(given.lang))
    for group, title in GROUPS.items():
        own = {name: problem for name, problem in problems.items() if problem.group == group}
        if own:
            print(f"\n{title.pick(given.lang)}")
        for name, problem in own.items():
            print("\n".join(_lines(f"  {name:{width}}  ", problem, given.lang)))
    print("\n".join(_layers(width, given.lang)))
    return 0


def _layers(width: int, lang: str) -> Iterator[str]:
    """The tasks on the arithmetic of layers."""
    yield f"\n{LAYERS.pick(lang)}"
    yield from (f"  {name:{width}}  {load_layers(name).title.pick(lang)}" for name in layer_tasks())


def _lines(name: str, problem: Problem, lang: str) -> Iterator[str]:
    """The name, the title and the sizes; then the choices, as many on a line as there is room for."""
    sizes = f" [{' '.join(size.name for size in problem.sizes)}]" if problem.sizes else ""
    yield f"{name}{problem.title.pick(lang)}{sizes}"
    line = ""
    for option in (f"{o.flag} {'|'.join(o.choices)}" for o in problem.options):
        if line and len(name) + cells(line) + 2 + len(option) > WIDTH:
            yield " " * len(name) + line
            line = ""
        line += f"  {option}" if line else option
    if line:
        yield " " * len(name) + line
