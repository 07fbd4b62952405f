"""Work for all cores: processes that begin as a command does, and end with what they were made for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from derive.cli.beginning import as_a_command

if TYPE_CHECKING:
    from concurrent.futures import Executor


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def processes(most: int) -> Iterator[Executor]:
    """A process for each core, and not more than `most`. They are spawned, as autograd does not survive a fork."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(min(cores(), most), get_context("spawn"), _begin) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)  # what waits is not wanted any more
            raise


def _begin() -> None:
    """A process begins as a command does; an interruption ends it without a word."""
    as_a_command()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
