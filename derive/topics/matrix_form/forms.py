"""The matrix forms of a derivation: of every law of the model, and of the last line of every step."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Idx

from derive.chain.derivation import Step
from derive.chain.facts import turned_adjoint
from derive.chain.rule import extent
from derive.errors import NoMatrixForm
from derive.expressions.indices import limits, name_of
from derive.expressions.matrices import Entrywise, Hadamard, Plus, Softmax, Times, Whole
from derive.expressions.matrix_functions import OfMatrix
from derive.expressions.symbols import Partial
from derive.expressions.traverse import elements
from derive.memo import memo
from derive.model.model import Case, Model, Node, is_notation
from derive.topics.matrix_form.form import Form, Forms
from derive.topics.matrix_form.read import PLACES, Reader
from derive.topics.matrix_form.roles import Roles, readings, strided
from derive.topics.matrix_form.softmax import with_softmax


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
    form = None if step.given else _form(model, step.node, step.target, step.value, even)
    whole = dict(zip(step.node.indices, step.region.ranges, strict=True))
    if form is not None and any(whole[idx] != limits(idx)[1:] for idx in form.indices):
        return form._replace(matrix=None, reason=PLACES)
    return form if form is None or form.matrix is None else form._replace(matrix=form.matrix.xreplace(_names(model)))


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


def _form(model: Model, node: Node, element: Expr, expr: Expr, even: frozenset[str] = frozenset()) -> Form | None:
    """The form of element = expr; None where no index runs, all being times of a recurrence."""
    form = None
    for known in readings(model):
        form = _read(model, node, element, expr, even, known)
        if form is not None and form.matrix is not None:
            return form
    return form


def _whole(node: Node, element: Expr, own: Sequence[Idx], axes: Sequence[int]) -> Whole:
    """The matrix in which the element is: of an axis that has a single place that place is no name of a part."""
    inner = element.wrt if isinstance(element, Partial) else element
    single = {a: node.indices[a] for a in axes if node.indices[a].lower == node.indices[a].upper}
    at = node.at(*(single.get(a, place) for a, place in enumerate(getattr(inner, "indices", ()))))
    runs = tuple(node.indices[a] for a in axes if a in single or node.indices[a] in own)
    return Whole(element.func(element.of, at) if isinstance(element, Partial) else at, *runs)


def _read(model: Model, node: Node, element: Expr, expr: Expr, even: frozenset[str], known: Roles) -> Form | None:
    """The form by these roles."""
    own = tuple(idx for a in known[node.name] if (idx := node.indices[a]) in element.free_symbols)
    whole = _whole(node, element, own, known[node.name]) if own else element
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
