"""Random graphs in bulk: `python tests/fuzz.py 20000 [--of products] [--seed S] [--jobs N]`.

`--of models` draws models of every kind, `--of products` nodes that are products; by default the seeds take turns.
Standard output: the seed base, every failing seed with its model, how many models were refused and in which words, a
verdict. Standard error: progress. Exit status 1 if a graph fails. One graph alone: `... 1 --of models --seed 4711`.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import random
import re
import sys
import time
from collections import Counter
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
    parser.add_argument("--of", choices=("models", "products"), help="the kind of the graphs; in turn unless given")
    parser.add_argument("--points", type=int, default=5, help="sample points for each graph (5)")
    given = parser.parse_args()
    base = random.SystemRandom().randrange(10**9) if given.seed is None else given.seed
    print(f"seed base {base}", flush=True)
    failed, refused = run(base, given.graphs, given.jobs, given.points, given.of)
    for words, count in refused.most_common():
        print(f"refused: {count} x {words}")
    verdict = f"{failed} of {given.graphs} graphs fail" if failed else f"{given.graphs} graphs agree with autograd"
    print(f"{verdict}, {sum(refused.values())} of them refused; seed base {base}", flush=True)
    return 1 if failed else 0


def run(base: int, graphs: int, jobs: int, points: int, of: str | None) -> tuple[int, Counter[str]]:
    """Print every failure as it is found; how many there are, and how often a model is refused in which words.

    Errors: TimeoutError if a worker is lost.
    """
    seeds = range(base, base + graphs)
    work = [(seeds[at : at + CHUNK], points, of) for at in range(0, graphs, CHUNK)]
    done, failed, refused, began = 0, 0, Counter[str](), time.monotonic()
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=PIECES) as pool:
        pieces = pool.imap_unordered(piece, work)
        for _ in work:
            part, failures, refusals = pieces.next(PATIENCE)
            done, failed = done + len(part), failed + len(failures)
            refused.update(re.sub(r"\b[a-zA-Z]?\d+\b|\b[a-zA-Z]\b|\[.*?\]", "_", words) for words in refusals)
            for failure in failures:
                print(f"\n{failure}\n", flush=True)
            rate = done / (time.monotonic() - began)
            print(
                f"\r{done}/{graphs} graphs, {failed} failed, {rate:.1f} a second ", end="", file=sys.stderr, flush=True
            )
    print(file=sys.stderr)
    return failed, refused


def piece(work: tuple[range, int, str | None]) -> tuple[range, list[str], list[str]]:
    """The failures and the refusals among some seeds.

    Every tenth graph is also checked at sizes of the engine's choice; of products every fourth is written for its sizes
    too. Models of every kind are never refused, unless a range is empty.
    """
    import torch
    from random_graphs import MAKERS, outcome

    torch.set_num_threads(1)
    gc.disable()  # sympy's garbage is collected once for all of them
    seeds, points, of = work
    kinds = [of] if of else list(MAKERS)
    found = []
    for seed in seeds:
        kind = kinds[seed % len(kinds)]
        found.append(outcome(MAKERS[kind], seed, points, seed % 20 < 2, both=kind == "models" or seed % 8 < 2))
    gc.collect()
    return seeds, [f.failure for f in found if f.failure], [f.refusal for f in found if f.refusal]


if __name__ == "__main__":
    sys.exit(main())
