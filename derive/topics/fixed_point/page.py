"""The section on a fixed point: both sides of z = f(z) are differentiated, and transposed for the adjoint.

dz = J dz + df, so (I - J) dz = df, and a change df of the right-hand side changes the loss by v^T (I - J)^-1 df:
the adjoint u with u^T = v^T (I - J)^-1 solves u = v + J^T u. (Implicit function theorem; for deep equilibrium models
see Bai, Kolter and Koltun, 2019. That a contraction has one fixed point, to which the iteration comes, is due to
Banach.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sympy import Abs, Expr, Function, Integer, Symbol

from derive.expressions.matrices import Eye, Named, Plus, Power, Scaled, Times, Transpose
from derive.expressions.norms import Norm
from derive.expressions.symbols import Immediate
from derive.language import Text
from derive.model.model import Node
from derive.page.blocks import Block, Equations, Heading, Paragraph, Row

LETTERS = ("JAM", "vgr", "uqs", "fFh")  # of the Jacobian, the outer derivative, the adjoint, the right-hand side
HEAD = Text("The fixed point {z}", "不动点 {z}")
SUPPOSED = Text(
    "{z} occurs on both sides of its equation, {z} = {f}. We assume that this equation has a solution, that {z} "
    "denotes this solution, and that {inverted} is invertible there; in {J} = {partial} everything except {z} is held "
    "fixed. If {f} is continuous and {norm} ≤ q < 1 for all {z}, there is exactly one solution, and the iteration of "
    "{f} converges to it from every start value (Banach's fixed point theorem).",
    "{z} 出现在其方程 {z} = {f} 的两边。假设该方程有解，{z} 就表示这个解，并且 {inverted} 在该处可逆，"
    "其中 {J} = {partial}，除 {z} 外的量都视为固定。若 {f} 连续，且对所有 {z} 都有 {norm} ≤ q < 1，则解唯一，"
    "且从任何初值出发迭代 {f} 都收敛到它（巴拿赫不动点定理）。",
)
ASSUMED = Text(
    "We assume that the equation of {z} has a solution, and that the Jacobian of the difference of its two sides with "
    "respect to {z} is invertible at this solution.",
    "假设 {z} 的方程有解，且方程两边之差对 {z} 的雅可比矩阵在该解处可逆。",
)
SUPPOSED_OF_NUMBER = Text(
    "{z} occurs on both sides of its equation, {z} = {f}. We assume that this equation has a solution, that {z} "
    "denotes this solution, and that {slope} is not 1 there; in {slope} everything except {z} is held fixed. If {f} is "
    "continuous and {size} ≤ q < 1 for all {z}, there is exactly one solution, and the iteration of {f} converges to "
    "it from every start value (Banach's fixed point theorem).",
    "{z} 出现在其方程 {z} = {f} 的两边。假设该方程有解，{z} 就表示这个解，并且在该处 {slope} 不等于 1，"
    "其中 {slope} 把除 {z} 外的量都视为固定。若 {f} 连续，且对所有 {z} 都有 {size} ≤ q < 1，则解唯一，"
    "且从任何初值出发迭代 {f} 都收敛到它（巴拿赫不动点定理）。",
)
ASSUMED_OF_NUMBER = Text(
    "We assume that the equation of {z} has a solution, and that the derivative of the difference of its two sides "
    "with respect to {z} is not 0 at this solution.",
    "假设 {z} 的方程有解，且方程两边之差对 {z} 的导数在该解处不等于 0。",
)
BOTH_SIDES = Text(
    "Differentiate both sides. Here {change} is the change of {f} caused by all other quantities:",
    "对方程两边求微分，其中 {change} 是 {f} 由其他各量引起的改变：",
)
ADJOINT = Text(
    "Let {v} be the derivative of {loss} with respect to {z}, counting only the occurrences of {z} outside its own "
    "equation. Then {loss} changes by {product}. So the adjoint {u} of {z} is the solution of a linear equation; the "
    "iteration is not differentiated:",
    "设 {v} 是 {loss} 对 {z} 的导数，只计 {z} 在其自身方程之外的出现。于是 {loss} 的改变为 {product}，"
    "因此 {z} 的伴随量 {u} 是一个线性方程的解，无需对迭代的各步求导：",
)
ADJOINT_OF_NUMBER = Text(
    "Let {v} be the derivative of {loss} with respect to {z}, counting only the occurrences of {z} outside its own "
    "equation. Then {loss} changes by {product}. So the adjoint {u} of {z} solves a linear equation; the iteration is "
    "not differentiated:",
    "设 {v} 是 {loss} 对 {z} 的导数，只计 {z} 在其自身方程之外的出现。于是 {loss} 的改变为 {product}，"
    "因此 {z} 的伴随量 {u} 是一个线性方程的解，无需对迭代的各步求导：",
)
SO = Text("The chain rule gives the same equation below, element by element.", "下文由链式法则逐元素得到同一个方程。")
SO_OF_NUMBER = Text("The chain rule gives the same equation below.", "下文由链式法则得到同一个方程。")
CHECKED = Text(
    "For the fixed point {names}, autograd differentiated the iteration itself, repeated until nothing changed, and "
    "not the equation of the adjoint. Points at which the iteration does not converge were left out.",
    "对不动点 {names}，autograd 直接对反复迭代至不再变化的过程求导，没有用到伴随量的方程；迭代不收敛的点不参与比较。",
)


def section(node: Node, loss: Expr, taken: Collection[str]) -> Iterator[Block]:
    """What is supposed of one fixed point, and the linear equation of its adjoint; `taken` are the model's letters."""
    letters = [next(x for x in choice if x not in taken) for choice in LETTERS]
    yield from _of_matrix(node, loss, letters) if node.indices else _of_number(node, loss, letters[1:])


