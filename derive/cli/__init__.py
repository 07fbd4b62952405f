"""The commands by name; each module has `run(argv)`, which gives the exit status. Any other word is a problem's name.

A module is imported when its command is asked for: starting up is most of what a short command costs.
"""

from typing import NamedTuple


class Command(NamedTuple):
    """The module of a command, and what `derive --help` says of it: how it is typed and what it does."""

    module: str
    usage: str
    help: str


COMMANDS = {
    "list": Command("derive.cli.listing", "list", "the problems and what they are"),
    "sheet": Command(
        "derive.cli.assignment",
        "sheet 0|FILE.toml ...",
        "several problems as one document",
    ),
    "solve": Command("derive.cli.solve", "solve FILE|- [options]", "the solution of a model written in LaTeX"),
    "grade": Command("derive.cli.grade", "grade NAME ANSWER...", "answers in LaTeX, judged line by line"),
    "judge": Command("derive.cli.judge", 'judge "FORMULA"', "somebody else's formula, page or backward pass"),
    "check": Command("derive.cli.checking", "check [NAME ...]", "check problems against torch.autograd"),
    "code": Command("derive.cli.code", "code NAME [options]", "forward and backward pass as a Python module"),
    "completion": Command("derive.cli.completion", "completion SHELL", "a script that completes for bash, zsh or fish"),
    "doctor": Command("derive.cli.doctor", "doctor", "what is installed, and which TeX sets a PDF"),
    "graph": Command("derive.cli.graph", "graph NAME [options]", "the computational graph as a picture: svg, tex"),
    "gallery": Command("derive.cli.gallery", "gallery [NAME ...]", "a static site of problems, sheets, own files"),
    "layers": Command(
        "derive.cli.layers",
        'layers "conv 9x9; ..."',
        "shapes, parameters and fields of layers, worked",
    ),
    "plot": Command("derive.cli.plotting", "plot NAME -o FILE", "when gradients vanish and explode: SVG, PDF"),
}
