"""The body of a function with a signature, in one of its modes: what it refuses, draws, computes and changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sympy import Expr, Integer, Pow

from derive.code.printer import INDENT
from derive.code.python_text import dictionary, quoted
from derive.code.signature import Signature
from derive.code.source import Source
from derive.code.templates import PULLBACK
from derive.errors import ModelError
from derive.expressions.intervals import at_least
from derive.model.model import Model

RANGES = {  # of a number by its domain: the condition, and what is expected
    "probability": ("0 <= {} <= 1", "a number from 0 to 1"),
    "positive": ("{} > 0", "a number above 0"),
}


def interval(domain: tuple[Expr, Expr]) -> tuple[str, str]:
    """The condition that a number lies in an interval, and what is expected."""
    low, high = ("" if e.is_infinite else repr(float(e)) for e in domain)
    condition = (f"{low} < " if low else "") + "{}" + (f" < {high}" if high else "")
    words = [*([f"above {low}"] if low else []), *([f"below {high}"] if high else [])]
    return condition, "a number " + " and ".join(words)


def ranges(sources: Sequence[Source], signature: Signature) -> Iterator[str]:
    """Yield the lines that refuse numbers outside the domain of their leaf, whatever the mode."""
    nodes = {name: node for source in sources for name, node in source.d.model.nodes.items()}
    for argument in signature.arguments:
        node = nodes[argument.given]
        if not node.indices and (isinstance(node.domain, tuple) or node.domain in RANGES):
            condition, expected = interval(node.domain) if isinstance(node.domain, tuple) else RANGES[node.domain]
            yield f"{INDENT}if not {condition.format(argument.name)}:"
            found = f"{argument.name}: expected {expected}, found {{{argument.name}!r}}"
            yield f"{INDENT * 2}raise ValueError(f{quoted(found)})"


def call(source: Source, signature: Signature, when: str, updates: Mapping[str, str], title: str) -> Iterator[str]:
    """Yield the lines that compute the result, indented once."""
    names, arguments, where = source.names, {a.given: a.name for a in signature.arguments}, f"{signature.name} {when}"
    yield from _changeable(source, updates)
    for leaf, probability in ((n, p) for n, p in signature.draws.items() if n in source.d.model.nodes):
        yield from _refused(_below(source.d.model, list(arguments)), where)
        like = arguments[_like(source.d.model, leaf, arguments)]
        yield f"{INDENT}{names[leaf]} = {source.target.drawn.format(like=like, probability=probability)}"
        arguments[leaf] = names[leaf]
    yield from dictionary("given = ", {names[n.name]: arguments[n.name] for n in source.leaves})
    yield f"{INDENT}given = _checked{source.suffix}(given)"
    result, moved = names[signature.result], {a: names[n] for a, n in updates.items()}
    yield from _by_pullback(source, result, moved) if source.target.name == "numpy" else _applied(title, result, moved)


def _changeable(source: Source, updates: Iterable[str]) -> Iterator[str]:
    """Yield the lines that refuse what is changed in place and is no array."""
    for argument in updates:
        yield f"{INDENT}if not isinstance({argument}, {source.target.array}):"
        message = f"{argument}: expected {source.target.array}, for it is changed in place"
        yield f"{INDENT * 2}raise ValueError({quoted(message)})"


def _below(model: Model, names: Sequence[str]) -> list[Expr]:
    """Return what stands below a fraction line, is made of these names alone, and can be 0: N - 1, 1 - p."""
    powers = {p for n in model.nodes.values() for c in n.cases for p in c.expr.atoms(Pow) if p.exp.is_negative}
    bases = sorted((p.base for p in powers), key=str)
    made = [b for b in bases if b.free_symbols and {str(s) for s in b.free_symbols} <= set(names)]
    return [b for b in made if not b.is_Symbol and not at_least(b, Integer(1))]


def _refused(bases: Sequence[Expr], where: str) -> Iterator[str]:
    """Yield the lines that refuse numbers at which a denominator is 0."""
    for base in bases:
        yield f"{INDENT}if {base} == 0:"
        yield f"{INDENT * 2}raise ValueError({quoted(f'{where} divides by {base}, which is 0 here')})"


def _like(model: Model, leaf: str, arguments: Mapping[str, str]) -> str:
    """Return an argument that has the ranges of a leaf that is drawn."""
    ranges = {name: [(i.lower, i.upper) for i in node.indices] for name, node in model.nodes.items()}
    found = next((name for name in arguments if ranges.get(name) == ranges[leaf]), None)
    if found is None:
        raise ModelError(f"{leaf} is drawn, but no argument has its shape")
    return found


def _by_pullback(source: Source, result: str, moved: Mapping[str, str]) -> Iterator[str]:
    updates = "".join(f"\n{INDENT}{argument}[...] = values[{quoted(node)}]" for argument, node in moved.items())
    cotangent = quoted(next(iter(source.optional)))
    text = PULLBACK.format(suffix=source.suffix, cotangent=cotangent, result=quoted(result), updates=updates)
    yield from text.split("\n")


def _applied(title: str, result: str, moved: Mapping[str, str]) -> Iterator[str]:
    applied = f"{title}.apply(*(given[name] for name in {title}.INPUTS))"
    if not moved:
        yield f"{INDENT}return {applied}[0]"
        return
    yield f"{INDENT}{', '.join([result, *moved.values()])} = {applied}"
    yield f"{INDENT}with torch.no_grad():"
    yield from (f"{INDENT * 2}{argument}.copy_({node})" for argument, node in moved.items())
    yield f"{INDENT}return {result}"
