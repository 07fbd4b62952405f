"""The words of the command line: one parser for each problem, errors as one line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from derive.errors import UsageError
from derive.language import Text
from derive.page.formats.formats import DETAILS, ENGINES, FORMATS
from derive.page.look import PAPERS
from derive.problem import Problem
from derive.topics.topic import Flag, topics

WRT = "the gradients with respect to these, inputs and nodes too (default all parameters)"
MOST_POINTS = 100_000
MOST_STEPS = 100_000


NONE = Problem(Text("", ""), Text("", ""), graphs=("NAME",))  # a file that is not read yet


class Once(argparse.Action):
    """An option with a value, given once: argparse would take the last in silence."""

    seen = False

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        if self.seen and option_string:
            parser.error(f"argument {option_string}: given twice")
        self.seen = True
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """argparse whose errors are one line and an exception, not a usage text and an exit."""

    def __init__(self, **words: Any):
        super().__init__(allow_abbrev=False, **words)
        self.register("action", None, Once)

    def print_help(self, file: Any = None) -> None:
        """Like any output: argparse would not notice a full disk."""
        print(self.format_help(), end="", file=file)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def problem_parser(name: str, problem: Problem) -> Parser:
    """The options of one problem: its sizes, its own choices, and what every sheet has."""
    parser = Parser(
        prog=f"derive {name}",
        description=f"{problem.title.pick('en')}. {problem.statement.pick('en')}",
        epilog="The sheet goes to standard output, talk to standard error. Exit status: 0 done, 1 a line failed its "
        "check (nothing is printed), 2 the input cannot be used.",
    )
    lengths(parser, problem)
    choices(parser, problem)
    parser.add_argument("--wrt", metavar="A,B,...", action="append", help=WRT)
    wished(parser)
    page(parser)
    return parser


def lengths(parser: Parser, problem: Problem) -> None:
    """The sizes of a problem."""
    for size in problem.sizes:
        parser.add_argument(f"--{size.name}", metavar="N", help=f"{size.help.en} (symbolic unless given)")


def taken(word: str) -> bool:
    """Whether a word after two dashes is an option of a command that takes sizes, so that no size can have it."""
    parsers = (problem_parser("", NONE), code_parser("", NONE), graph_parser("", NONE))
    return word in ("what", "help") or any(f"--{word}" in each._option_string_actions for each in parsers)


def choices(parser: Parser, problem: Problem) -> None:
    """The options of a problem's own, and which reading of it."""
    for option in problem.options:
        shown = "|".join(option.choices)
        parser.add_argument(option.flag, metavar=shown, help=f"{option.help.en} (default {option.choices[0]})")
    if problem.losses:
        parser.add_argument("--loss", metavar="|".join(problem.losses), help="which quantity is the loss")
        parser.add_argument("--as", action="append", metavar="NAME=ROLE", help="what a name is: x=parameter, y=input")
    if problem.graphs:
        parser.add_argument("--graph", metavar="|".join(problem.graphs), help="which graph of the file")
    if len(problem.readings) > 1:
        labels = [key(r.label.en) for r in problem.readings if r.label is not None]
        parser.add_argument("--reading", metavar="|".join(labels), help="only one reading of the task (default all)")


def one_of(what: str, value: str, known: Sequence[str]) -> None:
    """Refuse a word that is not among the known ones. Errors: UsageError."""
    if value not in known:
        raise UsageError(f"--{what} {value!r}: choose one of {', '.join(known)}")


def wishes() -> dict[str, Flag]:
    """The options by which subjects are asked for, in the order of the subjects."""
    return {name: option for _, each in topics() for name, option in each.asks.items() if option is not None}


def wished(parser: Parser, names: Collection[str] | None = None) -> None:
    """The options of the subjects, or some of them."""
    for name, option in wishes().items():
        if names is None or name in names:
            words: dict[str, Any] = {} if option.const is None else {"nargs": "?", "const": option.const}
            parser.add_argument(f"--{name.replace('_', '-')}", metavar=option.metavar, help=option.help, **words)


