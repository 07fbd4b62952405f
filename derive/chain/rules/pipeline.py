"""From the raw product of a chain rule to the form that a textbook prints, as lines that a student can follow.

The rules come in the order in which one works on paper, each making the ground for the next:

1. `cancel` first, under the sums as they stand: a factor that is gone need not be pulled out, counted or named.
   `narrow` next: what stands in the bracket of a condition is a factor for the others once the range says it.
2. `kill_delta` and `solve_stride` before all that looks at sums: they end them, and open the brackets with deltas.
   `beside_delta` after them: a delta that ended a sum is gone.
3. `count` before `pull`, which would leave a sum of ones behind.
4. `part_sums` before `pull`, which takes out what depends on none of several indices; `pull` before `use_facts`: a
   fact is about the bare sum, without the constants that stand under it.
5. `use_facts` before `combine`: a sum that has a value no longer keeps the brackets from being multiplied out.
   `name_definitions` before `combine` too, for a definition is found among the factors of a product.
6. `collect` before it: sums that are equal in other letters are one term; and `opposite`, which opens no bracket.
7. `combine`, kept only where it ends shorter than it began, for it undoes products.
8. `share` after it: the bracket that it makes would be multiplied out again.
9. `order` last, since every other rule leaves factors where they stood.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.chain.derivation import Line
from derive.chain.rules.beside_delta import beside_delta
from derive.chain.rules.by_blocks import by_blocks
from derive.chain.rules.cancel import cancel
from derive.chain.rules.collect import collect
from derive.chain.rules.combine import combine
from derive.chain.rules.count import count
from derive.chain.rules.gather import gather, multiply_out_powers
from derive.chain.rules.kill_delta import kill_delta
from derive.chain.rules.name_definitions import name_definitions
from derive.chain.rules.narrow import narrow
from derive.chain.rules.opposite import opposite
from derive.chain.rules.order import order
from derive.chain.rules.part_sums import part_sums
from derive.chain.rules.pull import pull
from derive.chain.rules.rule import Rule, Terms, follow
from derive.chain.rules.share import share
from derive.chain.rules.solve_stride import solve_stride
from derive.chain.rules.take_sign import take_sign
from derive.chain.rules.turn_sigmoid import turn_sigmoid
from derive.chain.rules.use_facts import use_facts
from derive.chain.rules.use_symmetry import use_symmetry
from derive.chain.rules.use_triangle import use_triangle
from derive.chain.sums import Facts

RULES: tuple[Rule, ...] = (
    cancel,  # sum_k u_k v_k / u_k             =>  sum_k v_k
    narrow,  # sum_k [u_k if k <= i, else 0]   =>  sum_{k<=i} u_k
    by_blocks,  # sum_i u_i, i = (b - 1) n + p  =>  sum_b sum_p u_{(b - 1) n + p}
    kill_delta,  # sum_k delta_ik u_k          =>  u_i
    solve_stride,  # sum_k delta_{2k,i} u_k   =>  u_{i/2} for even i
    beside_delta,  # delta_ik u_i / u_k        =>  delta_ik
    use_triangle,  # sum_{k>=i} L_ik u_k         =>  L_ii u_i
    use_symmetry,  # S_ki                      =>  S_ik
    count,  # sum_k a                          =>  n a
    part_sums,  # sum_i sum_k u_i v_k          =>  sum_i u_i sum_k v_k
    pull,  # sum_k a u_k                       =>  a sum_k u_k
    use_facts,  # sum_k y_k                    =>  1
    collect,  # sum_k u_k + sum_j u_j          =>  2 sum_k u_k
    name_definitions,  # (x_i - m)/s           =>  x_hat_i
    opposite,  # c (a - b) + c (b - a)         =>  0
    combine,  # a (1 - b) + a b                =>  a
    turn_sigmoid,  # a (1 - sigmoid(b))        =>  a sigmoid(-b)
    share,  # a u_i - a sum_k v_k              =>  a (u_i - sum_k v_k)
    name_definitions,  # 1/m (a + b)             =>  1, where m = a + b
    order,  # u_i 2 u_i                        =>  2 u_i^2
)
CLOSED_FORM_RULES: tuple[Rule, ...] = (pull, order)  # sympy must not expand the sums and products of a closed form
VALUE_RULES: tuple[Rule, ...] = (pull, use_facts, gather, multiply_out_powers, take_sign)
"""What cancels is not multiplied out."""


def develop(terms: Terms, facts: Facts) -> Iterator[Line]:
    """The lines after the raw product `terms`, ending in the final form; `facts` may be used, each by its name.

    >>> show(develop, Term((a, u[k], KroneckerDelta(i, k) - b), over(k)))
    sum over k: a * u[k] * (-b + KroneckerDelta(i, k))
    = a * u[i] + sum over k: -a * u[k] * b    (KroneckerDelta(i, k) keeps only the term with k = i)
    = a * u[i] + -a*b * Sum(u[k], (k, 1, n))    (move factors that do not depend on k out of the sum)
    = a * (-b*Sum(u[k], (k, 1, n)) + u[i])    (take out the common factor)
    """
    yield from follow(RULES, terms, facts)


def develop_closed_form(terms: Terms) -> Iterator[Line]:
    """The lines after a closed form was inserted: its constants in front, its factors in order, nothing expanded.

    >>> show(lambda terms, facts: develop_closed_form(terms), Term((u[k], a, a), over(k)))
    sum over k: u[k] * a * a
    = a**2 * Sum(u[k], (k, 1, n))    (move factors that do not depend on k out of the sum)
    """
    yield from follow(CLOSED_FORM_RULES, terms)


def develop_value(terms: Terms, facts: Facts = ()) -> Iterator[Line]:
    """The lines after a closed form was inserted into a definition: its powers gathered, what cancels cancelled.

    >>> show(lambda terms, facts: develop_value(terms), Term((a, (a**i - 1) / a)))
    a * (a**i - 1)/a
    = a**i - 1    (cancel a)
    """
    yield from follow(VALUE_RULES, terms, facts)
