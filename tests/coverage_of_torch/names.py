"""The names in torch's list of derivatives, and those among them that are no operation of deep learning, each with why.

The list is `torchgen/packaged/autograd/derivatives.yaml` of the torch that is installed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torchgen

LIST = Path(torchgen.__file__).parent / "packaged" / "autograd" / "derivatives.yaml"
ENTRY = re.compile(r"^- name:\s*([A-Za-z0-9_]+)", re.MULTILINE)

# What is left out: the reason, and patterns for whole names.
LEFT_OUT: Mapping[str, str] = {
    "the derivative of another operation, which is what derive derives": (
        r"\w*_backward\w*|\w*_grad|\w*backward_data|_fused_moving_avg_obs_fq_helper|unfold_backward|slice_inverse"
    ),
    "the same operation, in place": r"\w*[a-z0-9]_",
    "the same operation, by another library or for another device": (
        r"_?cudnn_\w*|_?mkldnn_\w*|_?miopen_\w*|_?mps_\w*|\w*_mps\w*|_nnpack\w*|_?foreach_\w*|_thnn_\w*|\w*_overrideable|"
        r"_?slow_conv\w*|_?conv_depthwise\w*|_scaled_dot_product_(cudnn|efficient|flash|fused)_attention\w*(?<!cpu)|"
        r"_(efficient|flash|cudnn)_attention_forward|_native_batch_norm_legit\w*|_batch_norm_\w*|"
        r"_grid_sampler_2d_cpu_fallback|_safe_softmax|_fused_dropout|_upsample\w*|_convolution|_weight_norm_interface|"
        r"_unsafe_\w*|unsafe_\w*|narrow_copy|_index_put_impl|lift\w*|rrelu_with_noise_functional|_index_put_impl_"
    ),
    "layouts of storage: sparse, nested, strides, copies": (
        r"\w*sparse\w*|_?nested\w*|_?indices|_?values|as_strided\w*|_coalesce|_to_\w*|\w*padded\w*|_reshape_\w*|"
        r"_mkldnn_reshape|_lazy_clone|_neg_view|_pin_memory|_pack_padded_sequence|_new_zeros\w*|_efficientzerotensor|"
        r"to_mkldnn|_test\w*|\w*_indices_copy|ccol_\w*|crow_\w*|col_indices|row_indices|view_as_\w*"
    ),
    "complex numbers": r"_?fft\w*|_conj\w*|conj\w*|complex|angle|polar|sgn|vdot",
    "scales of quantisation, which are found by observing": r"_?fake_quantize\w*",
    "random draws": (
        r"bernoulli|cauchy|exponential|geometric|log_normal|multinomial|normal|poisson|random|uniform|_standard_gamma|"
        r"fractional_max_pool\w*"
    ),
    "a result that is whole numbers, truth values or nothing: no derivative": (
        r"_is_a\w*|all|any|eq|ge|gt|le|lt|ne|isnan|nonzero|histc|hash_tensor|one_hot|count_nonzero|\w*unique\w*|"
        r"nextafter|frexp"
    ),
    "functions of mathematical physics": (
        r"special_(airy|bessel|chebyshev|hermite|laguerre|legendre|modified|scaled|shifted|spherical|zeta|i\d)\w*|i0|"
        r"igamma\w*"
    ),
    "matrix decompositions, and solving with a factor": (
        r"linalg_(eig|eigh|svd|qr|lu\w*|lstsq|householder\w*|pinv|matrix_exp|solve_triangular)|_linalg_(eigh|svd)|"
        r"geqrf|ormqr|lu_unpack|cholesky_inverse|cholesky_solve|triangular_solve"
    ),
}


def listed() -> tuple[str, ...]:
    """Every name in the list, once, in its order."""
    return tuple(dict.fromkeys(ENTRY.findall(LIST.read_text(encoding="utf-8"))))


def left_out() -> dict[str, str]:
    """The names that are no operation of deep learning, with the reason."""
    found = {}
    for name in listed():
        reason = next((r for r, pattern in LEFT_OUT.items() if re.fullmatch(pattern, name)), None)
        if reason is not None:
            found[name] = reason
    return found


def operations() -> tuple[str, ...]:
    """The names of the operations of deep learning."""
    out = left_out()
    return tuple(name for name in listed() if name not in out)
