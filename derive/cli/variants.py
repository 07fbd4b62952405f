"""The numbers of a task: fixed ones, and ranges from which a seed draws; nice where that is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from derive.errors import UsageError

TRIES = 2000
MOST = 1_000_000  # numbers in a range
PLACES = 3  # decimals of a number that is nice
KEYS = ("from", "to", "step", "nonzero")


class Range(NamedTuple):
    """The numbers low, low + step, ..., at most high; without 0 where that is wished."""

    low: Fraction
    high: Fraction
    step: Fraction
    nonzero: bool = False

    def draw(self, source: random.Random) -> Fraction:
        """One of the numbers."""
        count = (self.high - self.low) // self.step
        while not (found := self.low + self.step * source.randint(0, count)) and self.nonzero:
            pass
        return found


def read(value: Any, key: str) -> Fraction | Range:
    """A number, a range [low, high], or { from, to, step, nonzero }. Errors: UsageError."""
    if isinstance(value, list) and len(value) == 2:
        value = {"from": value[0], "to": value[1]}
    if not isinstance(value, Mapping):
        return number(value, key)
    for name in value:
        if name not in KEYS:
            raise UsageError(f"{key}: {name!r} is unknown; a range has {', '.join(KEYS)}")
    if not {"from", "to"} <= set(value):
        raise UsageError(f"{key}: a range needs from and to, as in {{ from = 1, to = 5 }} or [1, 5]")
    low, high = (number(value[end], f"{key}.{end}") for end in ("from", "to"))
    step = number(value["step"], f"{key}.step") if "step" in value else _step(value["from"], value["to"])
    nonzero = value.get("nonzero", False)
    if not isinstance(nonzero, bool):
        raise UsageError(f"{key}.nonzero: expected true or false, found {nonzero!r}")
    if low >= high or step <= 0 or (high - low) / step > MOST:
        raise UsageError(f"{key}: from {low} to {high} by {step} is no range; write from < to and 0 < step")
    if nonzero and low == 0 and high < step:
        raise UsageError(f"{key}: the range has no number but 0; widen it")
    return Range(low, high, step, nonzero)


def number(value: Any, key: str) -> Fraction:
    """A number as TOML has it, or in quotes, as "1/3" and "1e-4"; exactly as it is written. Errors: UsageError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError(f'{key}: expected a number such as 0.5 or "1/3", found {value!r}')
    try:
        return Fraction(value if isinstance(value, str) else repr(value))
    except (ValueError, ZeroDivisionError):
        raise UsageError(f'{key}: expected a number such as 0.5 or "1/3", found {value!r}') from None


def _step(low: Any, high: Any) -> Fraction:
    """The last decimal of the ends: [0.1, 0.9] goes by tenths, [1, 5] by ones."""
    decimals = max(len(str(end).partition(".")[2]) for end in (low, high))
    return Fraction(1, 10**decimals)


def drawn(
    wishes: Mapping[str, Fraction | Range], seed: str, nice: Callable[[Mapping[str, Fraction]], bool] | None, where: str
) -> dict[str, Fraction]:
    """The numbers of a seed; drawn anew until they are nice. Errors: UsageError where none of many draws is."""
    source = random.Random(seed)
    for _ in range(TRIES if nice is not None else 1):
        found = {n: w.draw(source) if isinstance(w, Range) else w for n, w in wishes.items()}
        if nice is None or nice(found):
            return found
    raise UsageError(
        f"{where}: none of {TRIES} draws from the ranges makes the wished values nice; widen a range or ask for fewer"
    )


def is_nice(value: Any) -> bool:
    """Whether a number is exact and has few decimals."""
    exact = isinstance(value, int | Fraction) and not isinstance(value, bool)
    return exact and (Fraction(value) * 10**PLACES).denominator == 1


def typed(value: Fraction) -> str:
    """A number as a reader writes it: 0.5 and not 1/2, where the decimals end.

    >>> typed(Fraction(1, 2)), typed(Fraction(1, 3)), typed(Fraction(-3))
    ('0.5', '1/3', '-3')
    """
    for places in range(0, 13):
        scaled = value * 10**places
        if scaled.denominator == 1:
            return f"{float(value):.{places}f}" if places else str(int(value))
    return str(value)
