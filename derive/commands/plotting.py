"""`derive plot NAME`: norms of adjoints, regions of parameters, as SVG, PDF or PNG."""

from __future__ import annotations

from collections.abc import Sequence

from derive import options, progress
from derive.commands.delivery import deliver
from derive.commands.sheet import readings
from derive.errors import UsageError
from derive.language import LANGUAGES
from derive.problem import Problem
from derive.problems import load
from derive.progress import DRAWING, doing

WHAT = ("norms", "regions")


def plot_parser(name: str = "NAME", problem: Problem | None = None) -> options.Parser:
    """The options of `derive plot NAME`."""
    parser = options.Parser(
        prog=f"derive plot {name}",
        description="norms: the norm of the adjoint against the distance to the end, measured and predicted; regions: "
        "where in the space of parameters gradients vanish and explode. Needs matplotlib: pip install 'derive[plot]'.",
        epilog="SVG goes to standard output; a file's ending, .svg, .pdf or .png, says what is written. Exit status: "
        "0 done, 2 the input cannot be used.",
    )
    parser.add_argument("--what", default="norms", metavar="|".join(WHAT), help="what is plotted (default norms)")
    parser.add_argument("--lang", default="en", metavar="en|zh", help="language of the labels (default en)")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the plot to a file")
    if problem is not None:
        options.choices(parser, problem)
    return parser


def run(argv: Sequence[str]) -> int:
    """Print the plot of a problem, or write it to a file. Errors: UsageError."""
    if not argv or argv[0].startswith("-"):
        options.parse(plot_parser(), argv)
        raise UsageError("plot: the name of a problem is missing; derive list shows them")
    problem = load(argv[0])
    given = options.parse(plot_parser(argv[0], problem), argv[1:])
    options.one_of("what", given.what, WHAT)
    options.one_of("lang", given.lang, LANGUAGES)
    from derive.plotting.plot import ending

    format = "svg" if given.output is None else ending(given.output)
    with progress.shown(given.lang):
        doing(DRAWING, what=problem.title)
        solution = readings(problem, given)[0].build(**problem.choices(vars(given))).derive()
        content = solution.plot(given.what).file(format, given.lang)
    deliver(content, given.output)
    return 0
