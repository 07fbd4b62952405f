"""Sheets that many tests read: a problem is derived and checked once in a process, and every page is printed from that.

`sheet` is the command's own function, in which only the derivation of a reading is remembered, by all options that say
what is derived: not how it is printed. `forget()` empties this memory as every other. That a fresh process prints the
same is a test of its own, in test_sheets.py.
"""

from argparse import Namespace
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from unittest import mock

from derive.memo import memo
from derive.page.front import Front

command = import_module("derive.cli.sheet")
derived = command._part
PRINTED = {"format", "lang", "detail", "engine", "output", "sheet", "steps", *Front._fields}  # they derive nothing
_asked: dict[Any, tuple[Any, Any]] = {}


@memo
def _remembered(build, wished):
    return derived(*_asked[build], Namespace(**dict(wished)))


def _part(problem, reading, given):
    """What `derive.cli.sheet` derives and checks, made once."""
    _asked[reading.build] = problem, reading
    return _remembered(reading.build, tuple((k, v) for k, v in sorted(vars(given).items()) if k not in PRINTED))


@contextmanager
def shared():
    """Within, sheets are printed from what is remembered."""
    with mock.patch.object(command, "_part", _part):
        yield


def sheet(name, argv):
    """As `derive.cli.sheet.sheet`."""
    with shared():
        return command.sheet(name, argv)
