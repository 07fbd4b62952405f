"""The backward pass through recurrences as an algorithm: what is computed first, in each loop, and added up there.

It is read off the steps, for any number of recurrences, each with any number of loops inside each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from sympy import Expr, Idx

from derive.chain.derivation import Step, Term, product
from derive.chain.derived import Derived
from derive.expressions.indices import name_of, substitute
from derive.expressions.intervals import Interval
from derive.expressions.symbols import Partial
from derive.model.schedule import Stage
from derive.model.sizes import LARGE
from derive.sheet.needed import Line, Ranges, needed


class Loop(NamedTuple):
    """An index goes from the first to the last value."""

    index: Idx
    first: Expr
    last: Expr


class Block(NamedTuple):
    """Lines that are computed in their order, inside of loops if there are any, the outermost first."""

    loops: tuple[Loop, ...]
    lines: tuple[Line, ...]


class Algorithm(NamedTuple):
    """The blocks in order, and the gradients that begin at 0. `sparse` says that an adjoint is read that is 0, for
    which there is no line."""

    blocks: tuple[Block, ...]
    sums: tuple[Expr, ...]
    sparse: bool


class Recurrence(NamedTuple):
    """A stage with loops, and the letters of their indices: those of the first of its adjoints."""

    stage: Stage
    letters: tuple[Idx, ...]


Recurrences = dict[str, Recurrence]  # by the families that are computed in it


def algorithm(derived: Derived) -> Algorithm | None:
    """Read the algorithm off the steps; None where there is no loop, or a fixed point to be solved for."""
    d = derived.derivation
    steps = [s for s in d.as_computed(derived.steps) if not s.given]
    found = _recurrences(d.stages, steps)
    if not found or any(stage.implicit for stage in d.stages):
        return None
    closed = {s.node.name for s in derived.closed_steps}
    lines = [line for s in steps for line in (_of_leaf if s.node.is_leaf else _inner)(s, found, closed)]
    given = [s for s in derived.steps if s.given]
    kept, sparse = needed(lines, given, {i for r in found.values() for i in r.letters}, d.wanted)
    blocks = _blocks(kept, found)
    gradients = [line for b in blocks for line in b.lines if line.step.node.is_leaf]
    begun = {line.step.target for line in gradients if not line.adds}
    sums = dict.fromkeys(line.target for line in gradients if line.step.target not in begun)
    return Algorithm(blocks, tuple(sums), sparse)


def _recurrences(stages: Sequence[Stage], steps: Sequence[Step]) -> Recurrences:
    """The recurrences through which a gradient goes back."""
    found: Recurrences = {}
    for stage in (s for s in stages if s.time):
        nodes = [s.node for s in steps if s.node.name in stage.families]
        if nodes:
            letters = tuple(nodes[0].indices[axis] for axis in stage.axes(nodes[0].name))
            found |= dict.fromkeys(stage.families, Recurrence(stage, letters))
    return found


def _read(terms: Sequence[Term]) -> set[str]:
    """The families whose adjoints stand in a sum."""
    return {name_of(p.wrt) for t in terms for f in t.factors for p in f.atoms(Partial)}


def _inner(step: Step, found: Recurrences, closed: Collection[str]) -> Iterator[Line]:
    """One step as a line in the letters of its loop."""
    name = step.node.name
    own = found.get(name)
    axes = zip(own.stage.axes(name), own.letters, strict=True) if own is not None else ()
    by = {step.node.indices[axis]: letter for axis, letter in axes}
    ranges = tuple((by.get(i, i), ends) for i, ends in _ranges(step))
    terms = step.lines[-1].terms if own is not None else _by_adjoints(step, closed)
    yield Line(substitute(step.target, by), tuple(_renamed(t, by) for t in terms), step, ranges)


def _ranges(step: Step) -> Ranges:
    return tuple(zip(step.node.indices, step.region.ranges, strict=True))


def _by_adjoints(step: Step, closed: Collection[str]) -> tuple[Term, ...]:
    """The last line, or the first one where a closed form may stand in the last in the place of an adjoint."""
    first = step.lines[0].terms
    return step.lines[-1].terms if _read(first).isdisjoint(closed) else first


def _renamed(term: Term, by: dict[Idx, Idx]) -> Term:
    return product((substitute(f, by) for f in term.factors), term.sums)


def _of_leaf(step: Step, found: Recurrences, closed: Collection[str]) -> Iterator[Line]:
    """What each loop adds to a gradient at every step, and the rest of it."""
    rest: list[Term] = []
    sums: dict[tuple[object, Ranges], Line] = {}
    for term in step.lines[0].terms:
        line = next(_summands(step, term, found), None)
        if line is None:
            rest.append(_renamed(term, {}))
            continue
        before = sums.setdefault((line.loop, line.ranges), line._replace(terms=()))
        sums[line.loop, line.ranges] = before._replace(terms=before.terms + line.terms)
    if rest or not sums:
        terms = tuple(rest) if sums else tuple(_renamed(t, {}) for t in _by_adjoints(step, closed))
        yield Line(step.target, terms, step, _ranges(step))
    yield from sums.values()


def _summands(step: Step, term: Term, found: Recurrences) -> Iterator[Line]:
    """What a sum over the steps of a loop adds at each of them, for every adjoint over whose loop the term is a sum."""
    summed = {i: (low, high) for i, low, high in term.sums}
    for p in (p for f in term.factors for p in f.atoms(Partial) if name_of(p.wrt) in found):
        stage, letters = found[name_of(p.wrt)]
        at = [p.wrt.indices[axis] for axis in stage.axes(name_of(p.wrt))]
        if all(i in summed or i in step.node.indices for i in at) and not summed.keys().isdisjoint(at):
            by = dict(zip(at, letters, strict=True))
            rest = _renamed(Term(term.factors, tuple(b for b in term.sums if b[0] not in at)), by)
            ranges = (*((i, summed[i]) for i in at if i in summed), *_ranges(step))
            renamed = tuple((by.get(i, i), ends) for i, ends in ranges)
            yield Line(substitute(step.target, by), (rest,), step, renamed, True, stage.families)


def _blocks(lines: Sequence[Line], found: Recurrences) -> tuple[Block, ...]:
    """First what needs no loop, then loop by loop, each with what is added in it, and the lines between and after."""
    leaves = [line for line in lines if line.step.node.is_leaf]
    runs = [list(run) for _, run in groupby((x for x in lines if x not in leaves), key=lambda x: _loop(x, found))]
    start = runs.pop(0) if runs and not _loop(runs[0][0], found) else []
    waiting = {x.step.node.name for run in runs for x in run}  # what the start does not compute
    first = [line for line in leaves if not line.loop and not waiting & _read(line.terms)]
    summed = {line.step.target for line in leaves if line.loop}
    last = [x._replace(adds=x.step.target in summed) for x in leaves if not x.loop and x not in first]
    blocks = [Block((), (*start, *first))]
    for run in runs:
        loop = _loop(run[0], found)
        run += [line for line in leaves if loop and line.loop == loop]
        blocks.append(Block(_loops(run, found[loop[0]]) if loop else (), tuple(run)))
    return _joined((*blocks, Block((), tuple(last))))


def _loop(line: Line, found: Recurrences) -> tuple[str, ...]:
    own = found.get(line.step.node.name)
    return own.stage.families if own is not None else ()


def _joined(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Lines outside of loops that follow each other are one block. Loops stay apart: one may need all of the other."""
    runs = [list(run) for _, run in groupby((b for b in blocks if b.lines), key=lambda b: bool(b.loops))]
    plain = ((Block((), tuple(line for b in run for line in b.lines)),) for run in runs if not run[0].loops)
    return tuple(b for run in runs for b in (run if run[0].loops else next(plain)))


def _loops(lines: Sequence[Line], recurrence: Recurrence) -> tuple[Loop, ...]:
    found = []
    for letter, loop in zip(recurrence.letters, recurrence.stage.loops, strict=True):
        low, high = _hull([dict(line.ranges)[letter] for line in lines])
        found.append(Loop(letter, low, high) if loop.direction < 0 else Loop(letter, high, low))
    return tuple(found)


def _hull(ranges: Sequence[Interval]) -> Interval:
    """The first and the last value of all, for large sizes."""

    def place(e: Expr) -> Expr:
        return e.subs(dict.fromkeys(e.free_symbols, LARGE))

    return min((a for a, _ in ranges), key=place), max((b for _, b in ranges), key=place)
