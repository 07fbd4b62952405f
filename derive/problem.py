"""What a file in problems/ states: a title, the task in two languages, options, and one or several readings of it.

A reading is a Graph. A task whose printed statement is flawed has two: as printed, and as it was surely meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from derive.code.signature import Signature
from derive.errors import UsageError
from derive.graph import Graph
from derive.language import Text
from derive.topics.topic import refuse_unknown
from derive.topics.worked.example import Example

# The groups of the catalogue, in the order of `derive list`.
GROUPS = {
    "regression": Text("Regression and classification", "回归与分类"),
    "networks": Text("Feed-forward networks", "前馈网络"),
    "normalisation": Text("Normalisation", "归一化"),
    "recurrent": Text("Recurrent networks and sequences", "循环网络与序列"),
    "attention": Text("Attention and transformers", "注意力与 Transformer"),
    "losses": Text("Losses", "损失函数"),
    "preferences": Text("Preferences and policies", "偏好与策略优化"),
    "probability": Text("Probability and generative models", "概率与生成模型"),
    "optimisers": Text("Optimisers", "优化器"),
    "matrices": Text("Matrices", "矩阵"),
    "implicit": Text("Implicit layers and gradients of gradients", "隐式层与梯度的梯度"),
}


class Option(NamedTuple):
    """A choice that a problem offers; the first value is the default. On the command line `loss_at` is `--loss-at`."""

    name: str
    choices: tuple[str, ...]
    help: Text

    @property
    def flag(self) -> str:
        """The option as it is typed on the command line."""
        return "--" + self.name.replace("_", "-")


class Size(NamedTuple):
    """A dimension of a problem that can be given a number up to `most`, as by `--T 5`; else it stays symbolic."""

    name: str
    help: Text
    most: int = 100_000


Notes = tuple[Text, ...] | Callable[..., tuple[Text, ...]]  # the same for all options, or by their values


class Reading(NamedTuple):
    """One model of the task: the function that builds its graph from the options, its label, and the teacher's remarks.

    `notes` may be a function of the options. `signature` is the function that `derive code` writes beside the passes;
    `wishes` are what the reading asks of the subjects in topics/, by keyword: `example=Example(...)`,
    `limits=(Limit(...),)`.
    """

    build: Callable[..., Graph]
    label: Text | None = None
    notes: Notes = ()
    signature: Signature | None = None
    wishes: Mapping[str, Any] = {}

    def remarks(self, choices: Mapping[str, Any]) -> tuple[Text, ...]:
        """The teacher's remarks for these values of the options."""
        return self.notes(**choices) if callable(self.notes) else self.notes


@dataclass
class Problem:
    """One problem of the catalogue. `readings` are added by the decorator `@problem.reading(...)`.

    `group` is one of `GROUPS`, by which `derive list` prints the catalogue; a file of one's own needs none. `source` is
    the number of an exercise, or the place in a book, or empty. `graphs` are the names among which `--graph` has
    chosen, where a file holds several. Of a model in LaTeX, `typed` is the identifier of each name as it was typed, and
    `losses` are the names among which `--loss` has chosen. Errors: UsageError for another group.
    """

    title: Text
    statement: Text
    group: str = ""
    source: str = ""
    options: tuple[Option, ...] = ()
    sizes: tuple[Size, ...] = ()
    readings: list[Reading] = field(default_factory=list)
    graphs: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.group and self.group not in GROUPS:
            raise UsageError(f"unknown group {self.group!r} of a problem; choose one of {', '.join(GROUPS)}")

    def reading(
        self,
        label: Text | None = None,
        example: Example | None = None,
        notes: Notes = (),
        *,
        signature: Signature | None = None,
        **wishes: Any,
    ) -> Callable[[Callable[..., Graph]], Callable[..., Graph]]:
        """Register a function that builds a graph from the options. The `example` becomes one of the wishes.

        Errors: UsageError for a wish that no subject in topics/ listens to.
        """
        refuse_unknown(wishes)

        def register(build: Callable[..., Graph]) -> Callable[..., Graph]:
            asked = wishes if example is None else {"example": example, **wishes}
            self.readings.append(Reading(build, label, notes, signature, asked))
            return build

        return register

    def choices(self, given: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the value of every option, or its default. Errors: UsageError for a value that is not offered."""
        found = {}
        for option in self.options:
            value = given.get(option.name)
            value = option.choices[0] if value is None else value
            if value not in option.choices:
                raise UsageError(f"{option.flag} {value!r}: choose one of {', '.join(option.choices)}")
            found[option.name] = value
        return found
