"""The parts of a generated module that are the same for every model."""

HELPERS = '''def _named(inputs, shapes, required, optional):
    """The inputs by name. Errors: ValueError for one that is missing, or that nothing uses."""
    missing = [name for name in dict.fromkeys(required) if inputs.get(name) is None]
    if missing:
        sizes = "".join(f"; {n} is a size that no shape tells: give it as a number" for n in missing if n not in shapes)
        raise ValueError(f"missing: {', '.join(missing)}; the inputs are {', '.join(required)}{sizes}")
    unknown = [name for name in inputs if name not in (*required, *optional)]
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}; the inputs are {', '.join((*required, *optional))}")
    return {name: value for name, value in inputs.items() if value is not None}


def _expect(given, shapes, name, shape):
    """Errors: ValueError where an array has another shape."""
    found = tuple(given[name].shape)
    if found != shape:
        raise ValueError(f"{name}: expected the shape ({', '.join(shapes[name])}) = {shape}, found {found}")


def _expect_size(name, value):
    """Errors: ValueError for a size that is no whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"the size {name} must be a whole number from 1, found {value!r}")


def _expect_axes(given, shapes):
    """Errors: ValueError where an array has another number of axes."""
    for name, array in given.items():
        if name in shapes and array.ndim != len(shapes[name]):
            shape = tuple(array.shape)
            raise ValueError(f"{name}: expected {len(shapes[name])} axes ({', '.join(shapes[name])}), found {shape}")
'''

POSITIONS = '''def _expect_positions(given, name, size):
    """Errors: ValueError for what is no position in an axis of that size: a whole number from 0 on."""
    array = given[name]
    if not bool(((array >= 0) & (array < size) & (array == array.round())).all()):
        raise ValueError(f"{name}: expected whole numbers from 0 to {size - 1}, which count as arrays do")
'''

STILL = '''MOST_STEPS = 10_000  # of an iteration for a fixed point


def _still(new, before):
    """True if nothing moved by more than rounding does."""
    return all(bool((abs(a - b) <= 8 * {}.finfo(a.dtype).eps * (1 + abs(a))).all()) for a, b in zip(new, before))
'''

MATRICES = {  # what not every matrix has, by the call
    "_inverse(": '''def _inverse(matrix, name):
    """The inverse. Errors: ValueError for a singular matrix."""
    try:
        return {0}.linalg.inv(matrix)
    except {0}.linalg.LinAlgError:
        raise ValueError(
            f"{{name}} is singular and has no inverse, which the values or the gradients need; "
            "give other numbers, or add a multiple of the identity to it"
        ) from None
''',
    "_cholesky(": '''def _cholesky(matrix, name):
    """The Cholesky factor. Errors: ValueError for a matrix that is not positive definite."""
    try:
        return {0}.linalg.cholesky(matrix)
    except {0}.linalg.LinAlgError:
        raise ValueError(
            f"{{name}} is not positive definite and has no Cholesky factor; "
            "give other numbers, or add a multiple of the identity to it"
        ) from None
''',
}

