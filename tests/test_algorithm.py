"""The algorithm of the backward pass, read line by line by its own interpreter, gives what torch.autograd gives."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from sympy import Expr, Idx, Indexed, Sum, Symbol

from derive.check.autograd import AutogradValues
from derive.check.torch_backend import TorchBackend
from derive.evaluate.passes import Passes
from derive.expressions.symbols import Partial
from derive.page.blocks import Equations
from derive.problems import load
from derive.sheet.algorithm import Algorithm, Line, algorithm, shown
from derive.solution import Solution

SIZES = {"T": 4, "H": 2, "D": 2, "K": 2, "N": 2}


class Machine:
    """Runs the lines. Values come from the model's equations; every adjoint has to be computed before it is read."""

    def __init__(self, solution: Solution):
        d = solution.derivation
        self.sizes = {s: SIZES.get(str(s), 3) for s in d.model.sizes}
        self.loss = d.loss
        passes = Passes(d, self.sizes, TorchBackend())
        self.truth = AutogradValues(d, passes, 1, 3, None)
        self.slopes: dict[tuple[str, tuple[int, ...]], float] = {}
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
            return self.stored(f"adjoint {name}", place) if given else self.slopes[name, place]
        if isinstance(e, (Indexed, Symbol)) and not isinstance(e, Idx):
            return self.stored(*self.place(e, at))
        if isinstance(e, Sum):
            return sum(self.value(e.function, inner) for inner in self.over(e.limits, at))
        if e.is_number:
            return float(e)
        return float(e.func(*(self.value(a, at) for a in e.args)))

    def place(self, e: Expr, at: Mapping[Any, int]) -> tuple[str, tuple[int, ...]]:
        return str(getattr(e, "base", e)), tuple(int(self.value(p, at)) for p in getattr(e, "indices", ()))

    def over(self, ranges: Any, at: Mapping[Any, int]) -> Any:
        spans = [range(int(self.value(low, at)), int(self.value(high, at)) + 1) for _, low, high in ranges]
        return ({**at, **dict(zip((r[0] for r in ranges), spot, strict=True))} for spot in itertools.product(*spans))

    def line(self, line: Line, at: Mapping[Any, int]) -> None:
        for here in self.over(line.beside, at):
            key = self.place(line.target.wrt, here)
            total = 0.0
            for term in line.terms:
                for inner in self.over(term.sums, here):
                    product = 1.0
                    for f in term.factors:
                        product *= self.value(f, inner)
                    total += product
            self.slopes[key] = total + (self.slopes.get(key, 0.0) if line.adds else 0.0)

    def run(self, found: Algorithm) -> None:
        for line in found.before:
            self.line(line, {})
        first, last = (int(self.value(e, {})) for e in (found.first, found.last))
        step = 1 if first <= last else -1
        for time in range(first, last + step, step):
            for line in found.inside:
                low, high = (int(self.value(e, {})) for e in line.during or ())
                if low <= time <= high:
                    self.line(line, {found.index: time})
        for line in found.after:
            self.line(line, {})

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
]


@pytest.mark.parametrize(("name", "options"), CELLS)
def test_the_algorithm_gives_the_gradients_of_autograd(name: str, options: dict[str, str]) -> None:
    solution = solved(name, **options)
    found = algorithm(solution)
    assert found is not None
    assert ran(solution, found) == []


@pytest.mark.parametrize("name", ["bptt", "lstm"])
def test_a_wrong_line_is_caught(name: str) -> None:
    """Each line is left out, each sum overwritten, or each line doubled; the loop or its lines turned round."""
    solution = solved(name)
    found = algorithm(solution)
    assert found is not None
    bad = [found._replace(first=found.last, last=found.first), found._replace(inside=found.inside[::-1])]
    for n, line in enumerate(found.inside):
        others = found.inside[:n], found.inside[n + 1 :]
        mutants = [(), (line._replace(terms=line.terms * 2),)]
        mutants += [(line._replace(adds=False),)] if line.adds else []
        bad += [found._replace(inside=(*others[0], *mutant, *others[1])) for mutant in mutants]
    used = {
        p for line in (*found.inside, *found.after) for t in line.terms for f in t.factors for p in f.atoms(Partial)
    }
    names = {str(getattr(p.wrt, "base", p.wrt)) for p in used} | set(solution.derivation.wanted)
    for mutant in bad:
        left = [a for a, b in zip(found.inside, mutant.inside, strict=False) if a != b][:1]
        harmless = left and str(getattr(left[0].target.wrt, "base", left[0].target.wrt)) not in names
        assert harmless or ran(solution, mutant)


def test_the_page_prints_each_line_once() -> None:
    solution = solved("bptt")
    found = algorithm(solution)
    assert found is not None
    rows = [row for b in shown(solution) if isinstance(b, Equations) for row in b.rows]
    assert [row.left for row in rows] == [line.target for line in (*found.before, *found.inside, *found.after)]
    assert [row.sign == "<-" for row in rows if row.left in {x.target for x in found.inside}] == [
        line.adds for line in found.inside
    ]


def test_no_loop_no_algorithm() -> None:
    assert algorithm(solved("logistic")) is None and list(shown(solved("mlp"))) == []
