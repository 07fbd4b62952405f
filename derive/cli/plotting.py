"""`derive plot NAME`: norms of adjoints, regions of parameters, the loss of a training, as SVG, PDF or PNG."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from derive.cli import options, progress_line
from derive.cli.asking import asked
from derive.cli.delivery import deliver
from derive.cli.sheet import readings, sizes, wishes
from derive.errors import UsageError
from derive.language import LANGUAGES
from derive.problem import Problem
from derive.progress import DRAWING, doing
from derive.topics.topic import Ask, topic

if TYPE_CHECKING:
    from derive.page.plots.plot import Plot

WHAT = ("norms", "regions", "loss")


def plot_parser(name: str = "NAME", problem: Problem | None = None) -> options.Parser:
    """The options of `derive plot NAME`."""
    parser = options.Parser(
        prog=f"derive plot {name}",
        description="norms: the norm of the adjoint against the distance to the end, measured and predicted; regions: "
        "where in the space of parameters gradients vanish and explode, both for any number of steps; loss: the curve "
        "of a training on the problem's data. Needs matplotlib: pip install matplotlib.",
        epilog="SVG goes to standard output; a file's ending, .svg, .pdf or .png, says what is written. Exit status: "
        "0 done, 2 the input cannot be used.",
    )
    parser.add_argument("--what", metavar="|".join(WHAT), help="default: loss for a problem with data, else norms")
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the labels (default en)")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the plot to a file")
    if problem is not None:
        options.lengths(parser, problem)
        options.choices(parser, problem)
        options.wished(parser, ("lr", "train", "seed"))
    return parser


def run(argv: Sequence[str]) -> int:
    """Print the plot of a problem, or write it to a file. Errors: UsageError."""
    problem, given = asked("plot", plot_parser, argv)
    options.one_of("lang", given.lang, LANGUAGES)
    from derive.page.plots.plot import ending

    format = "svg" if given.output is None else ending(given.output)
    with progress_line.shown(given.lang):
        doing(DRAWING, what=problem.title)
        content = _plot(problem, given).file(format, given.lang)
    deliver(content, given.output)
    return 0


def _plot(problem: Problem, given: argparse.Namespace) -> Plot:
    """The plot that is asked for. Errors: UsageError for an option that it does not have."""
    reading = readings(problem, given)[0]
    graph = reading.build(**problem.choices(vars(given)))
    what = given.what or ("loss" if given.train is not None or "training" in reading.wishes else "norms")
    options.one_of("what", what, WHAT)
    if what == "loss":
        given.train = given.train or ""  # as many steps as the data ask for
        ask = Ask(wishes(reading, given))
        (run,) = topic("training").find(graph.derive(sizes=sizes(problem, vars(given))), ask)
        plot: Plot = run.plot()
        return plot
    _refuse(what, given, [size.name for size in problem.sizes])
    plot = graph.derive().plot(what)
    return plot


def _refuse(what: str, given: argparse.Namespace, lengths: Sequence[str]) -> None:
    """What holds in general has neither sizes nor a training. Errors: UsageError."""
    for name in lengths:
        if getattr(given, name) is not None:
            raise UsageError(f"--{name}: {what} are plotted for any size and any number of steps; leave it out")
    for name in ("train", "lr", "seed"):
        if getattr(given, name) is not None:
            raise UsageError(f"--{name}: belongs to a training, not to --what {what}; leave it out, or say --what loss")