def page(parser: Parser) -> None:
    """--lang, --format, --engine, -o, --detail, --plots, --no-check, and what stands at the head of a sheet."""
    parser.add_argument("--lang", metavar="en|zh", help="language of the sheet (default en)")
    parser.add_argument("--format", metavar="|".join(FORMATS), help="default: as the file is named, else tex")
    parser.add_argument(
        "--engine", metavar="|".join(ENGINES), help="what sets a PDF (default typst; tex: the system's)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write the sheet to a file")
    parser.add_argument(
        "--detail",
        default="brief",
        metavar="|".join(DETAILS),
        help="the results; steps that are alike put together (default); every line",
    )
    parser.add_argument("--steps", metavar="A-B", help="only the steps with these numbers, as in 3-5")
    parser.add_argument(
        "--plots", action="store_true", help="add plots: when gradients vanish and explode, the loss of --train"
    )
    parser.add_argument(
        "--blank",
        nargs="?",
        const="all",
        metavar="K",
        help="without answers; with a number, without the last K lines of each step (HTML has them behind buttons)",
    )
    parser.add_argument("--no-check", action="store_true", help="skip the check against torch.autograd")
    head(parser)


def head(parser: Parser) -> None:
    """What stands at the head of a sheet, and its paper."""
    front = parser.add_argument_group("head and paper")
    front.add_argument(
        "--sheet", metavar="FILE", help="these as the table [sheet] of a TOML file (default derive.toml)"
    )
    for key, (metavar, text) in FRONT.items():
        front.add_argument(f"--{key}", metavar=metavar, help=text)


FRONT = {
    "title": ("WORDS", "the title of the sheet"),
    "subtitle": ("WORDS", 'the line below it; "" leaves it out'),
    "author": ("WORDS", "who hands the sheet out"),
    "course": ("WORDS", "the course"),
    "date": ("DATE", "2027-01-31, today, or any words"),
    "paper": ("|".join(PAPERS), "size of the paper (default a4)"),
}


def list_parser() -> Parser:
    """The options of `derive list`."""
    parser = Parser(prog="derive list", description="The problems by groups: name and title.")
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the titles (default en)")
    return parser


