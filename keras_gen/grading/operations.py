"""What a worker can be asked about a submission: call it, train it, differentiate it.

Each answer is made of numbers and arrays, and none is a verdict.  The file runs in the
box, beside the submission, and in a notebook's own process; it needs Keras only where
what it is asked for does, and names no backend.

Values travel as JSON: numbers, strings and None as they are, and else one of

    {"array": name, "tensor": bool}   an array of the frame, as NumPy's or Keras's
    {"kept": number}                  an object that an earlier answer left here
    {"name": "Sampler"}               what the submission calls so
    {"list": [...]}, {"tuple": [...]}, {"dict": {...}}

Example:

>>> import numpy as np
>>> work = Operations({"double": lambda x: 2 * x})
>>> call = {"op": "call", "target": {"name": "double"}}
>>> call |= {"args": [{"array": "x", "tensor": False}], "kwargs": {}}
>>> header, arrays = work.answer(call, {"x": np.ones(2)})
>>> header, arrays["0"]
({'value': {'array': '0'}}, array([2., 2.]))
"""

import importlib
import linecache
import sys
import traceback

import numpy as np

try:
    from keras_gen.grading import source
except ImportError:  # in the box, where the files lie side by side
    import source

LONGEST = 600  # characters of a message
DEPTH = 8  # of nested answers
UTF_8 = "utf-8", "surrogatepass"


class Operations:
    """Answers requests about one submission.

    Args:
        namespace: names of the submission; None begins with none, for `load`.
    """

    def __init__(self, namespace=None):
        self.namespace = namespace
        self.kept = {}

    def answer(self, header, arrays):
        """Answers a request; what goes wrong in a submission is an answer too.

        Args:
            header: dict with the name `op`, and what it needs.
            arrays: NumPy arrays by name.

        Returns:
            `(header, arrays)`; the header has `value`, or `error` and `where`.
        """
        try:
            value = getattr(self, "do_" + header["op"])(header, arrays)
            sent = {}
            return {"value": self._encoded(value, sent)}, sent
        except MemoryError:
            return {"error": "MemoryError", "kind": "memory", "where": ""}, {}
        except source.TimeUp:
            raise
        except BaseException as fault:
            return {**_told(fault), "kind": "error"}, {}

    # ------------------------------------------------------------------ operations

    def do_load(self, header, arrays):
        """Runs the cells' definitions; which of the names are there, and notes."""
        self.namespace = source.new_namespace()
        wanted = header["wanted"]
        cells = [arrays[name].tobytes().decode(*UTF_8) for name in header["cells"]]
        more = cells, self.namespace, header["limit"], wanted
        notes = [str(note) for note in source.run(*more, header["labels"])]
        there = [name for name in wanted if name in self.namespace]
        return {"names": there, "notes": notes[:200]}

    def do_call(self, header, arrays):
        """Calls a name, or what is kept, or a method of it."""
        target = self._decoded(header["target"], arrays)
        if method := header.get("method"):
            target = getattr(target, method)
        args = [self._decoded(one, arrays) for one in header["args"]]
        kwargs = {k: self._decoded(one, arrays) for k, one in header["kwargs"].items()}
        made = target(*args, **kwargs)
        return self._keep(made) if header.get("keep") else made

    def do_get(self, header, arrays):
        """An attribute."""
        made = getattr(self._decoded(header["target"], arrays), header["attribute"])
        return self._keep(made) if header.get("keep") else made

    def do_probe(self, header, arrays):
        """Makes a trusted small network, such as `"vae.LinearEncoder"`."""
        module, _, name = header["kind"].partition(".")
        kwargs = {k: self._decoded(one, arrays) for k, one in header["kwargs"].items()}
        return self._keep(getattr(_beside(f"probes_{module}"), name)(**kwargs))

    def do_functional(self, header, arrays):
        """A functional model of a call: its inputs are symbols, and it is kept."""
        import keras

        target = self._decoded(header["target"], arrays)
        inputs = [keras.Input(shape) for shape in header["shapes"]]
        more = [self._decoded(one, arrays) for one in header["args"]]
        made = target(*inputs, *more)
        return self._keep(keras.Model(inputs, made))

    def do_weights(self, header, arrays):
        """The trainable weights, or all of them."""
        return [np.asarray(w) for w in self._weights(header, arrays, numpy=True)]

    def do_set_weights(self, header, arrays):
        """Sets the same weights that `weights` returns."""
        weights = self._weights(header, arrays)
        values = self._decoded(header["values"], arrays)
        for weight, value in zip(weights, values, strict=True):
            weight.assign(value)

    def do_describe(self, header, arrays):
        """Class names, strides and weights of all layers, also of nested ones."""
        model = self._decoded(header["target"], arrays)
        found = []
        for layer in model._flatten_layers(include_self=False):
            kernel = getattr(layer, "kernel", None)
            found.append(
                {
                    "kind": type(layer).__name__,
                    "strides": [int(n) for n in np.atleast_1d(_strides(layer))],
                    "kernel": list(getattr(kernel, "shape", ())),
                    "kinds": [one.__name__ for one in type(layer).__mro__[:-1]],
                }
            )
        operations = [type(one).__name__ for one in getattr(model, "operations", ())]
        return {"layers": found, "operations": operations}

    def do_vjp(self, header, arrays):
        """Outputs, and gradients of `sum(output * cotangent)`."""
        target = self._decoded(header["target"], arrays)
        if method := header.get("method"):
            target = getattr(target, method)
        args = [self._decoded(one, arrays) for one in header["args"]]
        cotangents = [arrays[name] for name in header["cotangents"]]
        gradients = _beside("gradients").gradients
        return gradients(target, args, header["wrt"], cotangents)

    def do_fit(self, header, arrays):
        """Trains by `compile` and `fit` with plain gradient descent."""
        import keras

        model = self._decoded(header["target"], arrays)
        data = self._decoded(header["data"], arrays)
        if header["rate"] is not None:
            model.compile(optimizer=keras.optimizers.SGD(header["rate"]))
        epochs, size = header["epochs"], header["batch_size"]
        history = model.fit(
            data, batch_size=size, epochs=epochs, shuffle=False, verbose=0
        ).history
        return {k: [float(x) for x in values] for k, values in history.items()}

    def do_seed(self, header, arrays):
        """Sets Keras's seed."""
        import keras

        keras.utils.set_random_seed(header["seed"])

    def do_forget(self, header, arrays):
        """Drops what is kept, and Keras's own memory of it."""
        self.kept.clear()
        if keras := sys.modules.get("keras"):
            keras.utils.clear_session(free_memory=False)

    # -------------------------------------------------------------------- values

    def _keep(self, value):
        number = len(self.kept)
        self.kept[number] = value
        return Kept(number)

    def _weights(self, header, arrays, numpy=False):
        of = self._decoded(header["target"], arrays)
        weights = of.trainable_weights if header["trainable"] else of.weights
        if not numpy:
            return weights
        import keras

        return [keras.ops.convert_to_numpy(weight) for weight in weights]

    def _decoded(self, value, arrays):
        if not isinstance(value, dict):
            return value
        ((kind, content), *more) = value.items()
        if kind == "array":
            if not value.get("tensor"):
                return arrays[content]
            import keras

            return keras.ops.convert_to_tensor(arrays[content])
        if kind == "kept":
            return self.kept[content]
        if kind == "name":
            return self.namespace[content]
        if kind == "dict":
            return {k: self._decoded(one, arrays) for k, one in content.items()}
        made = [self._decoded(one, arrays) for one in content]
        return tuple(made) if kind == "tuple" else made

    def _encoded(self, value, arrays, depth=0):
        if isinstance(value, Kept):
            return {"kept": value.number}
        if depth > DEPTH:
            raise ValueError("The answer is nested too deeply.")
        if isinstance(value, bool | str | type(None)):
            return value if not isinstance(value, str) else value[:100_000]
        if isinstance(value, int) and abs(value) < 2**53:
            return value
        if isinstance(value, list | tuple):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {kind: [self._encoded(one, arrays, depth + 1) for one in value]}
        if isinstance(value, dict):
            made = {
                str(k): self._encoded(v, arrays, depth + 1) for k, v in value.items()
            }
            return {"dict": made}
        array = _array(value)
        name = str(len(arrays))
        arrays[name] = array
        return {"array": name}


