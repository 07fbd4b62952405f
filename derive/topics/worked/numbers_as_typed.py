"""Numbers as they are typed: `w1=0.5, x_1=1, x[2]=1/3, dL/do_5=1` gives every element of a family an exact fraction."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction

from derive.errors import UsageError

Spot = tuple[int, ...]
Wanted = Mapping[
    str, tuple[list[tuple[int, int]], set[Spot]]
]  # name -> its ranges, and the elements that need a number
NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?(/\d{1,40})?", re.ASCII)
KEY = re.compile(r"(?P<name>[A-Za-z]\w*?)(\[(?P<list>\d+(\s*,\s*\d+)*)\]|_?(?P<one>\d+))?", re.ASCII)


def number(text: str, what: str) -> Fraction:
    """Read a finite number exactly as it is written: 0.5, -3, 1e-4, 1/3. Errors: UsageError for anything else."""
    text = text.strip()
    if not NUMBER.fullmatch(text):
        raise UsageError(f"{what}: expected a finite number such as 0.5, 1e-4 or 1/3, found {text!r}")
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{what}: {text!r} is not a number") from None
    if value and not sys.float_info.min <= abs(value) <= sys.float_info.max:
        raise UsageError(f"{what}: {text} is out of range; numbers go from 1e-307 to 1e308")
    return value


def whole(text: str, what: str, most: int, least: int = 1) -> int:
    """Read a whole number in a range. Errors: UsageError."""
    digits = text[1:] if text[:1] in "+-" else text
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18 or not least <= int(text) <= most:
        raise UsageError(f"{what}: expected a whole number from {least} to {most}, found {text!r}")
    return int(text)


def parse(text: str) -> dict[str, str]:
    """Read `a=1, b=2` into a dictionary; commas inside brackets do not separate. Errors: UsageError."""
    found: dict[str, str] = {}
    for part in re.split(r",(?![^\[]*\])", text):
        if not part.strip():
            continue
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise UsageError(f"--at: expected name=number, found {part.strip()!r}")
        if name.strip() in found:
            raise UsageError(f"--at: {name.strip()} is given twice")
        found[name.strip()] = value.strip()
    return found


def spots(ranges: list[tuple[int, int]]) -> Iterator[Spot]:
    """Return every element of a box of index values."""
    return itertools.product(*(range(a, b + 1) for a, b in ranges))


def assign(wanted: Wanted, at: Mapping[str, str]) -> dict[tuple[str, Spot], Fraction]:
    """Give every element a number; elements that need none get 0. The number of one element, x_1, stands before that
    of all, x.

    Errors: UsageError for a foreign name, an element out of range, one that is missing.
    """
    found: dict[tuple[str, Spot], Fraction] = {}
    alone: set[tuple[str, Spot]] = set()
    for key, text in sorted(at.items(), key=lambda item: _element(item[0], wanted)[1] is not None):
        one = _element(key, wanted)[1] is not None
        for name, spot, value in _given(key, text, wanted):
            if (name, spot) in (alone if one else found):
                raise UsageError(f"--at: {key} gives {_typed(name, spot)} a second number")
            found[name, spot] = value
            alone |= {(name, spot)} if one else set()
    for name, (ranges, needed) in wanted.items():
        for spot in spots(ranges):
            if spot in needed and (name, spot) not in found:
                raise UsageError(f"--at: no number for {_typed(name, spot)}; give {_typed(name, spot)}=...")
            found.setdefault((name, spot), Fraction(0))
    return found


def _given(key: str, text: str, wanted: Wanted) -> Iterator[tuple[str, Spot, Fraction]]:
    """Return the elements that one `name=number` gives a value; a family takes one number for all, or one for each."""
    name, position = _element(key, wanted)
    ranges, needed = wanted[name]
    if position is not None:
        if not all(a <= p <= b for p, (a, b) in zip(position, ranges, strict=True)):
            raise UsageError(f"--at: {key} is out of range; {name} runs over {_spell(ranges)}")
        if position not in needed:
            used = ", ".join(_typed(name, spot) for spot in sorted(needed))
            raise UsageError(f"--at: {key} is not used, only {used}")
        yield name, position, number(text, f"--at: {key}")
        return
    places, parts = sorted(needed) or [()], text.split()
    if len(parts) not in (1, len(places)):
        raise UsageError(f"--at: {key} takes one number{f' or {len(places)}' * (len(places) > 1)}, found {len(parts)}")
    for n, place in enumerate(places):
        yield name, place, number(parts[n if len(parts) > 1 else 0], f"--at: {key}")


def _element(key: str, wanted: Wanted) -> tuple[str, tuple[int, ...] | None]:
    """Find the family and element that a typed name means: x_3, x3 and x[3] are one; a bare name is all of it."""
    if key in wanted:
        return key, None
    head, _, tail = key.rpartition("/d")
    match = KEY.fullmatch(tail if head else key)
    if match:
        name = f"{head}/d{match['name']}" if head else match["name"]
        digits = match["list"] or match["one"] or ""
        position = tuple(int(p) for p in digits.split(",")) if digits else None
        if name in wanted and position is not None and len(position) == len(wanted[name][0]):
            return name, position
    names = ", ".join(
        _typed(n, min(needed)) + ("..." if len(needed) > 1 else "") for n, (_, needed) in wanted.items() if needed
    )
    raise UsageError(f"--at: {key} is not in this problem; it has {names}")


def _typed(name: str, spot: tuple[int, ...]) -> str:
    if not spot:
        return name
    return f"{name}_{spot[0]}" if len(spot) == 1 else f"{name}[{','.join(map(str, spot))}]"


def _spell(ranges: list[tuple[int, int]]) -> str:
    return " x ".join(f"{a}..{b}" for a, b in ranges) or "no index"
