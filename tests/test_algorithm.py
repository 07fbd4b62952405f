"""The algorithm of the backward pass, read line by line by its own interpreter, gives what torch.autograd gives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sympy import Expr, Idx, Indexed, Sum, Symbol

from derive.check.autograd import AutogradValues
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes
from derive.expressions.indices import name_of
from derive.expressions.symbols import Partial
from derive.page.blocks import Equations
from derive.problems import load
from derive.sheet.algorithm import Algorithm, Block, algorithm
from derive.sheet.algorithm_page import FEW, shown
from derive.sheet.needed import Line
from derive.sheet.part import Part
from derive.solution import Solution

SIZES = {"T": 4, "H": 2, "D": 2, "K": 2, "N": 3, "S": 4}


class Machine:
    """Runs the lines. Values come from the model's equations; every adjoint has to be computed before it is read."""

    def __init__(self, solution: Solution):
        d = solution.derivation
        self.sizes = {s: SIZES.get(str(s), 3) for s in d.model.sizes}
        self.loss = d.loss
        passes = Passes(d, self.sizes, TorchBackend())
        self.truth = AutogradValues(d, passes, 1, 3, None)
        self.slopes: dict[tuple[str, tuple[int, ...]], float] = {}
        self.sparse = False
        self.free = {s.node.name for s in solution.steps if s.given}

    def stored(self, key: str, at: tuple[int, ...]) -> float:
        low = self.truth.store.low[key]
        return self.truth.store.whole(key)[(*(p - a for p, a in zip(at, low, strict=True)), 0)].item()

    def value(self, e: Any, at: Mapping[Any, int]) -> float:
        if e in at:
            return at[e]
        if e in self.sizes:
            return self.sizes[e]
        if isinstance(e, Partial):
            name, place = self.place(e.wrt, at)
            given = name in self.free or e.of != self.loss  # dl_t/do_t of an abstract l_t, which L adds up, is dL/do_t
            return self.stored(f"adjoint {name}", place) if given else self.computed(name, place)
        if isinstance(e, (Indexed, Symbol)) and not isinstance(e, Idx):
            return self.stored(*self.place(e, at))
        if isinstance(e, Sum):
            return sum(self.value(e.function, inner) for inner in self.over(e.limits, at))
        if e.is_number:
            return float(e)
        return float(e.func(*(self.value(a, at) for a in e.args)))

    def computed(self, name: str, place: tuple[int, ...]) -> float:
        """An adjoint that a line has computed, or one that is 0, if the algorithm says that there are such."""
        if (name, place) not in self.slopes and self.sparse and self.stored(f"adjoint {name}", place) == 0:
            return 0.0
        return self.slopes[name, place]

    def place(self, e: Expr, at: Mapping[Any, int]) -> tuple[str, tuple[int, ...]]:
        return str(getattr(e, "base", e)), tuple(int(self.value(p, at)) for p in getattr(e, "indices", ()))

    def over(self, ranges: Any, at: Mapping[Any, int]) -> Any:
        spans = [range(int(self.value(low, at)), int(self.value(high, at)) + 1) for _, low, high in ranges]
        return ({**at, **dict(zip((r[0] for r in ranges), spot, strict=True))} for spot in itertools.product(*spans))

    def line(self, line: Line, loops: Mapping[Any, int]) -> None:
        """Compute a line for its index values, those of the loops being given."""
        inside = all(
            int(self.value(a, {})) <= loops[i] <= int(self.value(b, {})) for i, (a, b) in line.ranges if i in loops
        )
        beside = [(i, a, b) for i, (a, b) in line.ranges if i not in loops]
        for here in self.over(beside, loops) if inside else ():
            key = self.place(line.target.wrt, here)
            total = 0.0
            for term in line.terms:
                for inner in self.over(term.sums, here):
                    product = 1.0
                    for f in term.factors:
                        product *= self.value(f, inner)
                    total += product
            self.slopes[key] = total + (self.slopes[key] if line.adds else 0.0)

    def block(self, block: Block) -> None:
        ends = [(int(self.value(a, {})), int(self.value(b, {}))) for _, a, b in block.loops]
        times = [range(a, b + 1) if a <= b else range(a, b - 1, -1) for a, b in ends]
        for spot in itertools.product(*times):
            for line in block.lines:
                self.line(line, dict(zip((loop.index for loop in block.loops), spot, strict=True)))

    def run(self, found: Algorithm) -> None:
        self.sparse = found.sparse
        for target in found.sums:
            own = self.truth.store.whole(f"adjoint {name_of(target.wrt)}")
            low = self.truth.store.low[f"adjoint {name_of(target.wrt)}"]
            for spot in itertools.product(*(range(n) for n in own.shape[:-1])):
                self.slopes[name_of(target.wrt), tuple(p + a for p, a in zip(spot, low, strict=True))] = 0.0
        for block in found.blocks:
            self.block(block)

    def wrong(self, wanted: Any) -> list[str]:
        """The gradients that differ from those of autograd, and those that are missing."""
        found = []
        for name in wanted:
            whole, low = self.truth.store.whole(f"adjoint {name}"), self.truth.store.low[f"adjoint {name}"]
            for spot in itertools.product(*(range(n) for n in whole.shape[:-1])):
                truth = float(whole[(*spot, 0)])
                mine = self.slopes.get((name, tuple(p + a for p, a in zip(spot, low, strict=True))))
                if mine is None or abs(mine - truth) > 1e-9 * max(1.0, abs(truth)):
                    found.append(name)
        return found


