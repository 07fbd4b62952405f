"""The matrix forms of a derivation: of every law of the model, and of the last line of every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sympy import Expr, Idx

from derive.chain.derivation import Step
from derive.chain.facts import turned_adjoint
from derive.chain.rule import extent
from derive.errors import NoMatrixForm
from derive.expressions.indices import index, limits, name_of, substitute
from derive.expressions.matrices import Entrywise, Hadamard, Plus, Softmax, Times, Whole
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.symbols import Partial
from derive.expressions.traverse import elements
from derive.memo import memo
from derive.model.model import Case, Model, Node, is_notation
from derive.topics.matrix_form.blocks import block
from derive.topics.matrix_form.form import Form, Forms
from derive.topics.matrix_form.read import PLACES, Reader
from derive.topics.matrix_form.roles import Roles, readings, strided
from derive.topics.matrix_form.softmax import with_softmax

Ranges = Mapping[Idx, Idx]
WHOLE: Ranges = MappingProxyType({})


@memo
def law(model: Model, node: Node, case: Case) -> Form | None:
    """The matrix form of one definition; None where no index of it runs, or the function is abstract."""
    if node.abstract is not None or is_notation(node):
        return None
    return _form(model, node, node.at(*case.position), case.expr)


@memo
def of_step(model: Model, step: Step, even: frozenset[str] = frozenset()) -> Form | None:
    """The matrix form of the last line of a step; None where nothing is derived, or no index of it runs.

    The adjoints of the nodes in `even` are symmetric.
    """
    if step.given:
        return None
    form = _form(model, step.node, step.target, step.value, even, _in_region(step))
    return form if form is None or form.matrix is None else form._replace(matrix=form.matrix.xreplace(_names(model)))


def _in_region(step: Step) -> dict[Idx, Idx]:
    """For every index of a step that runs over a part of its range an index of that part."""
    ends = step.region.free(step.node.indices)
    return {idx: index(name_of(idx), *part) for idx, part in ends.items() if part != limits(idx)[1:]}


def _renamed(form: Form, element: Expr, own: dict[Idx, Idx]) -> Form:
    """The form with the indices of the step itself; those along rows and columns are in it no more."""
    before = {part: idx for idx, part in own.items()}
    indices = tuple(before.get(i, i) for i in form.indices)
    matrix = None if form.matrix is None else form.matrix.xreplace(before)
    return form._replace(element=element, indices=indices, whole=form.whole.xreplace(before), matrix=matrix)


@memo
def _names(model: Model) -> dict[Expr, Expr]:
    """Values that a node is the name of: the softmax that is P."""
    found = [form for node in model.nodes.values() for case in node.cases if (form := law(model, node, case))]
    return {f.matrix: f.whole for f in found if isinstance(f.matrix, (Softmax, Entrywise, Plus, Times, Hadamard))}


def forms(model: Model, steps: Sequence[Step]) -> Forms:
    """The matrix forms of a model and of the steps of its derivation."""
    cases = [(node, case) for node in model.nodes.values() for case in node.cases]
    whole = (s for s in steps if s.region.ranges == extent(s.node))  # a part that is symmetric says nothing of the rest
    even = frozenset(s.node.name for s in whole if turned_adjoint(model, s.node, s.target, s.value))
    return Forms(
        tuple((node, case, form) for node, case in cases if (form := law(model, node, case)) is not None),
        tuple((step, form) for step in steps if (form := of_step(model, step, even)) is not None),
    )


def _form(
    model: Model, node: Node, element: Expr, expr: Expr, even: frozenset[str] = frozenset(), parts: Ranges = WHOLE
) -> Form | None:
    """The form of element = expr; None where no index runs, all being times of a recurrence.

    `parts` are the indices of those parts of ranges on which it holds: of rows and columns they are said, since the
    matrix is a block then; a subscript keeps its own index, which no row or column of another family has.
    """
    form = None
    for known in readings(model):
        own = {i: parts[i] for a in known[node.name] if (i := node.indices[a]) in parts}
        form = _read(model, node, substitute(element, own), substitute(expr, own), even, known)
        form = _renamed(form, element, own) if form is not None and own else form
        if form is not None and form.matrix is not None:
            return form
    return form


def _whole(node: Node, element: Expr, axes: Sequence[int]) -> Expr:
    """The matrix in which the element is, or the block of it that its indices run over.

    Of an axis that has a single place that place is no name of a part.
    """
    inner = element.wrt if isinstance(element, Partial) else element
    position = tuple(getattr(inner, "indices", ()))
    runs = [a for a in axes if node.indices[a].lower == node.indices[a].upper or isinstance(position[a], Idx)]
    at = node.at(*(node.indices[a] if a in runs else place for a, place in enumerate(position)))
    whole = Whole(
        element.func(element.of, at) if isinstance(element, Partial) else at, *(node.indices[a] for a in runs)
    )
    parts = [limits(place)[1:] if isinstance(place := position[a], Idx) else None for a in runs]
    return block(whole, parts[0], parts[1] if len(parts) > 1 else None)


def _read(model: Model, node: Node, element: Expr, expr: Expr, even: frozenset[str], known: Roles) -> Form | None:
    """The form by these roles."""
    inner = element.wrt if isinstance(element, Partial) else element
    position = tuple(getattr(inner, "indices", ()))
    own = tuple(place for a in known[node.name] if isinstance(place := position[a], Idx))
    whole = _whole(node, element, known[node.name]) if own else element
    try:
        reader = Reader(model.nodes, known, expr, own, even)
        if not reader.empty:
            return Form(element, own, whole, with_softmax(reader.matrix()))
    except NoMatrixForm as error:
        return Form(element, own, whole, None, error.reason)
    if isinstance(expr, OfMatrix) or not (element.has(Idx) or expr.has(Idx)):
        return None
    used = {node.name, *(name_of(e.wrt if isinstance(e, Partial) else e) for e in elements(expr))}
    return Form(element, own, whole, None, PLACES) if used & strided(model) else None
