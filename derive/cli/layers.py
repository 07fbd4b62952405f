"""`derive layers "conv 32 9x9; pool 2" --input 128x128x3`: the arithmetic of a network's layers, worked and checked."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from derive.cli import options, progress_line
from derive.cli.delivery import deliver, format_of, not_to_a_terminal
from derive.cli.sheet import blanked, front_of
from derive.errors import UsageError
from derive.language import LANGUAGES
from derive.layers.builder import TITLE
from derive.layers.network import Network
from derive.layers.render import render
from derive.layers.shape import read_shape
from derive.layers.task import Task, network
from derive.page import terminal
from derive.page.formats.formats import DETAILS, ENGINES, FORMATS
from derive.page.sentences import plain
from derive.problems import layer_tasks, load_layers, nearest
from derive.progress import CHECKING, doing
from derive.sheet.blank import exercise

if TYPE_CHECKING:
    from derive.layers.check.compare import Checked


def run(argv: Sequence[str]) -> int:
    """Print the sheet, or write it to a file. Errors: UsageError, VerificationError."""
    given = options.parse(options.layers_parser(), argv)
    given.format = format_of(given.format, given.output, FORMATS, "tex")
    options.one_of("format", given.format, tuple(FORMATS))
    options.one_of("detail", given.detail, DETAILS)
    options.one_of("engine", given.engine or ENGINES[0], ENGINES)
    for what in ("steps", "plots"):
        if getattr(given, what):
            raise UsageError(f"--{what}: the arithmetic of layers has none")
    wished, blank = front_of(given), blanked(given)
    lang = wished.lang or LANGUAGES[0]
    if FORMATS[given.format].binary:
        not_to_a_terminal(given.format.upper(), given.output)
    with progress_line.shown(lang):
        task = _task(given.what, given.input)
        doing(CHECKING, what=task.title, n=1, all=1)
        checks = None if given.no_check else verified(task)
    page = terminal.page(sys.stdout) if given.output is None else terminal.PLAIN
    sheet = render(
        task,
        checks,
        given.format,
        lang,
        given.detail,
        page,
        given.engine or ENGINES[0],
        wished,
        lambda blocks, both: exercise(blocks, blank, both),
        blank,
    )
    deliver(sheet, given.output)
    return 0


def _task(what: str, input: str | None) -> Task:
    """The task that is asked for by name, or the network that is typed. Errors: UsageError."""
    if what in layer_tasks():
        if input is not None:
            raise UsageError(f"--input: {what} has its own input; type its layers to change it")
        return load_layers(what)
    if input is not None and ".py" in what and " " not in what:
        return _of_module(what, input)
    if input is None:
        hint = "" if " " in what else f"; {nearest(what, layer_tasks())}"
        raise UsageError(f"derive layers needs the shape of the input, as in --input 128x128x3{hint}")
    return Task(TITLE, (network(what, input),))


def _of_module(what: str, input: str) -> Task:
    """The layers of a torch module in a file, my_model.py:Net, which is run on the meta device. Errors: UsageError."""
    from derive.cli.program import file, module, running
    from derive.layers.check.module import module_in, read

    typed, _, name = what.partition(":")
    path, shape = file(typed), read_shape(input, first=True)
    with running(path):
        found = module_in(vars(module(path)), name)
    made = read(found, shape)
    title = plain(type(found).__name__)
    layers = Network((), made.input or shape, given=tuple(made.rows))
    return Task(title, (layers,), first=True, unknown=tuple(made.unknown), read=made.checked)


def verified(task: Task) -> tuple[Checked, ...]:
    """What of a task agrees with torch. Errors: VerificationError."""
    if task.read is not None:
        return (task.read,)
    from derive.layers.check.compare import checked

    return tuple(checked(one, dict(task.values)) for one in task.networks)
