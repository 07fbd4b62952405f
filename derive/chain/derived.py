"""What the chain rule gives for some sizes: the derivation, its steps, the gradients, and the closed forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from sympy import Expr, Integer, Symbol

from derive.chain.closed_forms.closed_form import ClosedForm
from derive.chain.closed_forms.values import Solved, solved_values
from derive.chain.derivation import Derivation, Step
from derive.chain.regions import by_region
from derive.chain.rule import extent
from derive.chain.steps import Steps
from derive.errors import ModelError
from derive.model.model import Model
from derive.model.sizes import require

Found = TypeVar("Found")


class Derived:
    """A derivation for some sizes (those not in `sizes` stay symbolic), with its steps in the order of the sheet.

    Errors: ModelError for sizes at which the model does not exist.
    """

    def __init__(self, derivation: Derivation, sizes: Mapping[Any, int] | None = None):
        self.derivation = derivation
        self.sizes: dict[Symbol, int] = {self._size(key): _whole(key, n) for key, n in (sizes or {}).items()}
        require(self.model, self.sizes)
        self._steps = Steps(self.derivation, self.sizes)
        self._kept: dict[str, Any] = {}

    @property
    def model(self) -> Model:
        """The model that is differentiated."""
        return self.derivation.model

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

    @property
    def loss(self) -> Expr:
        """The symbol of the loss."""
        return self.derivation.loss

    def regions(self, quantity: Any) -> tuple[Step, ...]:
        """Return the steps of one family, one for each region of its indices. Errors: ModelError for a foreign name."""
        name = name_in(quantity)
        if name not in self.model.nodes:
            raise ModelError(f"{name} is not in the graph; it has {', '.join(self.model.nodes)}")
        return tuple(s for s in self.steps if s.node.name == name)

    def form(self, parameter: Any) -> Expr:
        """Return dL/dparameter in its final form, 0 if it cannot reach the loss; nothing is compared.

        If the form depends on the index values, the result is a Piecewise in the indices of the parameter; it is 0 for
        elements that cannot reach the loss. Errors: ModelError if the gradient was not asked for.
        """
        if str(parameter) == str(self.loss):
            return Integer(1)
        steps = self.regions(parameter)
        if not steps:
            name = str(parameter)
            if name in self.derivation.wanted:
                return Integer(0)
            raise ModelError(
                f"the gradient with respect to {name} was not derived; ask for it with g.derive(wrt=[{str(name)!r}])"
            )
        node = steps[0].node
        return by_region([(s.region, s.value) for s in steps], node.indices, extent(node))

    def steps_of(self, name: str) -> tuple[Step, ...]:
        """Return the steps of one family as they are before closed forms are put in."""
        return self._steps.of(name)

    def once(self, what: str, find: Callable[[], Found]) -> Found:
        """Return what `find` finds; it is called the first time only, and the same object is returned from then on."""
        if what not in self._kept:
            self._kept[what] = find()
        found: Found = self._kept[what]
        return found

    def _size(self, key: Any) -> Symbol:
        """Find a size of the model by symbol or name."""
        for symbol in self.derivation.model.sizes:
            if str(symbol) == str(key):
                return symbol
        raise ModelError(f"{key} is not a size of this graph")


def name_in(quantity: Any) -> str:
    """Return the name of a family, of the family of an element, or the name itself."""
    return str(getattr(quantity, "base", quantity))


def _whole(size: Any, number: Any) -> int:
    """Return the number of a size. Errors: ModelError if it is not a whole number from 1."""
    if isinstance(number, bool) or not isinstance(number, (int, Integer)) or number < 1:
        raise ModelError(f"the size {size} must be a whole number from 1, found {number!r}")
    return int(number)
