"""A torch module read as layers: it runs once on the meta device, and hooks note each module that is called.

What a module computes is taken from its own settings and the shape of its input, by the same formulas as for layers
that are typed; its true output, its parameters and torch's count of operations are compared with that. What is not
known is listed, and not guessed: modules of other kinds, parameters outside of known modules, functions between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from warnings import catch_warnings

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from derive.errors import UsageError, VerificationError
from derive.language import Text
from derive.layers import field as seen
from derive.layers.check.compare import Checked
from derive.layers.check.described import FEATURES_LAST, NO_KIND, NotKnown, activation, called, described, pooled
from derive.layers.check.torch_layers import slowly
from derive.layers.layer import ZERO, Layer
from derive.layers.network import Field, explained, merged, onward
from derive.layers.row import Row
from derive.layers.shape import Shape

KIND = Text("{name} ({kind}): {why}", "{name}（{kind}）：{why}")
SIZED = Text("{what}; parameters: {count}", "{what}；参数 {count} 个")
FUNCTIONS = Text("functions between the modules: {names}", "模块之间的函数：{names}")
PLAIN = ("contiguous", "clone", "detach", "to", "type_as", "dropout", "requires_grad_", "float")
FLAT = ("flatten", "view", "reshape", "squeeze")


@dataclass
class Read:
    """What was found: a row for each layer in the order of calls, what is not known, and what of it agrees."""

    rows: list[Row] = field(default_factory=list)
    unknown: list[Text] = field(default_factory=list)
    parameters: int = 0
    operations: int = 0
    input: Shape | None = None  # as the first module sees it
    sequence: bool = False  # whether that one reads features last

    @property
    def checked(self) -> Checked:
        """Compare the sums with torch's. Errors: VerificationError."""
        ours = sum(int(row.value("weights") + row.value("biases")) for row in self.rows)
        adds = sum(int(row.value("multiply_adds")) for row in self.rows)
        if not self.unknown and (ours, 2 * adds) != (self.parameters, self.operations):
            raise VerificationError(
                f"{ours} parameters and {adds} multiply-adds here, "
                f"and {self.parameters} and {self.operations // 2} of torch"
            )
        return Checked(len(self.rows), 0, module=(self.parameters, self.operations // 2))


def module_in(made: Mapping[str, Any], name: str) -> nn.Module:
    """The module of that name in a file, or the only one: an instance, or a class or function that needs nothing.

    Errors: UsageError with the names that there are.
    """
    here = made.get("__name__")
    known = [n for n, thing in made.items() if _makes(thing)]
    own = [n for n in known if isinstance(made[n], nn.Module) or made[n].__module__ == here]
    if not name and len(own) != 1:
        raise UsageError(f"it has {', '.join(own) or 'no torch.nn.Module'}; name one, as in my_model.py:Net")
    thing = made.get(name or own[0])
    if not callable(thing):
        raise UsageError(f"it has no {name!r}; there are {', '.join(own)}")
    if isinstance(thing, nn.Module):
        return thing
    with torch.device("meta"):
        found = thing()
    if not isinstance(found, nn.Module):
        raise UsageError(f"{name} makes no torch.nn.Module")
    return found


def _makes(thing: Any) -> bool:
    return isinstance(thing, nn.Module) or (isinstance(thing, type) and issubclass(thing, nn.Module))


def read(module: nn.Module, input: Shape) -> Read:
    """Run a module on an input with the channels first, or on a sequence with the features last, if its first module
    reads one. Errors: UsageError where it cannot be run."""
    if any(isinstance(p, nn.parameter.UninitializedParameter) for p in module.parameters()):
        raise UsageError("the module has a lazy layer, which has no shape yet; give its sizes, as in nn.Linear(20, 10)")
    module = module.to("meta").eval()
    found = _run(module, input, _input(module, input))
    if not found.sequence or len(input.spatial) != 1:
        return found
    return _run(module, Shape((input.channels,), input.spatial[0]), _input(module, input))  # the same numbers


def _run(module: nn.Module, input: Shape, x: Any) -> Read:
    """Run a module on a tensor, whose shape is said. Errors: UsageError where it cannot be run."""
    found = Read(parameters=sum(p.numel() for p in module.parameters()), input=input)
    follower = _Follower(found, module, x.shape)
    follower.known[id(x)] = (x, input, tuple(map(seen.entered, input.spatial)))
    try:
        counter = FlopCounterMode(display=False)
        with torch.device("meta"), slowly(), catch_warnings(action="ignore"), follower.hooked(), follower, counter:
            module(x)
    except (VerificationError, UsageError):
        raise
    except Exception as error:
        size = "x".join(map(str, x.shape[1:]))
        told = " ".join(str(error).split())[:200]
        raise UsageError(f"the module cannot be run with an input of {size}: {type(error).__name__}: {told}") from None
    found.operations = counter.get_total_flops()
    follower.finish()
    return found


def _input(module: nn.Module, shape: Shape) -> Any:
    """A batch of one, of indices where the first layer that is there looks them up."""
    tokens = not shape.spatial and any(isinstance(m, nn.Embedding) for m in module.modules())
    sizes = (1, *(int(s) for s in ((shape.channels,) if not shape.spatial else (shape.channels, *shape.spatial))))
    return torch.zeros(sizes, dtype=torch.long if tokens else torch.float32, device="meta")


class _Follower(TorchFunctionMode):
    """Follows the tensors through modules and through the functions between them."""

    def __init__(self, found: Read, module: nn.Module, entered: torch.Size):
        super().__init__()
        self.entered = entered
        self.found, self.module = found, module
        self.names = {m: name for name, m in module.named_modules()}
        self.known: dict[int, tuple[Any, Shape, Field]] = {}  # the tensors themselves too, so that no id is used again
        self.inside, self.met = 0, False
        self.counted: set[int] = set()
        self.functions: list[str] = []

    def hooked(self) -> Any:
        """The hooks, while the module runs."""
        return _Hooks([m for m in self.names if called(m)], self)

    # modules

    def enter(self, *_: Any) -> None:
        """A module with a row of its own begins: what happens in it is its own matter."""
        self.inside += 1

    def leave(self, module: nn.Module, args: Any, kwargs: Mapping[str, Any], out: Any) -> None:
        """It ends: its layer is explained, and compared with what came out."""
        self.inside -= 1
        out = out[0] if isinstance(out, tuple) else out
        x = args[0] if args else next(iter(kwargs.values()))
        if not self.met and next(module.parameters(), None) is not None:
            self.met = True
            self.found.sequence = isinstance(module, (*FEATURES_LAST, nn.RNNBase)) and x.shape == self.entered
        name = self.names[module] or type(module).__name__
        try:
            layer, before = described(module, x, args, self._shape(x))
        except NotKnown as error:
            self._unknown(KIND(name=name, kind=type(module).__name__, why=error.why), module)
            return
        self._row(replace(layer, name=name), before, x, out, module)

    def _unknown(self, told: Text, module: nn.Module) -> None:
        count = sum(p.numel() for p in module.parameters())
        self.counted |= {id(p) for p in module.parameters()}
        self.found.unknown.append(SIZED(what=told, count=str(count)) if count else told)

    def _row(self, layer: Layer, before: Shape, x: Any, out: Any, module: nn.Module | None = None) -> None:
        place = str(len(self.found.rows) + 1)
        row = explained(layer, before, self._field(x), place)
        own = list(module.parameters()) if module is not None else []
        if own and all(id(p) in self.counted for p in own):
            row = replace(row, weights=None, biases=None, ungrouped=ZERO)  # called again: it has its parameters already
        self._compare(row, out, sum(p.numel() for p in own if id(p) not in self.counted))
        self.counted |= {id(p) for p in own}
        self.found.rows.append(row)
        self.known[id(out)] = (out, row.output, onward(row.layer, before, row.field))

    def _compare(self, row: Row, out: Any, parameters: int) -> None:
        numbers, ours = row.output.count, row.value("weights") + row.value("biases")
        if numbers != out.numel():
            raise VerificationError(f"{row.where}: {numbers} numbers come out here, and {tuple(out.shape)} of torch")
        if ours != parameters:
            raise VerificationError(f"{row.where}: {ours} parameters here, and {parameters} of torch")

    def _shape(self, x: Any) -> Shape | None:
        return self.known[id(x)][1] if id(x) in self.known else None

    def _field(self, x: Any) -> Field:
        return self.known[id(x)][2] if id(x) in self.known else None

    # functions between modules

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function, and note what came out if no module with a row of its own is at work."""
        if self.inside:
            return func(*args, **(kwargs or {}))
        self.inside += 1
        try:
            out = func(*args, **(kwargs or {}))
        finally:
            self.inside -= 1
        if isinstance(out, torch.Tensor) and out.dim() > 0 and id(out) not in self.known:
            self._function(func.__name__.strip("_"), args, kwargs or {}, out)
        return out

    def _function(self, name: str, args: Any, kwargs: Any, out: Any) -> None:
        inner = args[0] if args and isinstance(args[0], (tuple, list)) else args
        tensors = [a for a in inner if isinstance(a, torch.Tensor) and id(a) in self.known]
        if not tensors:
            return
        shapes = [self.known[id(t)][1] for t in tensors]
        if name in ("add", "iadd", "radd", "add_") and len(tensors) == 2 and shapes[0] == shapes[1]:
            self._merged("sum", tensors, out)
        elif name in ("cat", "concat") and (kwargs.get("dim", args[1] if len(args) > 1 else 0)) == 1:
            self._merged("concat", tensors, out)
        elif name == "mean" and shapes[0].spatial and out.shape == tensors[0].shape[:2] and tensors[0].dim() > 2:
            self._row(Layer("gap", typed="gap"), shapes[0], tensors[0], out)
        elif name in FLAT and out.dim() == 2:
            self._row(Layer("flatten", typed="flatten"), shapes[0], tensors[0], out)
        else:
            self._other(name, args, kwargs, tensors[0], shapes[0], out)

    def _other(self, name: str, args: Any, kwargs: Any, x: Any, shape: Shape, out: Any) -> None:
        try:
            layer = function_layer(name, args, kwargs)
        except NotKnown:
            if name in PLAIN and out.shape == x.shape:
                self.known[id(out)] = (out, shape, self._field(x))
            elif out.shape == x.shape and not any(isinstance(a, nn.Parameter) for a in args):
                self.functions.append(name)
                self.known[id(out)] = (out, shape, None)
            else:
                self.functions.append(name)
            return
        self._row(layer, shape, x, out)

    def _merged(self, merge: str, tensors: list[Any], out: Any) -> None:
        place = str(len(self.found.rows) + 1)
        shapes = [self.known[id(t)][1] for t in tensors]
        try:
            after = merged(merge, shapes, f"layer {place}")
            met = seen.met([self._field(t) for t in tensors], f"layer {place}")
        except UsageError:
            self.functions.append(merge)
            return
        row = replace(explained(Layer("identity", typed=merge), after, None, place), field=met)
        self.found.rows.append(replace(row, layer=Layer(merge, after.channels, typed=merge), input=shapes[0]))
        self.known[id(out)] = (out, after, met)

    def finish(self) -> None:
        """List the parameters that no row has, and the functions that are not known."""
        for name, parameter in self.module.named_parameters():
            if id(parameter) not in self.counted:
                self.found.unknown.append(SIZED(what=name, count=str(parameter.numel())))
        if self.functions:
            self.found.unknown.append(FUNCTIONS(names=list(dict.fromkeys(self.functions))))


def function_layer(name: str, args: Any, kwargs: Mapping[str, Any]) -> Layer:
    """A function as a layer: activations and poolings. Errors: NotKnown."""
    if name.rstrip("_") in ("relu", "gelu", "silu", "sigmoid", "tanh", "softmax", "leaky_relu", "elu", "relu6"):
        return activation(name.rstrip("_"))
    if name.startswith(("max_pool", "avg_pool")):
        last = ("dilation", "ceil_mode") if name.startswith("max") else ("ceil_mode", "count_include_pad")
        words = ("kernel_size", "stride", "padding", *last)
        given = dict(zip(words, args[1:], strict=False)) | dict(kwargs)
        return pooled("maxpool" if name.startswith("max") else "avgpool", given)
    raise NotKnown(NO_KIND)


class _Hooks:
    """Hooks on modules, as long as it is entered."""

    def __init__(self, modules: list[nn.Module], follower: _Follower):
        self.modules, self.follower, self.handles = modules, follower, list[Any]()

    def __enter__(self) -> None:
        for module in self.modules:
            self.handles.append(module.register_forward_pre_hook(self.follower.enter))
            self.handles.append(module.register_forward_hook(self.follower.leave, with_kwargs=True))

    def __exit__(self, *error: Any) -> None:
        for handle in self.handles:
            handle.remove()
