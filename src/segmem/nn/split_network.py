"""Anybody's network, run up to one of its layers, and on from there with another feature in its place."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils import _pytree as tree

from segmem.core import Features
from segmem.core.errors import SettingsError, UsageError
from segmem.nn.class_logits import class_logits, described
from segmem.nn.early_map import EarlyMap

TRIAL = 2  # images in the trial run
SIZE = (256, 256)  # of theirs
PLAIN = (Tensor, int, float, str, bool, type(None))
CLOSE = 1e-4
Forward = Callable[..., object]
Act = Callable[..., object]  # (name of a module, its forward, what it is given)


@dataclass(slots=True)
class _Record:
    """What the modules before the layer gave, in the order they were run.

    Attributes:
        depth: how many of them are being run inside each other; only the outermost is written down.
    """

    names: list[str] = field(default_factory=list)
    outputs: list[object] = field(default_factory=list)
    depth: int = 0


@dataclass(frozen=True, slots=True)
class _Form:
    """How recorded outputs nest, which of their leaves are tensors, and all others."""

    names: tuple[str, ...]
    spec: object
    tensors: tuple[bool, ...]
    others: tuple[object, ...]


class _ReachedError(Exception):
    """The layer was reached; what comes after it is not run."""

    def __init__(self, top: object) -> None:
        super().__init__()
        self.top = top


class SplitNetwork(nn.Module):
    """A network whose forward pass is stopped at one layer and taken up again.

    Nothing is traced and no module is run twice: `encode` writes down what each module before the layer gives and
    stops there; `decode` runs the same forward pass with these outputs handed out again, then the given feature,
    then everything else as it is. So Python in between may be of any kind, and gradients flow. Only plain functions
    between the modules before the layer (an addition, a concatenation) are run again.

    Args:
        network: images (B, 3, H, W) to logits as `class_logits` takes them.
        at: name of the layer whose output (B, C, h, w) memory reads and writes, as in `named_modules()`.
        size: (H, W) of a trial run.

    Raises:
        SettingsError: no such layer (the nearest names are told).
        UsageError: the layer's output is no feature map, or the network cannot be stopped there.
    """

    def __init__(self, network: nn.Module, at: str, size: tuple[int, int] = SIZE) -> None:
        super().__init__()
        self.network = bare(network)
        names = [name for name, _ in self.network.named_modules() if name]
        if at not in names:
            near = get_close_matches(at, names, n=5, cutoff=0.3) or names[:5]
            raise SettingsError(f"The network has no layer {at!r}. Some that it has: {', '.join(near)}.")
        self.at = at
        self._changed: frozenset[int] = frozenset()  # outputs that functions in between change in place
        self._form: _Form | None = None
        self.early: EarlyMap | None = None
        self.channels, self.classes = self._try(size)

    def encode(self, frame: Tensor) -> Features:
        """Features of (B, 3, H, W); `skips` is the image and all that the rest of the network may ask for.

        Raises:
            UsageError: this image takes another way through the network than the trial's.
        """
        top, record = self._until(frame)
        form, tensors = _flat(record)
        if form != self._form:
            raise UsageError(
                f"Before its layer {self.at!r} the network does other things with this image than with the first one."
            )
        return Features(top, (frame, *tensors))

    def decode(self, features: Features) -> Tensor:
        """Logits (B, K, H, W) at the image's size, with `features.top` as the layer's output."""
        assert self._form is not None  # noqa: S101  made in the constructor
        frame, *tensors = features.skips
        return class_logits(self._from(frame, features.top, _nested(self._form, tensors)), frame)

    def _until(self, frame: Tensor) -> tuple[Tensor, _Record]:
        record = _Record()

        def note(name: str, forward: Forward, *given: object, **named: object) -> object:
            record.depth += 1
            out = forward(*given, **named)
            record.depth -= 1
            if record.depth == 0:
                kept = tree.tree_map(_copied, out) if len(record.outputs) in self._changed else out
                record.names.append(name)
                record.outputs.append(kept)
            return out

        def stop(_name: str, forward: Forward, *given: object, **named: object) -> object:
            raise _ReachedError(forward(*given, **named))

        with _instead(self._others(), note), _instead(self._layer(), stop):
            try:
                self.network(frame)
            except _ReachedError as reached:
                return self._map(reached.top), record
        raise UsageError(f"The network does not run its layer {self.at!r}.")

    def _from(self, frame: Tensor, top: Tensor, record: _Record) -> object:
        handed = iter(zip(record.names, record.outputs, strict=True))
        live = False

        def replay(name: str, forward: Forward, *given: object, **named: object) -> object:
            if live:
                return forward(*given, **named)
            expected, out = next(handed)
            assert name == expected, (name, expected)  # noqa: S101  the form was compared
            return out

        def resume(*_given: object, **_named: object) -> object:
            nonlocal live
            if live:
                raise UsageError(
                    f"The network runs its layer {self.at!r} more than once. Name another layer."
                )
            live = True
            return top

        with _instead(self._others(), replay), _instead(self._layer(), resume):
            return self.network(frame)

    def _layer(self) -> dict[str, nn.Module]:
        return {self.at: self.network.get_submodule(self.at)}

    def _others(self) -> dict[str, nn.Module]:
        """The outermost modules that do not hold the layer."""
        found: dict[str, nn.Module] = {}
        _collect(self.network, "", self.at, found)
        return found

    def _map(self, top: object) -> Tensor:
        if not isinstance(top, Tensor) or top.ndim != 4:
            raise UsageError(
                f"Layer {self.at!r} gives {described(top)}; a feature map (B, C, h, w) is needed. Name another layer."
            )
        return top

    @torch.no_grad()
    def _try(self, size: tuple[int, int]) -> tuple[int, int]:
        """Channels of the layer and of the logits; finds out how the network can be taken up again.

        Raises:
            UsageError: it cannot.
        """
        training = {module: module.training for module in self.modules()}
        self.eval()
        first = next(self.parameters(), torch.zeros(()))
        frame = torch.linspace(-1, 1, TRIAL * 3 * size[0] * size[1], device=first.device).view(
            TRIAL, 3, *size
        )
        whole = class_logits(self.network(frame), frame)
        self._changed = self._changed_later(frame)
        top, record = self._until(frame)
        self._form, tensors = _flat(record)
        odd = [tuple(one.shape) for one in tensors if one.ndim == 0 or len(one) != TRIAL]
        if odd:
            raise UsageError(
                f"A module before {self.at!r} gives a tensor {odd[0]} for {TRIAL} images, whose first axis is not the"
                " image's. Name a layer before it, or one further out."
            )
        again = self.decode(Features(top, (frame, *tensors)))
        if not torch.allclose(whole, again, atol=CLOSE, rtol=CLOSE):
            raise UsageError(
                f"The network cannot be taken up again at {self.at!r}. Name a layer further out."
            )
        self.early = _first_map(tensors, top)
        for module, was in training.items():
            module.training = was
        return top.shape[1], whole.shape[1]

    def _changed_later(self, frame: Tensor) -> frozenset[int]:
        """Places in the record of outputs that are changed after they were given."""
        self._changed = frozenset(range(len(self._until(frame)[1].outputs)))
        kept = self._until(frame)[1].outputs
        self._changed = frozenset()
        plain = self._until(frame)[1].outputs
        pairs = zip(map(tree.tree_leaves, kept), map(tree.tree_leaves, plain), strict=True)
        return frozenset(
            place
            for place, (before, after) in enumerate(pairs)
            if any(
                isinstance(b, Tensor) and not torch.equal(b, a) for b, a in zip(before, after, strict=True)
            )
        )


def bare(network: nn.Module) -> nn.Module:
    """What DistributedDataParallel, DataParallel and `torch.compile` have wrapped."""
    while True:
        inner = getattr(network, "_orig_mod", None)
        if isinstance(network, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = network.module
        if not isinstance(inner, nn.Module):
            return network
        network = inner


def _collect(module: nn.Module, prefix: str, at: str, found: dict[str, nn.Module]) -> None:
    for name, child in module.named_children():
        full = prefix + name
        if full == at:
            continue
        if at.startswith(f"{full}.") or isinstance(child, nn.ModuleList | nn.ModuleDict):
            _collect(child, f"{full}.", at, found)
        else:
            found[full] = child


@contextmanager
def _instead(modules: Mapping[str, nn.Module], act: Act) -> Iterator[None]:
    """Meanwhile `act(name, forward, ...)` is run in place of each module's forward."""
    own = {name: module.__dict__.get("forward") for name, module in modules.items()}
    for name, module in modules.items():
        module.forward = partial(act, name, module.forward)
    try:
        yield
    finally:
        for name, module in modules.items():
            del module.forward
            if (before := own[name]) is not None:
                module.forward = before