ARRAYS = {
    "numpy": '''def _arrays(inputs, shapes, required, optional):
    """The inputs as arrays of one floating type, that of the arrays among them. Errors: ValueError, one line."""
    given = _named(inputs, shapes, required, optional)
    types = []
    for name in (n for n in given if n in shapes):
        number = isinstance(given[name], (int, float))
        given[name] = np.asarray(given[name])
        if given[name].dtype.kind not in "fiub":
            raise ValueError(f"{name}: expected an array of numbers, found {given[name].dtype}")
        if given[name].dtype.kind == "f" and not number:
            types.append(given[name].dtype)
    dtype = np.result_type(*types) if types else np.dtype(float)
    given = {name: a.astype(dtype, copy=False) if name in shapes else a for name, a in given.items()}
    _expect_axes(given, shapes)
    return given
''',
    "torch": '''def _arrays(inputs, shapes, required, optional):
    """The inputs as tensors of one floating type, that of the arrays among them. Errors: ValueError, one line."""
    given = _named(inputs, shapes, required, optional)
    types = []
    for name in (n for n in given if n in shapes):
        number = isinstance(given[name], (int, float))
        try:
            given[name] = torch.as_tensor(given[name], dtype=torch.float64 if number else None)
        except (TypeError, ValueError, RuntimeError):
            raise ValueError(f"{name}: expected an array of numbers, found {type(given[name]).__name__}") from None
        if given[name].is_floating_point() and not number:
            types.append(given[name].dtype)
    dtype = functools.reduce(torch.promote_types, types) if types else torch.float64
    given = {name: a.to(dtype) if name in shapes else a for name, a in given.items()}
    _expect_axes(given, shapes)
    return given
''',
}
CHECK = '''def _checked{suffix}(inputs, required=()):
    """The inputs as arrays, their shapes checked. Errors: ValueError, one line."""
    given = _arrays(inputs, {shapes}, (*{names}, *required), {optional})'''

FORWARD = '''def forward(**inputs):
    """Every node by name. Errors: ValueError for a missing input or a wrong shape."""
    return _forward(_checked(inputs))
'''
PASS_FORWARD = """def _forward{suffix}(given):
{body}"""

BACKWARD = '''def backward(**inputs):
    """The gradients of the loss with respect to {wanted}, by name. Errors: ValueError, as forward."""
    given = _checked(inputs{required})
    return _backward(given, _forward(given))
'''
PASS_BACKWARD = """def _backward{suffix}(given, values):
{body}"""

FUNCTION = '''INPUTS = {inputs}
SAVED = {saved}  # what the backward pass reads


class Loss(torch.autograd.Function):
    """The loss as one operation for autograd: `Loss.apply(*inputs)` in the order of INPUTS, then SIZES."""

    @staticmethod
    def forward(ctx, *inputs):
        given = dict(zip((*INPUTS, *SIZES), inputs, strict=True))
        values = _forward(given)
        arrays = {{**given, **values}}
        ctx.sizes = inputs[len(INPUTS) :]
        ctx.save_for_backward(*(arrays[name] for name in SAVED))
        return values[{loss}]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upstream):
        arrays = dict(zip((*SAVED, *SIZES), (*ctx.saved_tensors, *ctx.sizes), strict=True))
        gradients = _backward(arrays, arrays)
        return tuple(upstream * gradients[n] if n in gradients else None for n in (*INPUTS, *SIZES))


def loss(**inputs):
    """The loss, differentiable by autograd through the derived gradients. Errors: ValueError, as forward."""
    given = _checked(inputs, INPUTS)
    return Loss.apply(*(given[name] for name in (*INPUTS, *SIZES)))'''

LAYER = '''class {title}(torch.autograd.Function):
    """{what} for autograd: `{title}.apply(*inputs)` in the order of INPUTS."""

    INPUTS = {inputs}
    SAVED = {saved}  # what the backward pass reads
    RETURNED = {returned}

    @staticmethod
    def forward(ctx, *inputs):
        given = dict(zip({title}.INPUTS, inputs, strict=True))
        values = _forward{suffix}(given)
        arrays = {{**given, **values}}
        ctx.save_for_backward(*(arrays[name] for name in {title}.SAVED))
        returned = tuple(values[name] for name in {title}.RETURNED)
        ctx.mark_non_differentiable(*returned[1:])
        return returned

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upstream, *_):
        arrays = dict(zip({title}.SAVED, ctx.saved_tensors, strict=True))
        gradients = _backward{suffix}({{**arrays, {cotangent}: upstream}}, arrays)
        return tuple(gradients.get(name) for name in {title}.INPUTS)
'''
PULLBACK = """    values = _forward{suffix}(given){updates}

    def pullback(upstream):
        return _backward{suffix}(_checked{suffix}({{**given, {cotangent}: upstream}}), values)

    return values[{result}], pullback"""
