"""The judge's view of a submission: what it defines can be called, and answers arrays.

    z = student.call("Sampler", ...)           a name, called
    sampler = student.make("Sampler")          what comes stays there
    z = sampler(z_mean, z_log_var)             the handle, called
    outputs, (slope,) = student.vjp("kl_divergence", [mean, log_var], [ones], wrt=[0])

Checks use nothing else, so they are the same for a submission in a box and for one in a
notebook's own process.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

SECONDS = 15.0  # of the processor, for an answer
# Whether `compile` is told to use XLA for a training step: on a CPU TensorFlow's own
# graphs are built faster, and JAX has no others.
XLA = {"jax": True}
DESCRIBED = {"kind", "kinds", "kernel", "strides"}


class StudentError(Exception):
    """The submission raised an error; the message is its, and where it happened."""

    def __init__(self, message: str, where: str = "", kind: str = "error"):
        super().__init__(message)
        self.where, self.kind = where, kind


class Missing(Exception):
    """The submission does not define the name."""


@dataclasses.dataclass(frozen=True)
class Numpy:
    """An argument that is to arrive as NumPy array, not as Keras's tensor."""

    array: np.ndarray


class Student:
    """A submission.

    Args:
        ask: function `(header, arrays, seconds)` -> `(header, arrays)`, such as
            `Box.request`.
        names: what the submission defines.
        jit: whether its training steps are compiled by XLA, as `compile` takes it.
        as_tensors: whether arrays arrive as Keras's tensors.

    Example:

    >>> def ask(header, arrays, seconds):  # whatever is asked, it is 2
    ...     return {"value": {"array": "0"}}, {"0": np.full(1, 2.0)}
    >>> Student(ask, ["answer"]).call("answer")
    array([2.])
    """

    def __init__(
        self,
        ask: Callable,
        names: Sequence[str],
        jit: bool | str = False,
        as_tensors: bool = True,
    ):
        self._ask, self._names = ask, frozenset(names)
        self.jit, self.as_tensors = jit, as_tensors

    def has(self, name: str) -> bool:
        """Whether the submission defines a name."""
        return name in self._names

    def call(self, target, *args, method=None, seconds=SECONDS, **kwargs):
        """Calls a name or a handle; what comes is made of arrays, lists and numbers."""
        return self._called(target, args, kwargs, method, False, seconds)

    def make(self, target, *args, method=None, seconds=SECONDS, **kwargs) -> "Handle":
        """Calls a name or a handle, and keeps what comes with the submission."""
        return _handle(self._called(target, args, kwargs, method, True, seconds))

    def get(self, target, attribute: str, keep: bool = False):
        """An attribute of a handle."""
        found = self.do("get", target, attribute=attribute, keep=keep)
        return _handle(found) if keep else found

    def probe(self, kind: str, **settings) -> "Handle":
        """Makes a trusted small network, such as `"vae.LinearEncoder"`, beside it."""
        return _handle(self.do("probe", kind=kind, kwargs=settings))

    def functional(self, target, shapes, *args) -> "Handle":
        """A functional model: `target(*inputs, *args)`, inputs of these shapes."""
        return self.do(
            "functional", target, shapes=[list(s) for s in shapes], args=args
        )

    def vjp(self, target, args, cotangents, wrt, method=None, seconds=SECONDS):
        """Outputs, and gradients of `sum(output * cotangent)`.

        Args:
            target: name or handle.
            args: its arguments.
            cotangents: an array for each output.
            wrt: numbers of arguments, or `"weights"`.
            method: of the target.
            seconds: that it may take.

        Returns:
            `(outputs, gradients)`, lists of arrays.
        """
        arrays = {f"cotangent {i}": c for i, c in enumerate(cotangents)}
        asked = {"args": args, "wrt": wrt, "cotangents": list(arrays), "jit": self.jit}
        asked["method"] = method
        made = self.do("vjp", target, seconds=seconds, extra=arrays, **asked)
        outputs, slopes = _lists(made, 2)
        if wrt != "weights":
            shapes = [np.shape(args[i]) for i in wrt]
            _expect([np.shape(slope) for slope in slopes] == shapes)
        _expect(len(outputs) == len(cotangents))
        return _arrays(outputs), _arrays(slopes)

    def fit(self, target, data, rate=0.1, batch_size=32, epochs=1, seconds=4 * SECONDS):
        """Trains by gradient descent with this rate; dict of lists, its history.

        With the rate None it goes on as it was compiled.
        """
        asked = {"data": data, "rate": rate, "batch_size": batch_size}
        asked |= {"epochs": epochs, "jit": self.jit}
        history = self.do("fit", target, seconds=seconds, **asked)
        _expect(isinstance(history, dict))
        for values in history.values():
            _expect(isinstance(values, list) and len(values) == epochs)
        return {k: [_number(one) for one in v] for k, v in history.items()}

    def weights(self, target, trainable=True) -> list:
        """The weights of a handle, as arrays."""
        return _arrays(self.do("weights", target, trainable=trainable))

    def set_weights(self, target, values, trainable=True):
        """Sets the weights of a handle."""
        self.do("set_weights", target, values=list(values), trainable=trainable)

    def describe(self, target) -> dict:
        """What the submission says of its layers: `layers`, `operations`; claims."""
        found = self.do("describe", target)
        _expect(isinstance(found, dict) and isinstance(found.get("layers"), list))
        _expect(isinstance(found.get("operations"), list))
        for layer in found["layers"]:
            _expect(isinstance(layer, dict) and layer.keys() >= DESCRIBED)
            _expect(all(isinstance(layer[k], list) for k in DESCRIBED - {"kind"}))
        return found

    def forget(self):
        """Drops what was kept."""
        self.do("forget")

    # ---------------------------------------------------------------------- asking

    def _called(self, target, args, kwargs, method, keep, seconds):
        asked = {"args": args, "kwargs": kwargs, "method": method, "keep": keep}
        return self.do("call", target, seconds=seconds, **asked)

    def do(self, op, target=None, seconds=SECONDS, extra=None, **asked):
        """Asks; used by the methods above.

        Raises:
            Missing: for a name that is not defined.
            StudentError: if the submission raised an error.
        """
        arrays = dict(extra or {})
        header = {"op": op}
        if target is not None:
            if isinstance(target, str) and target not in self._names:
                raise Missing(target)
            named = {"name": target} if isinstance(target, str) else None
            header["target"] = named or self._encoded(target, arrays)
        for name, value in asked.items():
            if name in ("args", "data", "values"):
                value = self._encoded(value, arrays)
                if name == "args":
                    value = next(iter(value.values()))
            elif name == "kwargs":
                value = {k: self._encoded(v, arrays) for k, v in value.items()}
            header[name] = value
        answer, sent = self._ask(header, arrays, seconds)
        if "error" in answer:
            kind = "memory" if answer.get("kind") == "memory" else "error"  # no more
            raise StudentError(str(answer["error"]), str(answer.get("where", "")), kind)
        try:
            return self._decoded(answer.get("value"), sent)
        except (TypeError, AttributeError, RecursionError):
            raise _malformed() from None

    def _encoded(self, value, arrays):
        if isinstance(value, Handle):
            return {"kept": value.number}
        tensor = self.as_tensors
        if isinstance(value, Numpy):
            value, tensor = value.array, False
        if isinstance(value, np.ndarray):
            name = f"array {len(arrays)}"
            arrays[name] = value
            return {"array": name, "tensor": tensor}
        if isinstance(value, dict):
            return {"dict": {k: self._encoded(v, arrays) for k, v in value.items()}}
        if isinstance(value, list | tuple):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {kind: [self._encoded(one, arrays) for one in value]}
        return value

    def _decoded(self, value, arrays):
        if not isinstance(value, dict):
            return value
        if "array" in value:
            return arrays.get(value["array"])
        if "kept" in value:
            return Handle(self, value["kept"])
        if "dict" in value:
            return {k: self._decoded(v, arrays) for k, v in value["dict"].items()}
        for kind in ("list", "tuple"):
            if kind in value:
                return [self._decoded(one, arrays) for one in value[kind]]
        return None


@dataclasses.dataclass(frozen=True)
class Handle:
    """Something that stays with the submission; every method of `Student` takes it."""

    student: Student
    number: int

    def __call__(self, *args, **kwargs):
        return self.student.call(self, *args, **kwargs)


def _malformed():
    return StudentError("The worker's answer is malformed.", kind="protocol")


def _expect(fits):
    """What the worker says of itself has a known form; a submission may have lied."""
    if not fits:
        raise _malformed()


def _lists(value, num):
    _expect(isinstance(value, list) and len(value) == num)
    _expect(all(isinstance(one, list) for one in value))
    return value


def _arrays(values):
    _expect(isinstance(values, list))
    _expect(all(isinstance(one, np.ndarray) for one in values))
    return values


def _number(value):
    """Floats that are not finite travel as arrays."""
    value = np.asarray(value if isinstance(value, np.ndarray | int | float) else None)
    _expect(value.shape == () and value.dtype.kind in "iuf")
    return float(value)


def _handle(value):
    _expect(isinstance(value, Handle))
    return value
