"""The same numbers in another layout: sparse, nested or with strides; the models are of the numbers alone."""

from __future__ import annotations

from typing import Any

import torch
from torch.nested._internal.nested_tensor import _nt_view_dummy

from coverage_of_torch.rows import matrices, shapes
from coverage_of_torch.rows.call import Case, Made, new
from coverage_of_torch.table import Array
from derive import KroneckerDelta, Sum

KNOWN = {row.name: row for row in (*matrices.ROWS, *shapes.ROWS)}
STORED = "for the numbers that are stored, whatever the layout"
SAME = new("x:N u:N", lambda v: Sum(v.u[v.n] * v.x[v.n], v.n))
TABLE = new("x:N,D u:N,D", lambda v: Sum(v.u[v.n, v.d] * v.x[v.n, v.d], v.n, v.d))
DENSE = {"dtype": torch.float64, "device": lambda t: "cpu", "pin_memory": False}
LENGTHS = (2, 3)
PADDED = new(  # two sequences, of two and of three rows, side by side
    "x:2,3,D u:5,D",
    lambda v: Sum(
        v.u[1, v.d] * v.x[1, 1, v.d]
        + v.u[2, v.d] * v.x[1, 2, v.d]
        + sum(v.u[3 + k, v.d] * v.x[2, 1 + k, v.d] for k in range(3)),
        v.d,
    ),
)


def _numbers(value: Any, argument: str, t: Any) -> dict[str, Array]:
    """The numbers that an array of another layout stores."""
    return {"x": value.values() if value.is_nested else value}


def _stored(model: Any, slope: Any = None, read: Any = None, valued: bool = True, **arguments: Any) -> Case:
    return Case(model, arguments, slope, read, STORED, valued)


def _offsets(t: Any = None) -> Array:
    return torch.tensor([0, LENGTHS[0], sum(LENGTHS)])


def _nested(rows: Array) -> Any:
    """Rows one below the other as a nested array of two."""
    return torch.ops.aten._nested_tensor_from_tensor_list(list(rows.split(LENGTHS)))


def _jagged(rows: Array) -> Any:
    return torch.ops.aten._nested_view_from_jagged(rows, _offsets(), _nt_view_dummy())


def _mask(t: Any) -> Array:
    return torch.arange(3) < torch.tensor(LENGTHS)[:, None]


def _buffer(field: str) -> Any:
    """How the numbers of two sequences lie in one buffer."""
    return lambda t: getattr(_nested(t.x.reshape(5, t.D)), f"_nested_tensor_{field}")()


def _pair_of_lists(value: Any, argument: str, t: Any) -> dict[str, Array]:
    return {"x": torch.cat(list(value))}


FIVE = new("x:5,D u:5,D", lambda v: (lambda k: Sum(v.u[k, v.d] * v.x[k, v.d], k, v.d))(v.over("k", 5)))
CALLS: dict[str, Case] = {
    "_lazy_clone": _stored(SAME, self="x"),
    "_neg_view": _stored(new("x:N u:N", lambda v: -Sum(v.u[v.n] * v.x[v.n], v.n)), self="x"),
    "_reshape_alias": _stored(KNOWN["view"], self="x", size=lambda t: [t.N * t.D], stride=[1]),
    "_reshape_copy": _stored(KNOWN["view"], self="x", size=lambda t: [t.N * t.D]),
    "_mkldnn_reshape": _stored(
        TABLE,
        lambda t, y: t.u.flatten(),
        valued=False,
        self=Made("x", lambda t: t.x.float().to_mkldnn()),
        shape=lambda t: [t.N * t.D],
    ),
    "_test_autograd_multiple_dispatch_view": _stored(KNOWN["view"], self="x"),
    "as_strided_scatter": _stored(
        new(
            "x:N,N y:N u:N,N",
            lambda v: (
                Sum(v.u[v.n, v.n2] * v.x[v.n, v.n2] * (1 - KroneckerDelta(v.n, v.n2)), v.n, v.n2)
                + Sum(v.u[v.n, v.n] * v.y[v.n], v.n)
            ),
        ),
        self="x",
        src="y",
        size=lambda t: [t.N],
        stride=lambda t: [t.N + 1],
        storage_offset=0,
    ),
    "_sparse_addmm": _stored(KNOWN["addmm"], self="z", mat1=lambda t: t.A.to_sparse(), mat2="B", beta=2, alpha=3),
    "_coalesce": _stored(
        new("x:N u:N", lambda v: Sum(v.u[v.n] * v.x[v.n], v.n)),
        self=Made("x", lambda t: torch.sparse_coo_tensor(torch.arange(t.N)[None], t.x, (t.N,))),
    ),
    "_sparse_coo_tensor_with_dims_and_tensors": _stored(
        new("x:N u:2*N", lambda v: Sum(v.u[2 * v.n] * v.x[v.n], v.n)),
        sparse_dim=1,
        dense_dim=0,
        size=lambda t: [2 * t.N],
        indices=lambda t: 2 * torch.arange(t.N)[None] + 1,
        values="x",
        layout=torch.sparse_coo,
        is_coalesced=True,
        **DENSE,
    ),
    "sparse_compressed_tensor.comp_plain_value_size": _stored(
        new("x:N p:N@among_D u:N,D", lambda v: Sum(v.u[v.n, v.p[v.n]] * v.x[v.n], v.n)),  # one number in each row
        compressed_indices=lambda t: torch.arange(t.N + 1),
        plain_indices="p",
        values="x",
        size=lambda t: [t.N, t.D],
        layout=torch.sparse_csr,
        **DENSE,
    ),
    "_nested_tensor_from_tensor_list": _stored(
        FIVE, lambda t, y: _nested(t.u), _pair_of_lists, list=Made("x", lambda t: list(t.x.split(LENGTHS)))
    ),
    "_nested_view_from_buffer": _stored(
        FIVE,
        lambda t, y: _nested(t.u),
        self=Made("x", lambda t: t.x.flatten()),
        nested_size=_buffer("size"),
        nested_strides=_buffer("strides"),
        offsets=_buffer("storage_offsets"),
    ),
    "_nested_view_from_jagged": _stored(
        FIVE, lambda t, y: _jagged(t.u), self="x", offsets=_offsets, dummy=lambda t: _nt_view_dummy()
    ),
    "_nested_get_values": _stored(FIVE, read=_numbers, self=Made("x", lambda t: _jagged(t.x))),
    "_nested_tensor_from_mask": _stored(PADDED, lambda t, y: _nested(t.u), t="x", mask=_mask),
    "_nested_from_padded_tensor": _stored(
        PADDED,
        lambda t, y: _jagged(t.u),
        padded="x",
        offsets=_offsets,
        dummy=lambda t: _nt_view_dummy(),
        ragged_idx=1,
        sum_S=5,
    ),
    "to_padded_tensor": _stored(
        new(
            "x:5,D u:2,3,D",
            lambda v: Sum(
                v.u[1, 1, v.d] * v.x[1, v.d]
                + v.u[1, 2, v.d] * v.x[2, v.d]
                + sum(v.u[2, 1 + k, v.d] * v.x[3 + k, v.d] for k in range(3)),
                v.d,
            ),
        ),
        read=_numbers,
        self=Made("x", lambda t: _nested(t.x)),
        padding=0.0,
    ),
}
