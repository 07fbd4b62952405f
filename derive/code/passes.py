"""The text of the two passes of one derivation, and of the checks of what they are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Symbol

from derive.code.printer import INDENT
from derive.code.python_text import dictionary, has_word, quoted, tuple_of
from derive.code.source import Source
from derive.code.templates import BACKWARD, CHECK, FORWARD, PASS_BACKWARD, PASS_FORWARD
from derive.code.trees import Statement, names_in
from derive.model.model import Whole
from derive.model.sizes import Need, needs


def checks(source: Source) -> str:
    """Write the check of the inputs: arrays of one type, with the right shapes."""
    solved, _ = source.solved
    expected = [
        f"_expect(given, {source.table}, {quoted(name)}, {source.shape(r)})" for name, r in source.shapes.items() if r
    ]
    more = [
        f"if {quoted(n)} in given:\n{INDENT * 2}_expect(given, {source.table}, {quoted(n)}, {source.shape(r)})"
        for n, r in source.optional.items()
        if r
    ]
    sizes = [each for line in solved for n in [line.split(" = ")[0]] for each in (line, f'_expect_size("{n}", {n})')]
    held = (need for need in needs(source.d.model) if need.gap.free_symbols <= set(source.sizes))
    fit = [line for need in held for line in _fits(source, need)]
    among = {source.names[n.name]: n.domain.most for n in source.leaves if isinstance(n.domain, Whole)}
    counted = [
        f"_expect_positions(given, {quoted(n)}, {source.print(source.integers.number(most))})"
        for n, most in among.items()
    ]
    lines = [*sizes, *fit, *expected, *more, *counted, "return given"]
    names = (*source.shapes, *source.solved[1])
    words = {
        "names": tuple_of(names),
        "optional": tuple_of(source.optional),
        "suffix": source.suffix,
        "shapes": source.table,
    }
    return CHECK.format(**words) + "".join(f"\n{INDENT}{line}" for line in lines)


def _fits(source: Source, need: Need) -> Iterator[str]:
    """Write the lines that refuse sizes for which the model does not exist."""
    named = {s: Symbol(source.names[str(s)]) for s in need.gap.free_symbols}
    left, right = (e.xreplace(named) for e in need.relation.args)
    told = ", ".join(f"{s} = {{{s}}}" for s in sorted(map(str, named.values())))
    yield f"if {left} < {right}:"
    cause = source.show(need.cause).replace("{", "{{").replace("}", "}}")  # x_{2d} is no hole of the message
    message = f"{cause} needs {left} >= {right}, found {told}"
    yield f"{INDENT}raise ValueError(f{quoted(message)})"


def passes(source: Source, more: Sequence[str] = ()) -> list[str]:
    """Write the check of the inputs, and the passes, each after its function of `more` for everybody."""
    both = [forward(source), *([backward(source)] if source.d.model.has_loss else [])]
    outer = more or ("",) * len(both)
    return [checks(source), *(part for pair in zip(outer, both, strict=True) for part in pair if part)]


def public(source: Source) -> list[str]:
    """Write `forward(**inputs)` and `backward(**inputs)`."""
    required = f", {tuple_of(source.optional)}" if source.optional else ""
    wanted = ", ".join(source.names[w] for w in source.d.wanted) or "nothing"
    found = [FORWARD, BACKWARD.format(required=required, wanted=wanted)]
    return found if source.d.model.has_loss else found[:1]


def forward(source: Source) -> str:
    """Write the pass from the leaves to every node."""
    own = source.forward
    known = source.tidied(own.statements(own.known))
    linear = own.statements(own.linear) if source.optional else ()
    lines = [*source.print.lines(known), *_returned(source, own.known)]
    parts = [*_opening(source, (*known, *linear), ()), *lines]
    if linear:
        parts += [f"{INDENT}if {' and '.join(f'{c} is not None' for c in source.optional)}:"]
        parts += [*source.print.lines(linear, 2), *_returned(source, own.linear, 2)]
    return PASS_FORWARD.format(body="\n".join([*parts, f"{INDENT}return values"]), suffix=source.suffix)


def _returned(source: Source, names: Sequence[str], depth: int = 1) -> list[str]:
    pairs = {source.names[n]: source.names[n] for n in names}
    return dictionary(f"values {'=' if depth == 1 else '|='} ", pairs, depth)


def backward(source: Source) -> str:
    """Write the pass from the loss to every wanted gradient."""
    stored, zeros = source.families.stored, source.target.patterns["zeros"]
    pairs = {
        source.names[w]: stored[f"adjoint {w}"].tree.text if tree else zeros.format(source.shape(stored[w].ranges))
        for w, tree in source.backward.gradients().items()
    }
    lines, result = source.backward_lines, "\n".join(dictionary("return ", pairs))
    parts = [*_opening(source, lines, needed_values(source), result), *source.print.lines(lines), result]
    return PASS_BACKWARD.format(body="\n".join(parts), suffix=source.suffix)


def saved(source: Source) -> list[str]:
    """Return what the backward pass reads: inputs, for others may change before it runs, and values of nodes."""
    text = backward(source)
    inputs = [n for n in source.shapes if f"given[{quoted(n)}]" in text]
    given = [n for n in source.optional if f"given.get({quoted(n)})" in text]
    return [*inputs, *given, *needed_values(source)]


def needed_values(source: Source) -> list[str]:
    """Return the nodes whose values the backward pass needs, by their identifiers."""
    used, names = set(names_in(source.backward_lines)), source.names
    return [names[n.name] for n in source.d.model.nodes.values() if not n.is_leaf and names[n.name] in used]


def _opening(source: Source, lines: Sequence[Statement], values: Sequence[str], more: str = "") -> Iterator[str]:
    """Write the inputs, sizes and values that a pass uses, as its own variables."""
    text = "\n".join(source.print.lines(lines)) + more
    used = set(names_in(tuple(lines)))
    yield from (f"{INDENT}{n} = given[{quoted(n)}]" for n in source.shapes if n in used)
    yield from (f"{INDENT}{n} = given.get({quoted(n)})" for n in source.optional if n in used)
    yield from (f"{INDENT}{n} = values[{quoted(n)}]" for n in values)
    sizes = list[str]()
    for line in reversed(source.solved[0]):  # a size may be what is left of a length by others
        if has_word(line.split(" = ")[0], "\n".join([text, *sizes])):
            sizes.insert(0, line)
    yield from (f"{INDENT}{line}" for line in sizes)
    first = next((f"given[{quoted(n)}]" for n in source.shapes), None)
    kind = source.target.kind.format(first) if first else source.target.no_kind
    if has_word(kind.split(" = ")[0], text):
        yield INDENT + kind
