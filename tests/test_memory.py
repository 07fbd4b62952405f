"""What is remembered saves time and decides nothing, although some records are compared by identity."""

from __future__ import annotations

import subprocess
import sys

import pytest

RUN = """
import sys
import derive.memo
derive.memo.memo.__defaults__ = (int(sys.argv[1]),)  # before any other module of the house is loaded
from derive.cli.main import main
main(sys.argv[2:])
"""


def printed(entries: int, *command: str) -> bytes:
    """The output of a command in a process whose memories hold so many entries each."""
    done = subprocess.run([sys.executable, "-c", RUN, str(entries), *command], capture_output=True, check=True)
    return done.stdout


@pytest.mark.parametrize("command", ["softmax-ce --no-check", "bptt --no-check --T 3", "code bptt"])
def test_with_hardly_any_memory_the_output_is_the_same(command: str) -> None:
    assert printed(1, *command.split()) == printed(20_000, *command.split()) != b""
