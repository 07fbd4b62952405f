"""What `Graph.derive()` gives: a derivation with its steps, gradients, check and views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sympy import Expr, Integer, Symbol

from derive.chain.closed_forms.recursion import ClosedForm
from derive.chain.closed_forms.values import Solved, solved_values
from derive.chain.derivation import Derivation, Step
from derive.chain.rule import derive
from derive.chain.steps import Steps
from derive.errors import ModelError, NoMatrixForm
from derive.model.model import Model
from derive.model.schedule import Stage
from derive.topics.identities.identities import Identity, identity
from derive.topics.limits.limits import Limit, Limiting, limiting
from derive.topics.matrix_form.forms import Forms, forms
from derive.views import Views

if TYPE_CHECKING:
    from derive.check.report import Report
    from derive.topics.expectation.argument import Expected
    from derive.topics.hessian.hessian import Hessian
    from derive.topics.jacobian.jacobian import Jacobian
    from derive.topics.stability.conditions import Analysis, Condition
    from derive.topics.training.training import Training, TrainingSet


class Solution(Views):
    """A derivation for some sizes (those not in `sizes` stay symbolic).

    `steps` are the steps of the sheet, `gradient(w)` the final form of dL/dw, `adjoint(h)` the forms by region,
    `verify()` the check against torch.autograd, `to_latex()`, `to_html()`, `to_text()` and `to_json()` the sheet.
    """

    def __init__(self, model: Model, wrt: Iterable[Any] | None = None, sizes: Mapping[Any, int] | None = None):
        self.derivation: Derivation = derive(model, wrt)
        self.sizes = {self._size(key): _whole(key, number) for key, number in (sizes or {}).items()}
        self._steps = Steps(self.derivation, self.sizes)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps in the order of the sheet."""
        return self._steps.all()

    @property
    def closed_forms(self) -> tuple[ClosedForm, ...]:
        """The adjoint recursions that have a closed form, solved and proved."""
        return self._steps.closed if self.steps else ()

    @property
    def closed_steps(self) -> tuple[Step, ...]:
        """The closed forms as claims to be checked."""
        return self._steps.claims() if self.steps else ()

    @cached_property
    def values(self) -> tuple[Solved, ...]:
        """The states that have a closed form, and the nodes made of them: for general T, or where there is no loss."""
        d = self.derivation
        general = any(s not in self.sizes for s in d.model.sizes) or not d.model.has_loss
        return solved_values(d) if general and any(s.time for s in d.stages) else ()

    @cached_property
    def expectations(self) -> tuple[Expected, ...]:
        """The expectations, variances and covariances that the model asks for, each with its argument."""
        stated = self.derivation.model.stated
        if stated is None:
            return ()
        from derive.topics.expectation.resolve import resolved

        return resolved(stated)[1]

    def expectation(self, of: Any, check: bool = True) -> Expected:
        """E of an expression, or a `Variance` or `Covariance`: its `lines`, the `premises` that they use, its `value`.

        Errors: MomentError for a moment that is not declared, VerificationError where the outcomes disagree.
        """
        from derive.topics.expectation.resolve import asked

        found = asked(of, self.derivation.model)
        if check:
            from derive.topics.expectation.check.expectations import verify_expectations

            verify_expectations(self.derivation, (found,)).require()
        return found

    def identity(self, one: Any, other: Any) -> Identity:
        """Two nodes shown to be the same, both written in what is given. Errors: ModelError where that is not seen."""
        return identity(self.derivation.model, _name(one), _name(other))

    def limit(self, quantity: str, variable: str, to: str = "oo") -> Limiting:
        """The limit of a value in closed form, towards "oo" or "0". Errors: ModelError where there is none."""
        return limiting(self.derivation.model, self.values, Limit(quantity, variable, to))

    def limits(self, asked: Iterable[Limit]) -> tuple[Limiting, ...]:
        """Several limits, with the numbers that they ask for."""
        return tuple(limiting(self.derivation.model, self.values, one) for one in asked)

    @cached_property
    def analyses(self) -> tuple[Analysis, ...]:
        """For every recurrence over a time that has no number: the Jacobian of a step, and when gradients explode."""
        model, known = self.derivation.model, {str(s) for s in self.sizes}
        general = [s for s in self.derivation.stages if s.time and (names := _length(model, s)) and not known & names]
        reached = [s for s in general if any(name in self.derivation.adjoints for name in s.families)]
        if not reached:
            return ()
        from derive.topics.stability.analysis import analyse

        return tuple(analyse(model, s) for s in reached)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """When the gradient explodes, vanishes or stays; each with its strength and its reason."""
        return tuple(c for a in self.analyses for c in a.conditions)

    @property
    def loss(self) -> Expr:
        """The symbol of the loss."""
        return self.derivation.loss

    def adjoint(self, quantity: Any) -> tuple[Step, ...]:
        """The steps of one family, one for each region of its indices. Errors: ModelError for a foreign name."""
        name = _name(quantity)
        if name not in self.derivation.model.nodes:
            raise ModelError(f"{name} is not in the graph; it has {', '.join(self.derivation.model.nodes)}")
        return tuple(s for s in self.steps if s.node.name == name)

    def gradient(self, parameter: Any) -> Expr:
        """The final form of dL/dparameter; 0 where it cannot reach the loss. Errors: ModelError if it was not asked."""
        if str(parameter) == str(self.loss):
            return Integer(1)
        steps = self.adjoint(parameter)
        if not steps:
            name = str(parameter)
            if name in self.derivation.wanted:
                return Integer(0)
            raise ModelError(f"the gradient with respect to {name} was not derived; ask for it with wrt=[...]")
        if len(steps) > 1:
            raise ModelError(f"dL/d{parameter} has {len(steps)} forms by region; see adjoint({parameter})")
        return steps[0].value

    def jacobian(self, of: Any, wrt: Any, check: bool = True) -> Jacobian:
        """d of / d wrt path by path, with its `lines` and final `value`; of a recurrence, that of one step.

        Errors: ModelError for an unknown name or no path, VerificationError where torch.autograd disagrees.
        """
        from derive.topics.jacobian.jacobian import jacobian

        found = jacobian(self.derivation.model, _name(of), _name(wrt))
        if not check:
            return found
        from derive.topics.jacobian.check.jacobian import verify_jacobian

        return found._replace(report=verify_jacobian(self.derivation, found, self._chosen).required())

    def hessian(self, *wrt: Any, check: bool = True) -> Hessian:
        """The second derivatives of the loss with respect to families `wrt`: `blocks`, the product with a vector, and
        where it is seen to be positive semidefinite, `squares` that show it; through time also what is `carried`.

        Errors: ModelError for an unknown name, no loss or no path, VerificationError where torch.autograd disagrees.
        """
        from derive.topics.hessian.definite import squares
        from derive.topics.hessian.hessian import hessian

        names, model = [_name(w) for w in wrt], self.derivation.model
        if not model.has_loss:
            raise ModelError(f"the graph {model.title!r} has no loss, so there is no Hessian")
        solution = Solution(model, names, self.sizes)
        steps = [s for name in solution.derivation.adjoints for s in solution._steps.of(name)]
        found = hessian(solution.derivation, steps, names)
        found = found._replace(squares=squares(found))
        if not check:
            return found
        from derive.topics.hessian.check.hessian import verify_hessian

        return found._replace(report=verify_hessian(solution.derivation, found, self._chosen).required())

    @cached_property
    def matrices(self) -> Forms:
        """The model and the last line of every step in matrices, where an index runs along rows or columns."""
        return forms(self.derivation.model, self.steps)

    def matrix(self, quantity: Any) -> Expr:
        """dL/dquantity as matrices, shapes included (topics/matrix_form). Errors: NoMatrixForm, with the reason."""
        found = [form for step in self.adjoint(quantity) if (form := self.matrices.of(step)) is not None]
        if len(found) != 1:
            raise ModelError(f"dL/d{quantity} has {len(found)} matrix forms; see matrices")
        if found[0].matrix is None:
            raise NoMatrixForm(found[0].reason)
        return found[0].matrix

    def train(
        self,
        data: TrainingSet,
        sizes: Mapping[str, int] | None = None,
        steps: int | None = None,
        rate: float | None = None,
        seed: int = 0,
    ) -> Training:
        """Gradient descent on data with the derived gradients; `losses` is the curve. Errors: UsageError."""
        from derive.topics.training.training import train

        return train(self.derivation, data, sizes, steps, rate, seed)

    def verify(
        self,
        points: int = 1000,
        seed: int = 0,
        conditions: bool = True,
        limits: Sequence[Limiting] = (),
        identities: Sequence[Identity] = (),
    ) -> Report:
        """The check of every adjoint and every line against torch.autograd; see `Report.ok` and `Report.rows`.

        Closed forms of values and `identities` are compared with the model's own equations, `limits` with the values
        far out, expectations with sums over all outcomes. With `conditions` also the Jacobian of every recurrence and
        the evidence for its conditions, as claims of `report.of("stability")`.
        """
        from derive.check.steps import verify
        from derive.topics.matrix_form.check.forms import compare

        steps = (*self.steps, *self.closed_steps)
        beside = {"matrix_form": partial(compare, self.matrices)}
        report = verify(self.derivation, steps, self.sizes, points, seed, self.values, beside)
        if self.expectations:
            from derive.topics.expectation.check.expectations import verify_expectations

            report = report.beside("expectation", verify_expectations(self.derivation, self.expectations, seed))
        if identities:
            from derive.topics.identities.check import verify_identities

            report = report.beside("identities", verify_identities(self.derivation, identities, seed))
        if limits:
            from derive.topics.limits.check import in_the_limit

            report = report.beside("limits", in_the_limit(self.derivation, limits, seed))
        if not conditions or not self.analyses:
            return report
        from derive.check.report import Report
        from derive.topics.stability.check.check import measured

        claims = tuple(measured(self.derivation, a, seed) for a in self.analyses)
        return report.beside("stability", Report(claims=claims))

    @property
    def _chosen(self) -> dict[Symbol, int]:
        return {self._size(key): number for key, number in self.sizes.items()}

    def _size(self, key: Any) -> Symbol:
        """A size of the model, by symbol or name."""
        for symbol in self.derivation.model.sizes:
            if str(symbol) == str(key):
                return symbol
        raise ModelError(f"{key} is not a size of this graph")


def _name(quantity: Any) -> str:
    """The name of a family, of an element of it, or the name itself."""
    return str(getattr(quantity, "base", quantity))


def _length(model: Model, stage: Stage) -> set[str]:
    """The sizes that say how long a recurrence is."""
    indices = [model.nodes[name].indices[axis] for name, axis in stage.time.items()]
    return {str(s) for i in indices for s in (i.lower.free_symbols | i.upper.free_symbols)}


def _whole(size: Any, number: Any) -> int:
    """The number of a size. Errors: ModelError if it is not a whole number from 1."""
    if isinstance(number, bool) or not isinstance(number, (int, Integer)) or number < 1:
        raise ModelError(f"the size {size} must be a whole number from 1, found {number!r}")
    return int(number)