def solved(name: str, **options: str) -> Solution:
    problem = load(name)
    return (
        problem.readings[-1].build(**problem.choices({o.name: options.get(o.name) for o in problem.options})).derive()
    )


def ran(solution: Solution, found: Algorithm) -> list[str]:
    machine = Machine(solution)
    try:
        machine.run(found)
    except KeyError as missing:
        return [f"{missing} is read before it is computed"]
    return machine.wrong(solution.derivation.wanted)


CELLS = [
    ("bptt", {}),
    ("bptt", {"loss_at": "every"}),
    ("lstm", {}),
    ("gru", {}),
    ("rnn", {}),
    ("lstm", {"hidden": "vector"}),
    ("neural-ode", {}),
    ("ssm-scan", {}),
    ("muon", {}),
    ("crf", {}),
    ("ctc", {}),
    ("kalman", {}),
    ("stacked-rnn", {}),
    ("soft-dtw", {}),
]


@pytest.mark.parametrize(("name", "options"), CELLS)
def test_the_algorithm_gives_the_gradients_of_autograd(name: str, options: dict[str, str]) -> None:
    solution = solved(name, **options)
    found = algorithm(solution)
    assert found is not None
    assert ran(solution, found) == []


def mutants(found: Algorithm) -> Iterator[tuple[str, Algorithm]]:
    """Each line is left out or doubled, each sum overwritten; loops, their lines and blocks are turned round."""
    for n, block in enumerate(found.blocks):

        def put(*blocks: Block, n: int = n) -> Algorithm:
            return found._replace(blocks=(*found.blocks[:n], *blocks, *found.blocks[n + 1 :]))

        for m, loop in enumerate(block.loops):
            turned = loop._replace(first=loop.last, last=loop.first)
            yield f"loop {loop.index}", put(block._replace(loops=(*block.loops[:m], turned, *block.loops[m + 1 :])))
        for m, line in enumerate(block.lines):
            others = block.lines[:m], block.lines[m + 1 :]
            bad = [(), (line._replace(terms=line.terms * 2),)]
            bad += (
                [(line._replace(adds=False),)]
                if line.adds and len(dict(line.ranges).keys() & {x.index for x in block.loops})
                else []
            )
            for mutant in bad:
                yield f"line {line.target}", put(block._replace(lines=(*others[0], *mutant, *others[1])))


@pytest.mark.parametrize("name", ["bptt", "lstm", "crf", "ctc", "kalman", "stacked-rnn", "soft-dtw"])
def test_a_wrong_algorithm_is_caught(name: str) -> None:
    """No line is idle: without it, or with it doubled, a gradient is wrong or an adjoint is missing."""
    solution = solved(name)
    found = algorithm(solution)
    assert found is not None and ran(solution, found) == []
    assert [what for what, mutant in mutants(found) if not ran(solution, mutant)] == []
    if name in ("crf", "ctc", "kalman", "soft-dtw"):  # of the others no block needs what another computes
        assert ran(solution, found._replace(blocks=found.blocks[::-1]))


def test_the_page_prints_each_line_once() -> None:
    solution = solved("bptt")
    found = algorithm(solution)
    assert found is not None
    rows = [row for b in shown(Part(solution, detail="full")) if isinstance(b, Equations) for row in b.rows]
    lines = [line for block in found.blocks for line in block.lines]
    assert [(row.left, row.sign == "<-") for row in rows] == [(line.target, line.adds) for line in lines]


@pytest.mark.parametrize("name", ["lstm", "gru", "crf", "ctc", "kalman", "stacked-rnn"])
def test_brief_has_it_in_a_few_lines(name: str) -> None:
    """Lines alike stand together; where there are too many, each adjoint is named with its step."""
    blocks = list(shown(Part(solved(name))))
    assert len(blocks) > 2 and sum(len(b.rows) for b in blocks if isinstance(b, Equations)) <= FEW


def test_no_loop_no_algorithm() -> None:
    assert algorithm(solved("logistic")) is None and list(shown(Part(solved("mlp")))) == []
