"""How the work grows with the size of a model, counted in calls: time has noise, calls have none."""

import sys

import pytest
from large_models import layers, letters, weights
from sympy.core.cache import clear_cache

from derive.memo import forget


def calls(build, count):
    """The calls of Python functions that it takes to build a model of that size and to derive all its steps."""
    forget()
    clear_cache()
    found = 0

    def note(frame, event, of):
        nonlocal found
        found += event == "call"

    sys.setprofile(note)
    try:
        assert len(build(count).derive().steps) >= count - 1
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize(
    ("build", "small", "most"),
    # Four times the size: n log n makes of 40 and 160 a factor of 4 log(160)/log(40) = 5.5. Each of n gradients of a
    # sum over n letters has n factors: that is n^2 log n of what is written.
    [(layers, 15, 5.5), (weights, 40, 5.5), (letters, 3, 36.0)],
    ids=["layers", "weights", "letters under a sum"],
)
def test_four_times_the_size(build, small, most):
    calls(build, 2)  # loads what is loaded once
    assert calls(build, 4 * small) <= most * calls(build, small)
