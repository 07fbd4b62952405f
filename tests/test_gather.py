"""Elements along grids of index values: what is read as a part of an array is what picking them one by one gives."""

import pytest
import torch

from derive.check.torch_backend import TorchBackend, _part

ARRAY = torch.arange(4 * 5 * 3, dtype=torch.float64).reshape(4, 5, 3)  # two axes and three points


def grid(first, last, shape):
    return TorchBackend().integers(first, last, shape)


CASES = {
    "in order": (grid(0, 3, (-1, 1)), grid(1, 4, (1, -1))),
    "transposed": (grid(0, 3, (1, -1)), grid(1, 4, (-1, 1))),
    "with a sum between": (grid(1, 2, (-1, 1, 1)), grid(0, 4, (1, 1, -1))),
    "one place": (2, grid(0, 4, (-1, 1))),
    "a grid of one": (grid(3, 3, (-1, 1)), grid(0, 4, (1, -1))),
    "two grids of one": (grid(3, 3, (-1, 1)), grid(2, 2, (1, -1))),
}


@pytest.mark.parametrize("name", CASES)
def test_a_part_is_what_is_picked(name):
    """The same numbers in the same shape, without a copy."""
    positions = CASES[name]
    found = _part(ARRAY, positions)
    whole = tuple(p if isinstance(p, torch.Tensor) else torch.tensor(p) for p in positions)
    assert torch.equal(found, ARRAY[whole])
    assert found.untyped_storage().data_ptr() == ARRAY.untyped_storage().data_ptr()


def test_what_is_no_part():
    """A diagonal, a run that leaves the array, one without places and a grid that was calculated are picked."""
    along = grid(0, 3, (-1,))
    for positions in (
        (along, along),
        (grid(1, 4, (-1, 1)), grid(0, 4, (1, -1))),
        (grid(-1, 2, (-1, 1)), grid(0, 4, (1, -1))),
        (grid(2, 1, (-1, 1)), grid(0, 4, (1, -1))),
        (2 * grid(0, 1, (-1, 1)), grid(0, 4, (1, -1))),
    ):
        assert _part(ARRAY, positions) is None
    clamped = TorchBackend().gather(ARRAY, (grid(1, 4, (-1, 1)), grid(0, 4, (1, -1))))
    assert torch.equal(clamped, ARRAY[[1, 2, 3, 3]])
    assert TorchBackend().gather(ARRAY, (grid(2, 1, (-1, 1)), grid(0, 4, (1, -1)))).shape == (0, 5, 3)
