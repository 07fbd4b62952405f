"""The Jacobian of any computed quantity with respect to any other on a path to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sympy import Expr

from derive.chain.derivation import Line
from derive.display import shown
from derive.errors import ModelError
from derive.expressions.symbols import Partial
from derive.model.model import Model, Node
from derive.model.reachability import upstream
from derive.model.schedule import Stage, stage_of, stages
from derive.topics.jacobian.in_matrices import InMatrices, in_matrices
from derive.topics.jacobian.lines import developed
from derive.topics.jacobian.paths import Entry, Walk

if TYPE_CHECKING:
    from derive.check.report import Report

MOST = 40  # paths: beyond these nobody reads a Jacobian path by path


class Jacobian(NamedTuple):
    """The Jacobian d of / d wrt: its paths and the chain of equalities to the final form.

    If `of` belongs to a recurrence, `held` are its families, whose earlier values are held fixed; `earlier` says that
    `wrt` is that of the step before. `form` is the matrix form, `report` the check against torch.autograd.
    """

    of: Node
    wrt: Node
    entry: Entry
    lines: tuple[Line, ...]
    held: tuple[Expr, ...] = ()
    earlier: bool = False
    form: InMatrices | None = None
    report: Report | None = None

    def _repr_markdown_(self) -> str:
        return shown(self)

    @property
    def indices(self) -> tuple[Expr, ...]:
        """The indices of the rows, then those of the columns."""
        return tuple(i for e in (self.entry.of, self.entry.wrt) for i in getattr(e, "indices", ()))

    @property
    def matrix(self) -> Expr | None:
        """The matrix form, where there is one."""
        return self.form.matrix if self.form is not None else None

    @property
    def symbol(self) -> Expr:
        """d of / d wrt, as it is written."""
        return Partial(self.entry.of, self.entry.wrt)

    @property
    def value(self) -> Expr:
        """The final form."""
        return self.lines[-1].expr


def jacobian(model: Model, of: str, wrt: str) -> Jacobian:
    """Derive the Jacobian of `of` with respect to `wrt`; in a recurrence, that of one step.

    Errors: ModelError for an unknown name, for no path, for a recurrence in between.
    """
    a, b = (_node(model, name) for name in (of, wrt))
    stage = stage_of(model)[a.name]
    if stage.time and not stage.stepwise:
        raise ModelError(
            f"the recurrence of {of} steps through several indices, or reads all earlier steps, so that no step has "
            f"one Jacobian; ask for the gradient of the loss instead"
        )
    walk = Walk({n.name: n for n in model.nodes.values() if not n.is_leaf or n is b}, stage.time, model.indices)
    _passable(model, walk, a, b, stage)
    held = tuple(model.nodes[n].generic for n in stage.families if stage.time)
    entry, earlier = _entry(walk, a, b, stage)
    if not entry.paths:
        raise ModelError(_no_path(model, a, b, stage))
    if len(entry.paths) > MOST:
        raise ModelError(f"{len(entry.paths)} paths lead from {wrt} to {of}; ask for a shorter piece of the model")
    found = Jacobian(a, b, entry, developed(entry, model), held, earlier)
    return found._replace(form=in_matrices(model, entry.of, entry.wrt, found.lines))


def _node(model: Model, name: str) -> Node:
    if name not in model.nodes:
        raise ModelError(f"{name} is not in the graph; it has {', '.join(model.nodes)}")
    return model.nodes[name]


def _entry(walk: Walk, a: Node, b: Node, stage: Stage) -> tuple[Entry, bool]:
    """Follow the paths. In a recurrence `b` is taken at the same time, or one step before if no path leads there."""
    if not (a.name in stage.time and b.name in stage.time):
        return walk.entry(a, b, walk.other(b, a.indices)), False
    axis, t = stage.time[b.name], a.indices[stage.time[a.name]]
    now = walk.entry(a, b, walk.other(b, a.indices, {axis: t})) if a is not b else None
    if now is not None and now.paths:
        return now, False
    return walk.entry(a, b, walk.other(b, a.indices, {axis: t - stage.direction}), earlier=True), True


def _passable(model: Model, walk: Walk, a: Node, b: Node, own: Stage) -> None:
    """Refuse a way through a recurrence other than that of `a`, or through an abstract function. Errors: ModelError."""
    if a.is_leaf or (a is b and a.name not in own.time):
        raise ModelError(f"there is no path from {b.name} to {a.name}: {_why(a, b)}")
    way = walk.leading(b.name) & upstream(model, a.name)
    for stage in (s for s in stages(model) if s.time and s is not own):
        if crossed := [n for n in stage.families if n in way]:
            raise ModelError(
                f"between {b.name} and {a.name} lies the recurrence of {crossed[0]}, with a path for every number of "
                f"steps; ask for one step, such as {crossed[0]},{crossed[0]}"
            )
    for name in {*way, a.name}:
        if model.nodes[name].implicit:
            raise ModelError(f"{name} is a fixed point: its derivative solves an equation, no sum of paths")
        if model.nodes[name].abstract is not None:
            raise ModelError(f"{name} is abstract: its derivative is known by name only")


def _no_path(model: Model, a: Node, b: Node, stage: Stage) -> str:
    """Zero is claimed only where nothing leads there: a start value reaches every step, and so do the steps before."""
    if not stage.time or b.name not in upstream(model, a.name):
        return f"there is no path from {b.name} to {a.name}, so d {a.name} / d {b.name} is zero"
    return (
        f"within one step no path leads from {b.name} to {a.name}, but through the steps before it or their start "
        f"values {b.name} may reach {a.name}, on a path for every number of steps; ask for one step, such as "
        f"{a.name},{a.name}, or for the gradient of the loss"
    )


def _why(a: Node, b: Node) -> str:
    return f"{a.name} is given, not computed" if a is not b else "both are the same quantity"
