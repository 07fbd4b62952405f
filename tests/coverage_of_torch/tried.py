"""All rows, tried by a process for each core."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch

from coverage_of_torch.page import SETS, Set
from coverage_of_torch.run import Result, result

Place = tuple[int, int]  # of a set, and of a row in it


def tried(names: Sequence[str]) -> dict[Set, list[Result]]:
    """What became of the rows with these names, or of all, by their sets; a process for each core tries them."""
    wanted = {
        (n, k): row for n, s in enumerate(SETS) for k, row in enumerate(rows(n)) if not names or row.name in names
    }
    with multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1, torch.set_num_threads, (1,)) as pool:
        failures = dict(pair for part in pool.imap_unordered(piece, pieces(wanted)) for pair in part)
    return {s: [Result(row, failures[at]) for at, row in wanted.items() if at[0] == n] for n, s in enumerate(SETS)}


def pieces(wanted: dict[Place, object]) -> list[list[Place]]:
    """The places of the rows that share a model, which is derived once; the last sets, which take longest, first."""
    found: dict[object, list[Place]] = {}
    for at, row in reversed(wanted.items()):
        write = getattr(row, "write", None)
        found.setdefault(at if write is None else (row.leaves, write), []).append(at)  # type: ignore[attr-defined]
    return list(found.values())


def piece(places: Sequence[Place]) -> list[tuple[Place, str]]:
    """What is said against the rows at these places."""
    return [((n, k), result(rows(n)[k], SETS[n].by).failure) for n, k in places]


@cache
def rows(n: int) -> list[Any]:
    """The rows of a set."""
    return SETS[n].rows()
