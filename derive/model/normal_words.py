"""Words for formulas about normal laws: `kl_normal(mu, nu)`, `entropy_normal(nu)`, `normal_logpdf(x, mu, nu)`.

Of numbers, or element by element, the second argument is a variance; `over=(i, j)` says that it is a covariance matrix,
and means are then families: `kl_normal(mu, S, over=(i, j))`. Sources: Kingma and Welling 2014, appendix B, and the
Matrix Cookbook, section 8.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Idx, IndexedBase, S, log, pi

from derive.errors import ModelError
from derive.model.author_sum import Sum
from derive.model.matrix_words import inverse, logdet
from derive.model.words import word

Over = tuple[Idx, Idx] | None


@word
def normal_logpdf(x: Any, mean: Any = 0, variance: Any = 1) -> Expr:
    """The logarithm of the normal density at x: -(x - mean)^2/(2 variance) - log(2 pi variance)/2."""
    return -((x - S(mean)) ** 2) / (2 * S(variance)) - (log(2 * pi) + log(S(variance))) / 2


@word
def entropy_normal(variance: Any, over: Over = None) -> Expr:
    """The entropy of a normal law: (1 + log(2 pi) + log variance)/2; D (1 + log(2 pi))/2 + log det S/2 for a matrix."""
    if over is None:
        return (1 + log(2 * pi) + log(S(variance))) / 2
    (matrix,), length = _families("entropy_normal", over, variance), _length(over)
    return length * (1 + log(2 * pi)) / 2 + logdet(matrix) / 2


@word
def kl_normal(mean: Any, variance: Any, other_mean: Any = 0, other_variance: Any = 1, over: Over = None) -> Expr:
    """The divergence KL(N(mean, variance) || N(other_mean, other_variance)), by default from a standard normal law.

    (nu/nu_0 + (mu - mu_0)^2/nu_0 - 1 + log nu_0 - log nu)/2; with matrices
    (tr(T^-1 S) + (mu - mu_0)^T T^-1 (mu - mu_0) - D + log det T - log det S)/2.
    """
    if over is not None:
        return _kl_of_matrices(mean, variance, other_mean, other_variance, over)
    nu, nu_0 = S(variance), S(other_variance)
    return (nu / nu_0 + (mean - S(other_mean)) ** 2 / nu_0 - 1 + log(nu_0) - log(nu)) / 2


def _kl_of_matrices(mean: Any, covariance: Any, other: Any, other_covariance: Any, over: tuple[Idx, Idx]) -> Expr:
    (i, j), (mu, matrix) = over, _families("kl_normal", over, mean, covariance)
    if other_covariance == 1:
        distance = Sum(_apart(mu, other, i) ** 2, i)
        return (Sum(matrix[i, i], i) + distance - _length(over) - logdet(matrix)) / 2
    (T,) = _families("kl_normal", over, other_covariance)
    distance = Sum(_apart(mu, other, i) * inverse(T)[i, j] * _apart(mu, other, j), i, j)
    spread = Sum(inverse(T)[i, j] * matrix[j, i], i, j)
    return (spread + distance - _length(over) + logdet(T) - logdet(matrix)) / 2


def _apart(mu: IndexedBase, other: Any, at: Idx) -> Expr:
    """The difference of two means, of which the second may be a number."""
    return mu[at] - (other[at] if isinstance(other, IndexedBase) else S(other))


def _length(over: tuple[Idx, Idx]) -> Expr:
    return over[0].upper - over[0].lower + 1


def _families(name: str, over: Any, *operands: Any) -> tuple[IndexedBase, ...]:
    pair = isinstance(over, tuple) and len(over) == 2 and all(isinstance(i, Idx) for i in over)
    if not pair or over[0] == over[1] or (over[0].lower, over[0].upper) != (over[1].lower, over[1].upper):
        raise ModelError(f"{name}: over={over} is not two indices of one range, the rows and columns of a covariance")
    for operand in operands:
        if not isinstance(operand, IndexedBase):
            raise ModelError(f"{name}: with over=, means and covariances are families without indices; found {operand}")
    return operands
