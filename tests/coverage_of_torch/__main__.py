"""Count what of torch's lists and of the Matrix Cookbook can be written, into `docs/coverage.md`: make coverage."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from coverage_of_torch.page import SETS, Set, report
from coverage_of_torch.run import Result, result

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
Place = tuple[int, int]  # of a set, and of a row in it


def main(argv: Sequence[str]) -> int:
    """Try the rows named, or all; with all the page is written. The exit status is 1 where a row with a model fails."""
    found = tried(argv)
    for s, done in found.items():
        for r in done:
            if r.failure and (argv or not r.row.why):
                print(f"{r.row.name}: {r.failure}")
        good = [r for r in done if not r.failure]
        print(f"{s.title}: {len(good)} of {len(done)}, {sum(not r.row.form for r in good)} by their own definition")
    if not argv:
        PAGE.write_text("\n".join(line.rstrip() for line in report(found)) + "\n", encoding="utf-8")
    return int(any(r.failure and not r.row.why for done in found.values() for r in done))


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