class Kept:
    """An object that stays with the submission, by its number."""

    def __init__(self, number):
        self.number = number


def _array(value):
    """A NumPy array of numbers; of anything else, a clear complaint."""
    keras = sys.modules.get("keras")
    if keras and (keras.ops.is_tensor(value) or isinstance(value, keras.Variable)):
        if "bfloat16" in str(value.dtype):
            value = keras.ops.cast(value, "float32")
        value = keras.ops.convert_to_numpy(value)
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"The answer is no array of numbers: {type(value).__name__}.")
    return array


def _strides(layer):
    strides = getattr(layer, "strides", 1)
    return strides if isinstance(strides, int | tuple | list) else 1


def _beside(name):
    try:
        return importlib.import_module(f"keras_gen.grading.{name}")
    except ImportError:
        return importlib.import_module(name)


def _told(fault):
    """What went wrong, and the last line of the submission that was on the way."""
    try:
        text = " ".join(str(fault).split())
    except BaseException:
        text = "its message cannot be read"
    message = f"{type(fault).__name__}: {text}" if text else type(fault).__name__
    where = ""
    for frame in traceback.extract_tb(fault.__traceback__):
        if frame.filename.startswith("<") and linecache.getline(
            frame.filename, frame.lineno
        ):
            line = linecache.getline(frame.filename, frame.lineno).strip()
            where = f"{frame.filename.strip('<>')}, line {frame.lineno}: {line}"
    return {"error": message[:LONGEST], "where": where[:LONGEST]}
