"""The derivation against the second writing, and the engine's own check against both."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from typing import NamedTuple

import torch

from derive.chain.derivation import Derivation
from derive.chain.steps import Steps
from derive.check.steps import verify
from derive.check.torch_backend import TorchBackend
from derive.errors import DeriveError, VerificationError
from derive.evaluate.passes import Passes, cotangents
from derive.evaluate.store import Store
from random_graphs.cases import Case
from random_graphs.draws import DOMAINS
from random_graphs.maker import build
from random_graphs.terms import Array

TOLERANCE = 1e-10


def failure(seed: int, points: int = 5, every_size: bool = False) -> str | None:
    """What is wrong with the graph of a seed, with the model printed; None where all is well."""
    found = outcome(build, seed, points, every_size)
    if found.refusal is not None and "is empty" not in found.refusal:
        return f"seed {seed} is refused: {found.refusal}"
    return found.failure


class Outcome(NamedTuple):
    """What became of a seed: a refusal in one clear line, or a failure with the model printed; neither: all is well."""

    refusal: str | None = None
    failure: str | None = None


def outcome(
    made: Callable[[int], Case], seed: int, points: int = 5, every_size: bool = False, both: bool = True
) -> Outcome:
    """Make the case of a seed, and `check` it. A disagreement with autograd, or an error of Python, is a failure."""
    case = None
    try:
        case = made(seed)
        wrong = check(case, points, every_size, both)
    except VerificationError as error:
        wrong = [str(error)]
    except DeriveError as error:
        if str(error).strip() and "\n" not in str(error):
            return Outcome(refusal=str(error))
        wrong = [f"a refusal that is not one line: {error}"]
    except Exception:
        wrong = [traceback.format_exc()]
    return Outcome(failure="\n".join([f"seed {seed} fails", *wrong, str(case)]) if wrong else None)


def check(case: Case, points: int = 5, every_size: bool = False, both: bool = True) -> list[str]:
    """Everything that is wrong with the derivation of a case, a sentence each; none where all is well.

    The steps for any size, and with `both` those for given sizes, must pass the engine's own check, and the derived
    sweep must give autograd's gradients of the second writing. `every_size` lets the engine choose the sizes for the
    general steps. Of every fifth case the pages are printed too.
    """
    sized = case.graph.derive(case.wrt, case.sizes)
    steps = Steps(sized.derivation)
    general = (*steps.all(), *steps.claims())
    reports = {"general": verify(sized.derivation, general, case.sizes, points, case.seed)}
    if both:
        reports["sized"] = sized.verify(points, case.seed)
    if every_size:
        reports["every size"] = verify(sized.derivation, general, {}, points, case.seed)
    wrong = [
        f"{which}: {bad.quantity} fails with {bad.error:.1e} {bad.where}"
        for which, report in reports.items()
        if (bad := report.first_failure) is not None
    ]
    if case.seed % 5 == 0:
        print_pages(case)
    return wrong + compare(case, sized.derivation, points)


def print_pages(case: Case) -> None:
    """Every format, for any size in one language and for the case's sizes in the other. Errors: whatever fails."""
    for sizes, lang in ((case.sizes, "en"), (None, "zh")):
        solution = case.graph.derive(case.wrt, sizes)
        for page in (solution.to_latex, solution.to_text, solution.to_json):
            page(lang, check=False, detail="full")


def compare(case: Case, derivation: Derivation, points: int) -> list[str]:
    """The derived sweep against autograd of the second writing, at the same points."""
    backend, env = TorchBackend(), case.env
    passes, store = Passes(derivation, case.sizes, backend), Store(backend)
    generator = torch.Generator().manual_seed(case.seed)

    def sampled(name: str, stored: str, domain: str) -> Array:
        ranges = [(s.low.at(env), s.high.at(env)) for s in case.axes[name]]
        shape = (*(b - a + 1 for a, b in ranges), points)
        unit, (low, high) = torch.rand(shape, generator=generator, dtype=torch.float64), DOMAINS[domain]
        store.put(stored, unit.round() if domain == "binary" else low + (high - low) * unit, ranges)
        return store.whole(stored).clone()

    def placed(name: str) -> Array:
        along, most = case.axes[name][0], case.positions[name].high.at(env)
        length = len(along.numbers(env))
        where = torch.randint(1, most + 1, (length, 1), generator=generator).double().expand(-1, points)
        store.put(name, where, [(along.low.at(env), along.high.at(env))])
        return where

    given = {name: sampled(name, name, domain).requires_grad_() for name, domain in case.leaves.items()}
    given |= {name: placed(name) for name in case.positions}
    partials = {n.name: sampled(n.name, stored, "real") for stored, n in cotangents(derivation.model)}
    passes.forward(store)
    passes.backward(store)
    loss = case.reference(given, partials).expand(points)
    wrong = []
    if not difference(store.whole("J"), loss.detach()) <= TOLERANCE:
        wrong.append("forward: the loss itself differs")
    wanted = [given[name] for name in derivation.wanted]
    grads = torch.autograd.grad(loss.sum(), wanted, allow_unused=True) if wanted and loss.requires_grad else ()
    for name, truth in zip(derivation.wanted, grads or [None] * len(wanted), strict=True):
        found = store.whole(f"adjoint {name}") if name in derivation.adjoints else torch.zeros(1, dtype=torch.float64)
        error = difference(found, torch.zeros_like(given[name]) if truth is None else truth)
        if not error <= TOLERANCE:
            wrong.append(f"end to end: the gradient of {name} differs by {error:.1e}")
    return wrong


def difference(found: Array, truth: Array) -> float:
    """The worst |a - b| / max(1, |b|); infinite where something is not a number."""
    error = (found - truth).abs() / truth.abs().clamp(min=1.0)
    worst = float(error.max()) if error.numel() else 0.0
    return worst if worst == worst else math.inf
