"""The benchmarks: `python tests/benchmarks/run.py [--quick] [NUMBER ...]` prints one table and leaves with 1 on a miss.

Time is CPU time; the sides of a ratio take turns in one run, the numbers are medians, torch has one thread. Needs
torch, casadi and sympy. `--quick` repeats less; numbers choose among the measures 1 to 15, 0 is the catalogue.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and torch are loaded
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from table import HEADER, Row, line


def main() -> int:
    """Run what was asked for and print each row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="only these measures")
    given = parser.parse_args()
    print(line(HEADER), flush=True)
    missed = []
    for row in rows(given.numbers or [*range(1, 16), 0], given.quick):
        print(line(row.cells()), flush=True)
        missed += [] if row.ok else [row]
    print(*summary(missed), sep="\n", flush=True)
    return 1 if missed else 0


def summary(missed: Sequence[Row]) -> Iterator[str]:
    """What was missed, once more and last, with how far it is from its reach; the longest way to go first."""
    if not missed:
        yield "every measure is within its reach"
        return
    yield f"missed: {len(missed)}"
    for row in sorted(missed, key=lambda row: row.excess, reverse=True):
        yield line(row.cells())


def rows(numbers: list[int], quick: bool) -> Iterator[Row]:
    """The rows of the measures asked for; 1 and 2, and 3 and 4, are measured together."""
    for wanted, measure in MEASURES:
        if wanted & set(numbers):
            yield from measure(quick)


def _processes(quick: bool) -> list[Row]:
    import processes

    return processes.rows(5 if quick else 21)


def _recurrent(quick: bool) -> list[Row]:
    import recurrent

    return recurrent.rows(7 if quick else 31)


def _reading(quick: bool) -> list[Row]:
    import reading

    return reading.rows(3 if quick else 11)


def _operations(quick: bool) -> list[Row]:
    import operations

    return operations.rows(256)  # counted, not timed: nothing to repeat


def _verification(quick: bool) -> list[Row]:
    import verification

    return [verification.row(5 if quick else 15)]


def _unrolled(quick: bool) -> list[Row]:
    import unrolled

    return unrolled.rows(3 if quick else 9)


def _memory(quick: bool) -> list[Row]:
    import processes

    return [processes.memory(3 if quick else 7)]


def _generated(quick: bool) -> list[Row]:
    import generated_code

    return generated_code.rows(5 if quick else 21)


def _general(quick: bool) -> list[Row]:
    import processes

    return [processes.general(5 if quick else 15)]


def _pages(quick: bool) -> list[Row]:
    import pages

    return pages.rows(5 if quick else 21)


def _typesetting(quick: bool) -> list[Row]:
    import typesetting

    return typesetting.rows(3 if quick else 11)


def _paper(quick: bool) -> Iterator[Row]:
    import paper

    return paper.rows()  # counted, not timed: nothing to repeat


def _large(quick: bool) -> list[Row]:
    import large

    return large.rows(2 if quick else 3)


def _catalogue(quick: bool) -> list[Row]:
    import catalogue

    return catalogue.rows(5 if quick else 15)


MEASURES: tuple[tuple[set[int], Callable[[bool], Iterable[Row]]], ...] = (
    ({1, 2}, _processes),
    ({3, 4}, _recurrent),
    ({5}, _operations),
    ({6}, _verification),
    ({7}, _unrolled),
    ({8}, _memory),
    ({9}, _general),
    ({10}, _generated),
    ({11}, _pages),
    ({12}, _typesetting),
    ({13}, _paper),
    ({14}, _large),
    ({15}, _reading),
    ({0}, _catalogue),
)

if __name__ == "__main__":
    sys.exit(main())
