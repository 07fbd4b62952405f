"""Random graphs in bulk: `python tests/fuzz.py 20000 [--seed S] [--jobs N]`.

Standard output: the seed base, every failing seed with its model, a verdict. Standard error: progress. Exit status 1 if
a graph fails. One graph alone: `python tests/fuzz.py 1 --seed 4711`.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import random
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

CHUNK = 25  # seeds in one piece of work
PIECES = 20  # pieces until a worker is replaced, so that sympy's caches do not fill the memory
PATIENCE = 600  # seconds for one piece


def main() -> int:
    """Run, report, and say with the exit status whether all is well."""
    parser = argparse.ArgumentParser(description="Derive random graphs and hold them against autograd.")
    parser.add_argument("graphs", nargs="?", type=int, default=1000, help="how many graphs (1000)")
    parser.add_argument("--seed", type=int, help="the seed of the first graph; drawn at random unless given")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes (1)")
    parser.add_argument("--points", type=int, default=5, help="sample points for each graph (5)")
    given = parser.parse_args()
    base = random.SystemRandom().randrange(10**9) if given.seed is None else given.seed
    print(f"seed base {base}", flush=True)
    failed = run(base, given.graphs, given.jobs, given.points)
    verdict = f"{failed} of {given.graphs} graphs fail" if failed else f"{given.graphs} graphs agree with autograd"
    print(f"{verdict}; seed base {base}", flush=True)
    return 1 if failed else 0


def run(base: int, graphs: int, jobs: int, points: int) -> int:
    """Print every failure as it is found; how many there are. Errors: TimeoutError if a worker is lost."""
    seeds = range(base, base + graphs)
    work = [(seeds[at : at + CHUNK], points) for at in range(0, graphs, CHUNK)]
    done, failed, began = 0, 0, time.monotonic()
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=PIECES) as pool:
        pieces = pool.imap_unordered(piece, work)
        for _ in work:
            part, failures = pieces.next(PATIENCE)
            done, failed = done + len(part), failed + len(failures)
            for failure in failures:
                print(f"\n{failure}\n", flush=True)
            rate = done / (time.monotonic() - began)
            print(
                f"\r{done}/{graphs} graphs, {failed} failed, {rate:.1f} a second ", end="", file=sys.stderr, flush=True
            )
    print(file=sys.stderr)
    return failed


def piece(work: tuple[range, int]) -> tuple[range, list[str]]:
    """The failures among some seeds; every tenth graph is also checked at sizes of the engine's choice."""
    import torch
    from random_graphs import failure

    torch.set_num_threads(1)
    gc.disable()  # sympy's garbage is collected once for all of them
    seeds, points = work
    found = [failure(seed, points, every_size=seed % 10 == 0) for seed in seeds]
    gc.collect()
    return seeds, [f for f in found if f is not None]


if __name__ == "__main__":
    sys.exit(main())
