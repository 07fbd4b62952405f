"""What the commands do: read the options, derive, check, and only then print."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from derive import options
from derive.at import number, parse
from derive.errors import UsageError
from derive.language import LANGUAGES, Text
from derive.problem import Problem, Reading
from derive.problems import load, names
from derive.rendering import sentences as say
from derive.rendering.blocks import Title
from derive.rendering.formats import FORMATS, render
from derive.rendering.part import Part
from derive.solution import Solution

if TYPE_CHECKING:
    from derive.analysis.between import Jacobian
    from derive.analysis.second import Hessian
    from derive.verification.report import Report
    from derive.worked import Worked


def sheet(name: str, argv: Sequence[str]) -> tuple[str, str | None]:
    """The sheet of a problem and the file it is for. Errors: UsageError, VerificationError."""
    problem = load(name)
    given = options.parse(options.problem_parser(name, problem), argv)
    _known("format", given.format, FORMATS)
    _known("lang", given.lang, LANGUAGES)
    _known("detail", given.detail, ("brief", "full"))
    parts = [_part(problem, reading, given) for reading in _readings(problem, given)]
    head = Title(problem.title, say.SOURCE(source=problem.source), problem.statement)
    return render(parts, given.format, given.lang, given.detail, head), given.output


def code(argv: Sequence[str]) -> tuple[str, str | None]:
    """The generated module of a problem and the file it is for. Errors: UsageError."""
    if not argv or argv[0].startswith("-"):
        options.parse(options.code_parser(), argv)
        raise UsageError("code: the name of a problem is missing; derive list shows them")
    problem = load(argv[0])
    given = options.parse(options.code_parser(argv[0], problem), argv[1:])
    solution = _readings(problem, given)[0].build(**problem.choices(vars(given))).derive()
    return solution.to_code(given.target), given.output


def listing(argv: Sequence[str]) -> int:
    """Print the problems, one a line. Errors: UsageError."""
    given = options.parse(options.list_parser(), argv)
    _known("lang", given.lang, LANGUAGES)
    for name in names():
        problem = load(name)
        print(f"{name:14} {problem.source:6} {problem.title.pick(given.lang)}")
    return 0


def check(argv: Sequence[str]) -> int:
    """Print the verification of problems; 1 if something disagrees. Errors: UsageError."""
    given = options.parse(options.check_parser(), argv)
    _known("lang", given.lang, LANGUAGES)
    points = options.whole(given.points, "--points", options.MOST_POINTS)
    seed = options.whole(given.seed, "--seed", 2**31, least=0)
    steps = None if given.T is None else options.whole(given.T, "--T", options.MOST_STEPS)
    failed = 0
    for name, problem in [(name, load(name)) for name in given.names or names()]:
        sizes = {s.name: steps for s in problem.sizes if s.name == "T" and steps is not None}
        for choice in _variants(problem):
            for reading in problem.readings:
                solution = reading.build(**choice).derive(sizes=sizes)
                report = solution.verify(points, seed, limits=solution.limits(reading.limits))
                failed += not report.ok
                label = " ".join([name, *choice.values(), *([options.key(reading.label.en)] if reading.label else [])])
                print(_verdict(label, report).pick(given.lang), flush=True)
    return 1 if failed else 0


def _verdict(label: str, report: Report) -> Text:
    bad = report.first_failure
    verdict = say.OK if bad is None else say.FAILED(quantity=str(bad.quantity))
    return say.VERDICT(label=f"{label:35}", count=f"{len(report.rows):3}", worst=f"{report.worst:.1e}", verdict=verdict)


def _variants(problem: Problem) -> list[dict[str, str]]:
    """Every combination of a problem's options."""
    found: list[dict[str, str]] = [{}]
    for option in problem.options:
        found = [{**one, option.name: value} for one in found for value in option.choices]
    return found


def _known(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise UsageError(f"--{what} {value!r}: choose one of {', '.join(known)}")


def _readings(problem: Problem, given: argparse.Namespace) -> list[Reading]:
    wish = getattr(given, "reading", None)
    labels = {options.key(r.label.en): r for r in problem.readings if r.label is not None}
    if wish is None:
        return problem.readings
    _known("reading", wish, tuple(labels))
    return [labels[wish]]


def _part(problem: Problem, reading: Reading, given: argparse.Namespace) -> Part:
    graph = reading.build(**problem.choices(vars(given)))
    solution = graph.derive(sizes=_sizes(problem, vars(given)))
    if given.jacobian is not None or given.hessian is not None:
        return _asked(solution, reading, given)
    worked, rate = _worked(solution, reading, given)
    report, limits = None, solution.limits(reading.limits)
    if not given.no_check:
        report = solution.verify(limits=limits)
        report.require()
    return Part(
        solution.derivation,
        solution.steps,
        solution.sizes,
        report,
        reading.label,
        worked,
        reading.example.remark if reading.example and given.at is None and worked else None,
        notes=tuple(reading.notes),
        update=reading.update or (rate is not None and worked is None),
        rate=rate,
        closed=solution.closed_forms,
        values=solution.values,
        limits=limits,
        analyses=solution.analyses,
        matrices=solution.matrices,
    )


def _asked(solution: Solution, reading: Reading, given: argparse.Namespace) -> Part:
    """The page of a Jacobian, of a Hessian, or of both."""
    for option in ("at", "lr"):
        if getattr(given, option) is not None:
            raise UsageError(f"--{option}: numbers are not worked for a Jacobian or a Hessian; leave it out")
    asked: list[Jacobian | Hessian] = []
    if given.jacobian is not None:
        of, wrt = options.names(given.jacobian, "--jacobian", 2, 2)
        asked.append(solution.jacobian(of, wrt, check=not given.no_check))
    if given.hessian is not None:
        asked.append(solution.hessian(*options.names(given.hessian, "--hessian"), check=not given.no_check))
    return Part(solution.derivation, (), solution.sizes, label=reading.label, asked=tuple(asked))


def _sizes(problem: Problem, given: Mapping[str, str | None]) -> dict[str, int]:
    found = {}
    for size in problem.sizes:
        text = given[size.name]
        if text is not None:
            found[size.name] = options.whole(text, f"--{size.name}", size.most)
    return found


def _worked(solution: Solution, reading: Reading, given: argparse.Namespace) -> tuple[Worked | None, Fraction | None]:
    """The numbers asked for, or those of the exercise itself."""
    example = reading.example
    rate_text = given.lr if given.lr is not None else example.rate if example is not None and given.at is None else None
    rate = number(rate_text, "--lr") if rate_text is not None else None
    if rate is not None and not solution.derivation.model.has_loss:
        raise UsageError("--lr: this problem has no loss, so there is no gradient to descend")
    if rate is not None and rate <= 0:
        raise UsageError(f"--lr: a learning rate is greater than 0, found {rate_text!r}")
    at = given.at if given.at is not None else example.at if example is not None else None
    if at is None:
        return None, rate
    from derive.worked import work

    return work(solution.derivation, solution.sizes, parse(at), rate), rate
