"""Training as a subject: gradient descent on a problem's data, with the derived gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from derive.chain.derived import Derived
from derive.errors import UsageError
from derive.topics.topic import Ask, Context, Flag, Topic
from derive.topics.worked.numbers_as_typed import number, whole

if TYPE_CHECKING:  # a subject that is not asked for loads nothing
    from derive.page.blocks import Block
    from derive.page.print.formulas import Formulas
    from derive.topics.training.training import Training, TrainingSet


MOST_TRAINING = 100_000  # steps


def train(
    solution: Derived,
    data: TrainingSet,
    sizes: Mapping[str, int] | None = None,
    steps: int | None = None,
    rate: float | None = None,
    seed: int = 0,
    check: bool = True,
) -> Training:
    """Gradient descent on data with the derived gradients; `losses` is the curve.

    Errors: UsageError; VerificationError where torch.autograd disagrees.
    """
    from derive.topics.training import training as descent

    if check:
        from derive.check.derived import checked

        checked(solution)
    return descent.train(solution.derivation, data, sizes, steps, rate, seed)


class TrainingTopic(Topic):
    """A problem says by `training=TrainingSet(...)` what `--train` trains on."""

    asks = {
        "training": None,
        "train": Flag("STEPS", "gradient descent on the problem's data, where it has any (mlp)", const=""),
        "seed": Flag("N", "seed of the start of a training (default 0)"),
    }
    offers = {"train": train}

    def refuse(self, ask: Ask) -> None:
        if ask.get("train") is None:
            if ask.get("seed") is not None:
                raise UsageError("--seed: it draws the start of a training; add --train")
            return
        for option in ("at", "jacobian", "hessian"):
            if ask.get(option) is not None:
                raise UsageError(f"--{option}: a sheet is either trained or worked; leave out --{option} or --train")

    def find(self, derived: Derived, ask: Ask) -> tuple[Training, ...]:
        text = ask.get("train")
        if text is None:
            return ()
        if ask.get("training") is None:
            raise UsageError("--train: no training data here")
        steps = None if text == "" else whole(text, "--train", MOST_TRAINING)
        seed = whole(ask.get("seed", "0"), "--seed", 2**31, least=0)
        rate = None if ask.get("lr") is None else float(number(ask.get("lr"), "--lr"))
        if rate is not None and rate <= 0:
            raise UsageError(f"--lr: a learning rate is greater than 0, found {ask.get('lr')!r}")
        sizes = {str(s): n for s, n in derived.sizes.items()}
        return (train(derived, ask.get("training"), sizes, steps, rate, seed, check=False),)

    def blocks(self, found: Sequence[Any], context: Context) -> Iterator[Block]:
        from derive.topics.training.page import training

        for each in found:
            yield from training(each, context.derived.derivation, context.plots)

    def data(self, found: Sequence[Any], context: Context, show: Formulas, lang: str) -> dict[str, list[Any]]:
        return {"training": [_data(each) for each in found]} if found else {}

    def can_plot(self, found: Sequence[Any]) -> bool:
        return bool(found)

    def view(self, thing: Any) -> Iterator[Block]:
        from derive.topics.training.page import LOSS, curve, how

        yield how(thing)
        yield curve(thing, LOSS)


def _data(run: Training) -> dict[str, Any]:
    """Return how it was trained, the loss after each step, and the parameters and values at the end."""
    ends = {"parameters": run.parameters, "values": run.values}
    arrays = {key: {n: a.tolist() for n, a in found.items()} for key, found in ends.items()}
    return {"rate": run.rate, "seed": run.seed, "sizes": dict(run.sizes), "losses": list(run.losses)} | arrays


TOPIC = TrainingTopic()
