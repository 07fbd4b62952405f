"""The parts of a generated module that are the same for every model."""

HELPERS = '''def _named(inputs, required, optional):
    """The inputs by name. Errors: ValueError for one that is missing, or that nothing uses."""
    missing = [name for name in dict.fromkeys(required) if inputs.get(name) is None]
    if missing:
        raise ValueError(f"missing: {', '.join(missing)}; the inputs are {', '.join(required)}")
    unknown = [name for name in inputs if name not in (*required, *optional)]
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; the inputs are {', '.join((*required, *optional))}")
    return {name: value for name, value in inputs.items() if value is not None}


def _expect(given, name, shape):
    """Errors: ValueError where an array has another shape."""
    found = tuple(given[name].shape)
    if found != shape:
        raise ValueError(f"{name}: expected the shape ({', '.join(SHAPES[name])}) = {shape}, found {found}")


def _expect_size(name, value):
    """Errors: ValueError for a size that is no whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"the size {name} must be a whole number from 1, found {value!r}")


def _expect_axes(given):
    """Errors: ValueError where an array has another number of axes."""
    for name, array in given.items():
        if name in SHAPES and array.ndim != len(SHAPES[name]):
            shape = tuple(array.shape)
            raise ValueError(f"{name}: expected {len(SHAPES[name])} axes ({', '.join(SHAPES[name])}), found {shape}")
'''

_CHECK = '''def _checked(inputs, required=()):
    """The inputs as arrays of one floating type, their shapes checked. Errors: ValueError, one line."""
    given = _named(inputs, (*{names}, *SIZES, *required), {optional})
'''
_NUMPY = (
    _CHECK
    + """    for name in (n for n in given if n in SHAPES):
        given[name] = np.asarray(given[name])
        if given[name].dtype.kind not in "fiub":
            raise ValueError(f"{{name}}: expected an array of numbers, found {{given[name].dtype}}")
    floats = [a.dtype for n, a in given.items() if n in SHAPES and a.dtype.kind == "f"]
    dtype = np.result_type(*floats) if floats else np.dtype(float)
    given = {{name: a.astype(dtype, copy=False) if name in SHAPES else a for name, a in given.items()}}
    _expect_axes(given)"""
)
_TORCH = (
    _CHECK
    + """    for name in (n for n in given if n in SHAPES):
        try:
            given[name] = torch.as_tensor(given[name])
        except (TypeError, ValueError, RuntimeError):
            raise ValueError(f"{{name}}: expected an array of numbers, found {{type(given[name]).__name__}}") from None
    floats = [a.dtype for n, a in given.items() if n in SHAPES and a.is_floating_point()]
    dtype = functools.reduce(torch.promote_types, floats) if floats else torch.float64
    given = {{name: a.to(dtype) if name in SHAPES else a for name, a in given.items()}}
    _expect_axes(given)"""
)
CHECKS = {"numpy": _NUMPY, "torch": _TORCH}

FORWARD = '''def forward(**inputs):
    """Every node by name. Errors: ValueError for a missing input or a wrong shape."""
    return _forward(_checked(inputs))


def _forward(given):
{body}'''

BACKWARD = '''def backward(**inputs):
    """The gradient of the loss with respect to every parameter, by name. Errors: ValueError, as forward."""
    given = _checked(inputs{required})
    return _backward(given, _forward(given))


def _backward(given, values):
{body}'''

FUNCTION = '''INPUTS = {inputs}
SAVED = {saved}  # what the backward pass reads of the forward pass


class Loss(torch.autograd.Function):
    """The loss as one operation for autograd: `Loss.apply(*inputs)` in the order of INPUTS, then SIZES."""

    @staticmethod
    def forward(ctx, *inputs):
        given = dict(zip((*INPUTS, *SIZES), inputs, strict=True))
        values = _forward(given)
        ctx.sizes = inputs[len(INPUTS) :]
        ctx.save_for_backward(*inputs[: len(INPUTS)], *(values[name] for name in SAVED))
        return values[{loss}]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upstream):
        arrays = ctx.saved_tensors
        given = dict(zip((*INPUTS, *SIZES), (*arrays[: len(INPUTS)], *ctx.sizes), strict=True))
        values = dict(zip(SAVED, arrays[len(INPUTS) :], strict=True))
        gradients = _backward(given, values)
        return tuple(upstream * gradients[n] if n in gradients else None for n in (*INPUTS, *SIZES))


def loss(**inputs):
    """The loss, differentiable by autograd through the derived gradients. Errors: ValueError, as forward."""
    given = _checked(inputs, INPUTS)
    return Loss.apply(*(given[name] for name in (*INPUTS, *SIZES)))'''
