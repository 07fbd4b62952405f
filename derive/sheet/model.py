"""The first sections of a sheet: the model as given, what flows where, the forward pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from sympy import Expr, exp

from derive.chain.derivation import Derivation
from derive.chain.derived import Derived
from derive.expressions.indices import substitute, without_single
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.said import Spelled
from derive.expressions.traverse import names
from derive.language import Text, clauses
from derive.model.model import Case, Model, Node, Reference, is_notation
from derive.model.nameless import is_softmax
from derive.model.preactivation import spellings
from derive.model.reachability import dead_end
from derive.page import sentences as say
from derive.page.assumptions import assumed, invertible, needed, together
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row, Table
from derive.page.spans import Known, Ranges, span
from derive.sheet.in_time import forward_in_time


def given(model: Model, detail: str = "full") -> Iterator[Block]:
    """Show the model as its author wrote it, and say what its letters are; in brief at once with the names that were
    given to parts."""
    author = model.given or model
    yield Heading(say.MODEL)
    if named_at_once(model, detail):
        yield Paragraph(say.one_after_another([say.STOP(said=sentence) for sentence in _said(model)]))
        yield Equations(tuple(_definitions(model)), listed=True)
    else:
        yield Equations(tuple(_definitions(author)), listed=True)
    yield from _letters(author)


def named_at_once(model: Model, detail: str) -> bool:
    """Does the model stand on the sheet only with the names that were given to its pre-activations and scores?"""
    kinds = {say_so for say_so, names in _implied(model).items() if names}
    words = model.said or spellings(model.given or model)  # the author's, which such a name would break up
    return detail != "full" and bool(kinds) and kinds <= {say.NAMED, say.NAMED_SCORES} and not words


def _letters(model: Model) -> Iterator[Block]:
    """Say what the letters and the functions of a model are."""
    if model.said:
        yield Paragraph(say.WORDS)
        yield Equations(tuple(Row(word, Spelled(word)) for word in model.said), listed=True)
    yield from map(Paragraph, _meanings(model))
    kinds = [(sentence, model.of_kind(kind)) for kind, sentence in say.KINDS.items()]
    letters = [sentence(names=_leaves(nodes)) for sentence, nodes in kinds if nodes]
    declared = (a for n in model.nodes.values() if n.is_leaf for a in assumed(n))
    found = [*together([*needed(model), *declared, *invertible(model)])]
    letters += [say.ASSUMED(assumptions=clauses(found))] if found else []
    if letters:
        yield Paragraph(say.one_after_another(letters))


def _meanings(model: Model) -> Iterator[Text]:
    """Say what the functions of whole matrices are that not everybody writes alike."""
    for node in model.nodes.values():
        function = node.cases[0].expr if node.cases else None
        if isinstance(function, OfMatrix) and function.row.meaning is not None:
            value, matrix = (f[function.batch] if function.batch else f for f in (node.symbol, function.matrix))
            yield function.row.meaning(value=value, matrix=matrix)


def _leaves(nodes: Iterable[Node]) -> list[object]:
    """Name leaves with the ranges of their indices, those with the same ranges together."""
    alike: dict[Ranges, list[Expr]] = {}
    for node in nodes:
        fixed = {i: i.lower for i in node.indices if i.lower == i.upper}
        ranges = Ranges(tuple(span(i, i.lower, i.upper) for i in node.indices if i not in fixed))
        alike.setdefault(ranges, []).append(substitute(node.generic, fixed))
    return [say.RANGED(name=names, ranges=r) if r.spans else names for r, names in alike.items()]


def _definitions(model: Model, known: Collection[tuple[str, Case]] = ()) -> Iterator[Row]:
    """Yield the definitions, apart from those that the reader has seen; start values after what holds at every step."""
    starts: list[Row] = []
    for node in model.nodes.values():
        for case in (c for c in node.cases if (node.name, c) not in known and not is_notation(node)):
            fixed = {i: low for i, low, high in case.bounds if low == high}
            ranges = Ranges(tuple(span(*b) for b in case.bounds if b[0] not in fixed))
            left, right = (substitute(e, fixed) for e in (node.at(*case.position), case.expr))
            row = Row(left, without_single(right), say.FOR(ranges=ranges) if ranges.spans else None)
            if len(node.cases) > 1 and (not ranges.spans or any(p.is_Integer for p in case.position)):
                starts.append(row)
            elif ranges.spans:
                yield row
            else:
                yield from (*starts, row)
                starts = []
    yield from starts


def flows(d: Derivation) -> Iterator[Block]:
    """Show as a table what each quantity is computed from and used by."""
    model = d.model.stated or d.model
    yield Heading(say.FLOWS)
    shown = [n for n in model.nodes.values() if not n.is_leaf or n.kind == "parameter" or n.wanted]
    yield Table(say.FLOW_HEADER, tuple(_flow(d, list(alike)) for _, alike in groupby(shown, partial(_in_one_row, d))))


def unreachable(d: Derivation) -> Iterator[Text]:
    """Say which leaves cannot reach the loss, and where their way ends, once for all whose way is the same."""
    paths = [dead_end(d.model, node) for node in d.unreachable]
    for _, alike in groupby(paths, key=lambda path: [n.name for n in path[1:]]):
        yield _why_unreachable(list(alike))


def only(d: Derivation) -> Iterator[Block]:
    """Say of which families a single element reaches the loss."""
    for adjoint in d.adjoints.values():
        if any(
            low == high and idx.lower != idx.upper
            for idx, (low, high) in zip(adjoint.node.indices, adjoint.support, strict=True)
        ):
            point = adjoint.node.at(*(low for low, _ in adjoint.support))
            yield Paragraph(say.ONLY(element=point, family=adjoint.node.generic))


def _in_one_row(d: Derivation, node: Node) -> tuple[object, ...]:
    """Return what must be equal for two neighbouring leaves to share a row: their kind and their users."""
    return (node.kind, *_users(d, node)) if node.is_leaf else (node.name,)


def _users(d: Derivation, node: Node) -> list[Expr]:
    model = d.model.stated or d.model
    return [u.generic for u in model.users(node.name) or d.model.users(node.name)]


def _flow(d: Derivation, alike: list[Node]) -> tuple[object, ...]:
    """Make the row of one quantity, or of several leaves that have the same users."""
    model, node = d.model.stated or d.model, alike[0]
    used = sorted((u for c in node.cases for u in model.uses(c)), key=lambda u: model.order.index(u.name))
    sources = list(dict.fromkeys(element(model, use) for use in used))
    leaf = (say.PARAMETER if node.kind == "parameter" else say.INPUT)[len(alike) > 1]
    nobody = say.LOSS if node is model.loss else say.ONLY_SLOPES if node.implied or is_notation(node) else say.NOBODY
    users = _users(d, node) or nobody
    return [n.generic for n in alike], sources or leaf, users


def element(model: Model, use: Reference) -> Expr:
    """Return what a definition refers to: an element, or the generic element where it refers to a family as a whole."""
    node = model.nodes[use.name]
    return node.generic if use.position is None else node.at(*use.position)


def _why_unreachable(paths: Sequence[list[Node]]) -> Text:
    several = len(paths) > 1
    names, way = [path[0].generic for path in paths], [n.generic for n in paths[0][several:]]
    if len(paths[0]) == 1:
        return say.UNUSED[several](names=names)
    return say.UNREACHABLE[several](names=names, path=say.arrow(way), end=way[-1])


def named(model: Model) -> Iterator[Block]:
    """Show the equations again by the functions that are spelled out and with the names that were given to parts."""
    found = spellings(model.given or model)
    if found:
        yield Paragraph(say.SPELLED)
        yield Equations(tuple(Row(s.spelled, s.function) for s in found), listed=True)
    said = _said(model)
    yield from (Paragraph(say.STOP(said=sentence)) for sentence in said[:-1])
    if said or found:
        only_new = not found and {kind for kind, names in _implied(model).items() if names} == {say.NAMED_WEIGHTS}
        yield Paragraph((say.DENOTED if only_new else say.BECOME)(said=said[-1]) if said else say.SO)
        yield Equations(tuple(_definitions(model, _written(model.given))), listed=True)


def _said(model: Model) -> list[Text]:
    """Say which names were given to parts of the model."""
    return [say_so[len(names) > 1](names=names) for say_so, names in _implied(model).items() if names]


def _written(given: Model | None) -> set[tuple[str, Case]]:
    return {(n.name, c) for n in given.nodes.values() for c in n.cases} if given is not None else set()


def _implied(model: Model) -> dict[tuple[Text, Text], list[Expr]]:
    """Sort the quantities that we named by the sentences that say so, of one and of several."""
    kinds = (say.NAMED, say.NAMED_SCORES, say.NAMED_SOFTMAX, say.NAMED_WEIGHTS, say.NAMED_ABSTRACT)
    found: dict[tuple[Text, Text], list[Expr]] = {kind: [] for kind in kinds}
    for node in (n for n in model.nodes.values() if n.implied):
        found[_kind(model, node)].append(node.generic)
    return found


def _kind(model: Model, node: Node) -> tuple[Text, Text]:
    """Choose the sentence that says that a quantity got its name."""
    if node.abstract is not None:
        return say.NAMED_ABSTRACT
    users = [c.expr for u in model.users(node.name) for c in u.cases]
    if is_softmax(node.cases[0].expr):
        return say.NAMED_SOFTMAX if users else say.NAMED_WEIGHTS
    scores = any(node.name in names(e) for u in users for e in u.atoms(exp))
    return say.NAMED_SCORES if scores else say.NAMED


def _orders(d: Derivation, detail: str) -> Iterator[Block]:
    """Say in which order a recurrence is computed that takes several loops, or reads all earlier steps; in full also
    that of its gradients over many steps nothing is claimed."""
    for stage in (s for s in d.stages if s.time and not s.stepwise):
        first = d.model.nodes[stage.families[0]]
        indices = [(first.indices[loop.axes[first.name]], loop.direction) for loop in stage.loops]
        ranges = Ranges(tuple(span(i, *((i.lower, i.upper)[::step])) for i, step in indices))
        names = [d.model.nodes[n].generic for n in stage.families]
        yield Paragraph((say.ORDER_OF_LOOPS if stage.inner else say.ORDER)(quantities=names, ranges=ranges))
        if d.model.has_loss and detail == "full":
            yield Paragraph(say.NO_CLAIM)


def naming(model: Model, detail: str) -> Iterator[Block]:
    """Show the equations again where parts of them got names, unless the names stand in the model already."""
    if not named_at_once(model, detail):
        yield from named(model)


def forward(derived: Derived, known: Sequence[Known], detail: str) -> Iterator[Block]:
    """Show in which order loops compute, and every time step where T has a number."""
    unrolled = list(forward_in_time(derived.derivation, derived.sizes, detail))
    orders = tuple(_orders(derived.derivation, detail))
    if not unrolled and not orders:
        return
    yield Heading(say.FORWARD)
    yield from orders
    if unrolled:
        yield Paragraph(say.UNROLLED_FORWARD(sizes=known))
        yield from unrolled