def _of_number(node: Node, loss: Expr, letters: Sequence[str]) -> Iterator[Block]:
    z, (v, u) = node.symbol, map(Symbol, letters[:2])
    f, dz, change = Function(letters[2])(z), Symbol(f"d{node.name}"), Symbol(f"d{letters[2]}")
    slope = Immediate(f, z)
    yield Heading(HEAD(z=z))
    yield Paragraph(SUPPOSED_OF_NUMBER(z=z, f=f, slope=slope, size=Abs(slope)))
    yield Paragraph(BOTH_SIDES(f=f, change=change))
    yield Equations((Row(dz, slope * dz + change), Row(dz, change / (1 - slope), gap=True)))
    yield Paragraph(ADJOINT_OF_NUMBER(v=v, u=u, z=z, loss=loss, product=v * change / (1 - slope)))
    yield Equations((Row(u, v + slope * u), Row(u, v / (1 - slope), gap=True)), boxed=True)
    yield Paragraph(SO_OF_NUMBER)


def _of_matrix(node: Node, loss: Expr, letters: Sequence[str]) -> Iterator[Block]:
    n, one = Symbol("n", integer=True, positive=True), Integer(1)
    z, v, u = (Named(Symbol(name), n) for name in (node.name, *letters[1:3]))
    J, dz = Named(Symbol(letters[0]), n, n), Named(Symbol(f"d{node.name}"), n)
    f, change = Named(Function(letters[3])(Symbol(node.name)), n), Named(Symbol(f"d{letters[3]}"), n)
    solved = Plus(Eye(n), Scaled(-one, J))
    partial = Immediate(f.args[0], z.args[0])
    yield Heading(HEAD(z=z))
    yield Paragraph(SUPPOSED(z=z, f=f, J=J, inverted=solved, norm=Norm(J, "2"), partial=partial))
    yield Paragraph(BOTH_SIDES(f=f, change=change))
    yield Equations((Row(dz, Plus(Times(J, dz), change)), Row(dz, Times(Power(solved, -one), change), gap=True)))
    product = Times(Transpose(v), Power(solved, -one), change)
    yield Paragraph(ADJOINT(v=v, u=u, z=z, loss=loss, product=product))
    yield Equations((Row(u, Plus(v, Times(Transpose(J), u))),), boxed=True)
    yield Paragraph(SO)
