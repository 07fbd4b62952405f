"""A backward pass of somebody else's, as a Python function: its gradients are compared with those of the derivation.

The function is called `backward`, or is the only one of the file. Its arguments are named as the quantities of the
model, or `d` or `grad_` and such a name for the derivative of the loss, `dout` for that of what the loss is made of; it
returns a dictionary by name, or gradients in the order of the parameters. Arrays are float64, so that two sides agree
to nine digits; three choices of sizes and several points are tried, no weight with a special value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from derive.errors import UsageError
from derive.expressions.notation import latex_name
from derive.judge import words
from derive.judge.balls import ball, middle
from derive.judge.judge import Judge
from derive.judge.said import element
from derive.judge.value import in_words
from derive.judge.verdict import RIGHT, SLIP, UNDECIDED, WRONG, Line
from derive.judge.world import Array, World
from derive.language import Text

CLOSE = 1e-9
_PREFIXES = ("d_", "grad_", "g_", "d", "")
_ENDINGS = ("_grad", "")


@dataclass(frozen=True)
class _Run:
    """What the function returned at one point of one world, and what it was given."""

    world: World
    point: int
    found: Mapping[str, Any]

    def true(self, name: str) -> Any:
        """The gradient as the derivation has it."""
        return _floats(self.world.adjoint(name), self.point)


def judged(judge: Judge, function: Callable[..., Any], arrays: Callable[[Any], Any]) -> tuple[Line, ...]:
    """A line for each gradient that a function returns. Errors: UsageError for one that cannot be called."""
    runs = [
        _Run(world, p, _called(judge, function, arrays, world, p))
        for world in judge.worlds
        for p in range(world.points)
    ]
    assert judge.derived is not None
    found = runs[0].found
    lines = [_line(judge, name, runs, n) for n, name in enumerate(found, 1)]
    missing = [name for name in judge.derived.derivation.wanted if name not in found]
    return (
        *lines,
        *(Line(latex_name(m), UNDECIDED, n, words.NOT_RETURNED) for n, m in enumerate(missing, len(found) + 1)),
    )


def function_of(module: Any) -> Callable[..., Any]:
    """The function of a file that is meant. Errors: UsageError."""
    own = {n: f for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}
    if "backward" in own:
        return own["backward"]
    if len(own) == 1:
        return next(iter(own.values()))
    raise UsageError(f"{module.__name__}.py has no function backward(...); there are {', '.join(own) or 'none'}")


def _called(judge: Judge, function: Callable[..., Any], arrays: Any, world: World, point: int) -> dict[str, Any]:
    given = {}
    for argument in inspect.signature(function).parameters.values():
        value = _argument(judge, world, argument.name, point)
        if value is not None:
            given[argument.name] = arrays(value)
        elif argument.default is argument.empty:
            raise UsageError(
                f"backward takes {argument.name}, and the model has no quantity of that name; it has "
                f"{', '.join(judge.names.ranks)}, and d and a name for a derivative"
            )
    try:
        returned = function(**given)
    except UsageError:  # out of time
        raise
    except Exception as fault:
        raise UsageError(f"backward failed: {type(fault).__name__}: {fault}") from None
    return dict(_named(judge, returned))


def _argument(judge: Judge, world: World, name: str, point: int) -> Any:
    if name in judge.names.ranks:
        return _floats(world.value(name), point)
    if name in {str(s) for s in world.sizes}:
        return next(n for s, n in world.sizes.items() if str(s) == name)
    wanted = _quantity(judge, name)
    if wanted is None and name in ("dout", "grad_output", "dy_out", "delta"):
        loss = judge.names.loss
        wanted = next((u for u in reversed(list(judge.names.ranks)) if u != loss and _feeds(world, u)), None)
    return None if wanted is None else _floats(world.adjoint(wanted), point)


def _feeds(world: World, name: str) -> bool:
    """Whether the loss is made of a quantity directly."""
    nodes = world.derivation.model.nodes
    return not nodes[name].is_leaf and any(
        user == world.derivation.model.loss.name for user, _, _ in world.contributions(name)
    )


def _quantity(judge: Judge, name: str) -> str | None:
    """The quantity by which the loss is differentiated: W for dW, grad_W, W_grad and W."""
    for prefix in _PREFIXES:
        for ending in _ENDINGS:
            if name.startswith(prefix) and name.endswith(ending):
                core = name[len(prefix) : len(name) - len(ending)]
                if core in judge.names.ranks:
                    return core
    return None


def _named(judge: Judge, returned: Any) -> Iterator[tuple[str, Any]]:
    """The gradients by the names of the quantities. Errors: UsageError."""
    assert judge.derived is not None
    if isinstance(returned, Mapping):
        for key, value in returned.items():
            name = _quantity(judge, str(key))
            if name is None:
                raise UsageError(f"backward returns {key!r}, and the model has no quantity of that name")
            yield name, value
        return
    several = isinstance(returned, (tuple, list))
    found = list(returned) if several else [returned]
    wanted = judge.derived.derivation.wanted
    if len(found) != len(wanted):
        raise UsageError(
            f"backward returns {len(found)} arrays, and there are {len(wanted)} parameters ({', '.join(wanted)}); "
            "return a dictionary by name"
        )
    yield from zip(wanted, found, strict=True)


def _floats(array: Array, point: int) -> Any:
    numbers = array.numbers[..., point]
    return np.frompyfunc(lambda x: float(ball(middle(x)).mid()), 1, 1)(numbers).astype(float)


def _plain(value: Any) -> Any:
    """An array of the function's as numpy's."""
    value = value.detach().numpy() if hasattr(value, "detach") else value
    return np.asarray(value, dtype=float)


def _line(judge: Judge, name: str, runs: Sequence[_Run], n: int) -> Line:
    said = Line(latex_name(name), RIGHT, n)
    told = _example(name, runs)
    if told is None:
        return said
    said = replace(said, verdict=WRONG, example=told, value=judge.right(name))
    for slip, text, change in _changes(judge):
        if all(_same(change(_plain(run.found[name]), run), run.true(name)) for run in runs):
            return replace(said, verdict=SLIP, slip=slip, reason=text)
    return said


def _same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and bool(np.all(np.abs(one - other) <= CLOSE * (1 + np.abs(other))))


def _changes(judge: Judge) -> Iterator[tuple[str, Text, Callable[[Any, _Run], Any]]]:
    """Slips that an array may have, and what undoes them."""
    yield "sign", words.SLIPS["sign"], lambda x, run: -x
    for text, number in (("2", 2.0), ("1/2", 0.5)):
        yield "factor", words.SLIPS["factor"](factor=text), partial(_scaled, number)
    for size in judge.names.sizes.values():
        for text, power in ((size, 1), (f"1/{size}", -1)):
            yield "factor", words.SLIPS["factor"](factor=text), partial(_by_size, size, power)
    for axis, said in enumerate(words.OVER_AXIS):
        yield "batch", said, partial(_summed, axis)
    yield "transpose", words.TURNED, lambda x, run: x.T
    for other in judge.names.ranks:
        if other != judge.names.loss:
            yield "weight", words.SLIPS["weight"](factor=latex_name(other)), partial(_with, other)


def _scaled(number: float, x: Any, run: _Run) -> Any:
    return number * x


def _by_size(size: str, power: int, x: Any, run: _Run) -> Any:
    return x * float(next(n for s, n in run.world.sizes.items() if str(s) == size)) ** power


def _summed(axis: int, x: Any, run: _Run) -> Any:
    return x.sum(axis) if x.ndim > axis else x


def _with(name: str, x: Any, run: _Run) -> Any:
    try:
        return x * _floats(run.world.value(name), run.point)
    except ValueError:  # shapes that do not go together
        return np.zeros(())


def _example(name: str, runs: Sequence[_Run]) -> Text | None:
    """Where the two differ: the first element of the first point that does; None where they agree."""
    for run in runs:
        found, true = _plain(run.found[name]), run.true(name)
        if found.shape != true.shape:
            returned = words.RETURNED(found=in_words(found.shape), true=in_words(true.shape))
            return words.SHAPES(shapes=returned)
        for place in np.ndindex(*true.shape):
            if not abs(found[place] - true[place]) <= CLOSE * (1 + abs(true[place])):  # nan is no gradient
                sizes = [f"{s} = {n}" for s, n in run.world.sizes.items()]
                at = [*sizes, *([element(place)] if place else [])]
                where = words.IN(numbers=at) if at else words.RANDOM
                return words.RETURNS(where=where, right=f"{true[place]:.6g}", found=f"{found[place]:.6g}")
    return None
