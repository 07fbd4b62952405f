"""What `derive NAME --train` asks for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from derive.cli import options
from derive.errors import UsageError
from derive.problem import Problem, Reading
from derive.problems import load, names
from derive.solution import Solution
from derive.topics.worked.numbers_as_typed import number

if TYPE_CHECKING:
    from derive.topics.training.training import Training

MOST_TRAINING = 100_000  # steps


def trained(solution: Solution, reading: Reading, given: argparse.Namespace) -> Training | None:
    """The run that is asked for; None where none is. Errors: UsageError for a problem without data, a bad number."""
    if given.train is None:
        if given.seed is not None:
            raise UsageError("--seed: it draws the start of a training; add --train")
        return None
    for option in ("at", "jacobian", "hessian"):
        if getattr(given, option, None) is not None:
            raise UsageError(f"--{option}: a sheet is either trained or worked; leave out --{option} or --train")
    if reading.training is None:
        raise UsageError(f"--train: no training data here; {', '.join(trainable(names()))} can be trained")
    steps = None if given.train == "" else options.whole(given.train, "--train", MOST_TRAINING)
    seed = 0 if given.seed is None else options.whole(given.seed, "--seed", 2**31, least=0)
    rate = None if given.lr is None else float(number(given.lr, "--lr"))
    if rate is not None and rate <= 0:
        raise UsageError(f"--lr: a learning rate is greater than 0, found {given.lr!r}")
    sizes = {str(s): n for s, n in solution.sizes.items()}
    return solution.train(reading.training, sizes, steps, rate, seed)


def trainable(problems: Sequence[str]) -> list[str]:
    """The problems with data, in at least one reading."""
    return [name for name in problems if has_data(load(name))]


def has_data(problem: Problem) -> bool:
    """Can a reading of it be trained?"""
    return any(r.training is not None for r in problem.readings)