def _flat(record: _Record) -> tuple[_Form, list[Tensor]]:
    leaves, spec = tree.tree_flatten(record.outputs)
    strange = next((leaf for leaf in leaves if not isinstance(leaf, PLAIN)), None)
    if strange is not None:
        raise UsageError(
            f"A module before the layer gives a {type(strange).__name__}, which cannot be looked into; tensors, lists"
            " and dicts can. Name a layer before it, or one further out."
        )
    told = tuple(isinstance(leaf, Tensor) for leaf in leaves)
    others = tuple(leaf for leaf, is_tensor in zip(leaves, told, strict=True) if not is_tensor)
    return _Form(tuple(record.names), spec, told, others), [one for one in leaves if isinstance(one, Tensor)]


def _first_map(before: list[Tensor], top: Tensor) -> EarlyMap | None:
    """The first feature map that modules before the layer gave; it is as fine as the layer's, or finer."""
    for place, one in enumerate(before, start=1):  # after the image
        if one.ndim == 4 and one.shape[1] > 3 and one.shape[-1] >= top.shape[-1]:  # more than colours
            return EarlyMap(place, one.shape[1])
    return None


def _nested(form: _Form, tensors: list[Tensor]) -> _Record:
    given, others = iter(tensors), iter(form.others)
    leaves = [next(given) if is_tensor else next(others) for is_tensor in form.tensors]
    return _Record(list(form.names), tree.tree_unflatten(leaves, form.spec))  # type: ignore[arg-type]


def _copied(leaf: object) -> object:
    return leaf.clone() if isinstance(leaf, Tensor) else leaf
