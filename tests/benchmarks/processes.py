"""Whole processes: the command line against imports that it cannot do without, and the memory of a long sequence.

Children are measured by the CPU time that the system charges for them; bytecode is kept, as on a reader's machine.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from clock import Side, alternate, compared
from networks import problem, sheet
from table import Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def rows(repeats: int) -> list[Row]:
    """`derive bptt --T 5` without and with its check, and `lstm --T 100`, against the imports of sympy and torch."""
    command = ["-m", "derive", "bptt", "--T", "5"]
    longer = ["-m", "derive", "lstm", "--T", "100", "--no-check"]
    programs = [[*command, "--no-check"], longer, ["-c", "import sympy"], command, ["-c", "import sympy, torch"]]
    unchecked, long, sympy, checked, torch = alternate([spent(p) for p in programs], repeats)
    return [
        compared("1 process: bptt --T 5 --no-check / import sympy", unchecked, sympy, 0.85),
        compared("1 process: lstm --T 100 --no-check / import sympy", long, sympy, 1.0),
        compared("2 process: bptt --T 5 / import sympy, torch", checked, torch, 0.68),
    ]


def general(repeats: int) -> Row:
    """`derive bptt` for a general T, with closed forms, conditions and evidence, against five steps written out."""
    whole, five = alternate([spent(["-m", "derive", "bptt", *options]) for options in ([], ["--T", "5"])], repeats)
    return compared("9 process: bptt for general T / bptt --T 5", whole, five, 1.0)


def spent(arguments: Sequence[str]) -> Side:
    """The CPU time of one run of Python with these arguments, user and system."""

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        python(arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return run


def python(arguments: Sequence[str]) -> str:
    """Run Python at the root of the project; what it prints. Errors: CalledProcessError where it fails."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def called(module: str, call: str) -> str:
    """What a function of these benchmarks prints in a fresh process."""
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(HERE)!r}]"
    return python(["-c", f"{path}; import {module}; {module}.{call}"])


def memory(repeats: int, steps: int = 1024) -> Row:
    """How much the peak of the memory grows while an LSTM of many steps is derived and printed in a fresh process."""
    grown = [float(called("processes", f"grow({steps})")) for _ in range(repeats)]
    noise = f"{min(grown):.3g} .. {max(grown):.3g}"
    return Row(f"8 memory: growth for the LSTM, T = {steps} / 40 MB", median(grown), 40.0, 1.0, "MB", noise)


def grow(steps: int) -> None:
    """Print the growth in megabytes above the imports; garbage is left lying, as the command leaves it."""
    gc.disable()
    before = peak()
    sheet(problem("lstm"), {"T": steps})
    print(peak() - before)


def peak() -> float:
    """The most memory that this process has held, in megabytes. Linux; ru_maxrss would count the parent's as well."""
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1024