def check_parser() -> Parser:
    """The options of `derive check`."""
    parser = Parser(
        prog="derive check",
        description="Check problems against torch.autograd, with every choice of their options: one line each.",
        epilog="Exit status: 0 everything agrees, 1 something does not, 2 the input cannot be used.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="problems, or Python files (default all problems)")
    parser.add_argument("--graph", metavar="NAME", help="which graph of the file")
    parser.add_argument("--T", metavar="N", help="time steps for problems that have them (1 to 6 unless given)")
    parser.add_argument("--points", default="1000", metavar="N", help="random points (default 1000)")
    parser.add_argument("--seed", default="0", metavar="N", help="seed of the random points (default 0)")
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the table (default en)")
    return parser


def code_parser(name: str = "NAME", problem: Problem | None = None) -> Parser:
    """The options of `derive code NAME`."""
    parser = Parser(
        prog=f"derive code {name}",
        description="A Python module with forward(**inputs) and backward(**inputs), written from the derivation. Sizes "
        "are those of the arrays that it is given. Of a task with several readings it is the first unless named.",
        epilog="The module goes to standard output. Exit status: 0 done, 1 a derivation fails its check, 2 the input "
        "cannot be used.",
    )
    parser.add_argument("--wrt", metavar="A,B,...", action="append", help=WRT)
    parser.add_argument("--target", default="numpy", metavar="numpy|torch", help="the library (default numpy)")
    parser.add_argument("--no-check", action="store_true", help="skip the check against torch.autograd")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the module to a file")
    if problem is not None:
        choices(parser, problem)
    return parser


def layers_parser() -> Parser:
    """The options of `derive layers`."""
    parser = Parser(
        prog="derive layers",
        description="The arithmetic of a network's layers: shapes, weights, biases, multiply-adds, activations and "
        "receptive fields, each worked and checked with torch. docs/layers.md lists the layers that can be typed.",
        epilog='Example: derive layers "conv 32 9x9; pool 2; fc 3" --input 128x128x3 --format text',
    )
    parser.add_argument("what", metavar="LAYERS", help="layers with semicolons between them")
    parser.add_argument("--input", metavar="HxWxC", help="shape of the input: numbers or letters")
    page(parser)
    return parser


def gallery_parser() -> Parser:
    """The options of `derive gallery`."""
    parser = Parser(
        prog="derive gallery",
        description="A site of static files: every problem, task on layers and sheet as a page, as solution and "
        "exercise in PDF in both languages, as code and as a graph, with a list that can be searched.",
    )
    parser.add_argument(
        "what", nargs="*", metavar="NAME|FILE",
        help="only these: problems, sheets (0 to 4, my_sheet.toml), files of your own (my_model.py, model.tex)",
    )  # fmt: skip
    parser.add_argument("-o", "--output", default="output/site", metavar="FOLDER", help="default output/site")
    parser.add_argument("--no-check", action="store_true", help="skip the check against torch.autograd")
    return parser


def assignment_parser(shipped: Sequence[str]) -> Parser:
    """The options of `derive sheet`."""
    parser = Parser(
        prog="derive sheet",
        description="Several problems as one document: statements, solutions, one verification. A sheet is a file in "
        f"TOML of your own, or one of {', '.join(shipped)}. Several sheets, languages or formats go into a folder.",
        epilog="Exit status: 0 done, 1 a line failed its check (nothing is printed), 2 the input cannot be used.",
    )
    parser.add_argument("what", nargs="+", metavar="SHEET", help="a number, or a file my_sheet.toml")
    parser.add_argument("--lang", metavar="en|zh|en,zh", help="language of the sheet, or both (default en)")
    parser.add_argument("--format", metavar="|".join(FORMATS), help="one or several, as in pdf,html (default tex)")
    parser.add_argument("--engine", metavar="|".join(ENGINES), help="what sets a PDF (default typst)")
    parser.add_argument("-o", "--output", metavar="FILE|FOLDER/", help="a file, or a folder for sheet-0.en.pdf")
    parser.add_argument("--detail", default="brief", metavar="|".join(DETAILS), help="how much of each step is shown")
    parser.add_argument("--blank", nargs="?", const="all", metavar="K", help="without answers, or the last K lines")
    parser.add_argument("--seed", default="0", metavar="N", help="which numbers are drawn from the ranges (default 0)")
    parser.add_argument("--shuffle", action="store_true", help="the problems in an order that the seed draws")
    parser.add_argument("--no-check", action="store_true", help="skip the check against torch.autograd")
    head(parser)
    return parser


def solve_parser() -> Parser:
    """What `derive solve --help` prints: the options of a file follow when it is named."""
    return Parser(
        prog="derive solve FILE|-",
        description="A model written in LaTeX, from a file or from standard input, is derived and checked as a problem "
        "of the catalogue is. Documents, Markdown with dollars and bare lines are read; each line name = formula is a "
        "definition. Every other command takes such a file too: derive code MODEL.tex --target numpy.",
        epilog="derive solve FILE --help shows the options of that model: its loss, its sizes, formats and languages.",
    )


def graph_parser(name: str = "NAME", problem: Problem | None = None) -> Parser:
    """The options of `derive graph NAME`."""
    parser = Parser(
        prog=f"derive graph {name}",
        description="The computational graph as a picture, a recurrence unrolled in columns of time (of more than 5 "
        "steps, or of a length without a number, the first two, dots, the last). Dashed arrows carry "
        "local partials back; dots mark the values that the backward pass needs again.",
        epilog="The picture goes to standard output. Exit status: 0 done, 1 a number fails its check, 2 the "
        "input cannot be used.",
    )
    parser.add_argument("--ops", metavar="dot,add,...", help="written in these operations, as in dot,add,max,mul,pow")
    parser.add_argument(
        "--at", metavar='"w1=0.5, x_1=2"', help="with these values and derivatives (default: those of the exercise)"
    )
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the legend (default en)")
    parser.add_argument("--format", metavar="svg|pdf|png|tex|tikz", help="default: as the file is named, else svg")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the picture to a file")
    if problem is not None:
        lengths(parser, problem)
        choices(parser, problem)
    return parser


def key(label: str) -> str:
    """The word on the command line for a reading: the last of its label."""
    return label.split()[-1].lower()


def names(wishes: list[str] | None, typed: Mapping[str, str]) -> list[str] | None:
    """The names that are asked for, with commas between them or one by one, or None where nothing is asked for.

    A name as `typed` in LaTeX is the one that it stands for. Errors: UsageError for an empty one.
    """
    if wishes is None:
        return None
    known = {_unspaced(name): own for name, own in typed.items()}
    found: list[str] = []
    for wish in wishes:
        found += [known[_unspaced(wish)]] if _unspaced(wish) in known else [_known(n, known) for n in wish.split(",")]
    if not all(found):
        raise UsageError(f"--wrt {','.join(wishes)!r}: name quantities with commas between them, as in --wrt w,x")
    return found


def _known(name: str, known: Mapping[str, str]) -> str:
    return known.get(_unspaced(name), name.strip())


def _unspaced(name: str) -> str:
    """A name in LaTeX as it is compared: w_{h} and w_h, with spaces or without, are one."""
    return re.sub(r"\{(\w)\}", r"\1", re.sub(r"\s+", "", name))


def parse(parser: Parser, argv: Sequence[str]) -> argparse.Namespace:
    """The options. Errors: UsageError; `--help` prints and exits."""
    return parser.parse_args(list(argv))
