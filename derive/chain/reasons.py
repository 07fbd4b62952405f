"""Why the chain rule has the terms it has: through whom a quantity reaches the loss.

The sentences name it by its symbol: the last quantity of a model may be a step, a reward or a score.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr

from derive.chain.derivation import Use
from derive.chain.partials import LINEAR, PRODUCT
from derive.language import Text

DIRECT = Text("{u} occurs in {loss} itself: differentiate {loss}", "{u} 直接出现在 {loss} 中：对 {loss} 求导")
CHAIN = Text("chain rule: {u} reaches {loss} only through {users}", "链式法则：{u} 只通过 {users} 影响 {loss}")
MULTIVARIABLE = Text(
    "multivariable chain rule: {u} reaches {loss} through {users}; the contributions add up",
    "多元链式法则：{u} 通过 {users} 影响 {loss}，各路贡献相加",
)
BESIDES = Text(
    "multivariable chain rule: {u} reaches {loss} through {users} and also occurs in {loss} itself; the "
    "contributions add up",
    "多元链式法则：{u} 通过 {users} 影响 {loss}，又直接出现在 {loss} 中，各路贡献相加",
)
SHARED = Text(
    "multivariable chain rule: {u} reaches {loss} through {users}; the contributions of all {idx} add up",
    "多元链式法则：{u} 通过 {users} 影响 {loss}，所有 {idx} 的贡献相加",
)
AND = Text("{before} and {last}", "{before} 与 {last}")


def telling(rules: Sequence[Text]) -> tuple[Text, ...]:
    """The rules worth naming: that a coefficient remains goes without saying beside any other."""
    return tuple(r for r in rules if r not in (LINEAR, PRODUCT)) or tuple(rules)


def reason(loss: Expr, u: Expr, uses: Sequence[Use], targets: Sequence[Expr]) -> Text:
    """Why the chain rule has the terms it has: through whom the quantity reaches the loss."""
    users = list(dict.fromkeys(t for t, use in zip(targets, uses, strict=True) if not use.direct))
    sums = [b[0] for use in uses for b in use.outer]
    if not users:
        return DIRECT(u=u, loss=loss)
    if any(use.direct for use in uses):
        return BESIDES(u=u, users=_all(users), loss=loss)
    if sums and len(users) == 1:
        return SHARED(u=u, users=users, loss=loss, idx=list(dict.fromkeys(sums)))
    return (MULTIVARIABLE if len(users) > 1 else CHAIN)(u=u, users=_all(users), loss=loss)


def _all(users: Sequence[Expr]) -> object:
    """One, or several as a sentence lists them."""
    return AND(before=list(users[:-1]), last=users[-1]) if len(users) > 1 else users[0]
