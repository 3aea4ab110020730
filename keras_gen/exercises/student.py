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
LONGEST = 1000  # characters of an error's message


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
        as_tensors: bool = True,
    ):
        self._ask, self._names = ask, frozenset(names)
        self.as_tensors = as_tensors

    def has(self, name: str) -> bool:
        """Whether the submission defines a name."""
        return name in self._names

    def call(self, target, *args, method=None, seconds=SECONDS, **kwargs):
        """Calls a name or a handle; what comes is made of arrays, lists and numbers."""
        return self._called(target, args, kwargs, method, False, seconds)

    def make(self, target, *args, method=None, seconds=SECONDS, **kwargs) -> "Handle":
        """Calls a name or a handle, and keeps what comes with the submission."""
        made = self._called(target, args, kwargs, method, True, seconds)
        return expected(made, Handle)

    def get(self, target, attribute: str, keep: bool = False):
        """An attribute of a handle."""
        made = self.do("get", target, attribute=attribute, keep=keep)
        return expected(made, Handle) if keep else made

    def probe(self, kind: str, **settings) -> "Handle":
        """Makes a trusted small network, such as `"vae.LinearEncoder"`, beside it."""
        return expected(self.do("probe", kind=kind, kwargs=settings), Handle)

    def functional(self, target, shapes, *args) -> "Handle":
        """A functional model: `target(*inputs, *args)`, inputs of these shapes."""
        shapes = [list(s) for s in shapes]
        made = self.do("functional", target, shapes=shapes, args=args)
        return expected(made, Handle)

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
        asked = {"args": args, "wrt": wrt, "cotangents": list(arrays)}
        asked["method"] = method
        answer = self.do("vjp", target, seconds=seconds, extra=arrays, **asked)
        outputs, slopes = (arrays_of(one) for one in of_length(answer, 2))
        of_shapes(outputs, cotangents)
        if wrt != "weights":
            of_shapes(slopes, [args[i] for i in wrt])
        return outputs, slopes

    def fit(self, target, data, rate=0.1, batch_size=32, epochs=1, seconds=4 * SECONDS):
        """Trains by gradient descent with this rate; dict of lists, its history.

        With the rate None it goes on as it was compiled.
        """
        asked = {"data": data, "rate": rate, "batch_size": batch_size}
        asked["epochs"] = epochs
        history = expected(self.do("fit", target, seconds=seconds, **asked), dict)
        return {k: [number_of(x) for x in of_length(v)] for k, v in history.items()}

    def weights(self, target, trainable=True) -> list:
        """The weights of a handle, as arrays."""
        return arrays_of(self.do("weights", target, trainable=trainable))

    def set_weights(self, target, values, trainable=True):
        """Sets the weights of a handle."""
        self.do("set_weights", target, values=list(values), trainable=trainable)

    def describe(self, target) -> dict:
        """What the submission says of its layers: `layers`, `operations`; claims."""
        claims = expected(self.do("describe", target), dict)
        kinds = {"kind": str, "strides": list, "kernel": list, "kinds": list}
        for layer in of_length(claims.get("layers")):
            for key, kind in kinds.items():
                expected(expected(layer, dict).get(key), kind)
            if not all(type(n) is int for n in layer["strides"] + layer["kernel"]):
                raise malformed()
        of_length(claims.get("operations"))
        return claims

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
            raise error_of(answer)
        try:
            return self._decoded(answer.get("value"), sent)
        except (TypeError, AttributeError, KeyError):
            raise malformed() from None

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
            if isinstance(value, list) or (isinstance(value, int) and value >> 53):
                raise malformed()
            return value
        ((kind, content),) = value.items() if len(value) == 1 else [("", None)]
        if kind == "array":
            return arrays[content]
        if kind == "kept" and type(content) is int and 0 <= content < 2**31:
            return Handle(self, content)
        if kind == "dict":
            return {k: self._decoded(v, arrays) for k, v in content.items()}
        if kind in ("list", "tuple") and isinstance(content, list):
            return [self._decoded(one, arrays) for one in content]
        raise malformed()


@dataclasses.dataclass(frozen=True)
class Handle:
    """Something that stays with the submission; every method of `Student` takes it."""

    student: Student
    number: int

    def __call__(self, *args, **kwargs):
        return self.student.call(self, *args, **kwargs)


# What an honest worker never answers, but one that a submission has taken over may.


def malformed() -> StudentError:
    """The error for an answer that is none."""
    return StudentError("The answer is malformed.", kind="protocol")


def error_of(answer: dict) -> StudentError:
    """The error that an answer tells."""
    kind = "memory" if answer.get("kind") == "memory" else "error"  # no more
    words = (str(answer.get(key, ""))[:LONGEST] for key in ("error", "where"))
    return StudentError(*words, kind)


def expected(answer, kind: type):
    """The answer, if it is of this type."""
    if not isinstance(answer, kind):
        raise malformed()
    return answer


def of_length(answer, num: int | None = None) -> list:
    """The answer, if it is a list, of so many."""
    if len(expected(answer, list)) != (len(answer) if num is None else num):
        raise malformed()
    return answer


def of_shapes(answers: list, others: Sequence) -> None:
    """Refuses arrays that have not the shapes of these."""
    if [one.shape for one in answers] != [np.shape(one) for one in others]:
        raise malformed()


def arrays_of(answer) -> list[np.ndarray]:
    """The answer, if it is a list of arrays."""
    return [expected(one, np.ndarray) for one in of_length(answer)]


def number_of(answer) -> float:
    """The answer, if it is one number."""
    if isinstance(answer, np.ndarray) and answer.size == 1:
        return float(answer.reshape(()))
    return float(expected(answer, bool | int | float))
