"""How many threads the arrays of a check may use: one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread; the user's number of threads comes back afterwards. It decorates functions too.

    A thread that waits for its share of a small array burns as much time as the one that works, and where other
    programs run, both wait for a core: the catalogue's checks take 48 s of processor time in one thread, 123 s in two.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
