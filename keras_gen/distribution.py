"""Training on several devices, and on several machines: each takes a share of a batch.

All devices hold the same weights, each works on its share of every batch, and the
gradients are added up before each step (data parallelism).  The engines are Keras's
`DataParallel` on JAX and `tf.distribute.MirroredStrategy` on TensorFlow; this file
says who feeds what and who writes the files.

The training is that of one device: a batch is as large, holds the same pictures, and
has the same loss.

Synopsis, as `keras-gen train --devices 2` does it:

    team = distribution.gather(devices=2)
    recipes.train(recipe, "model.keras", team=team)
"""

import contextlib
import tempfile
from pathlib import Path

import keras

from keras_gen import backend


class Team:
    """The devices that train one model together; by default one, and nothing to do.

    `gather` makes the others.

    Args:
        devices: how many, over all processes.
        processes: how many processes they belong to.
        process: which of them this one is; number 0 alone writes and prints.
        building: makes the context in which the model is built, or loaded.
        fitting: makes the context in which `fit` is called.
    """

    def __init__(
        self,
        devices=1,
        processes=1,
        process=0,
        building=contextlib.nullcontext,
        fitting=contextlib.nullcontext,
    ):
        self.devices = devices
        self.processes = processes
        self.process = process
        self.fitting = fitting
        self._building = building
        self._copy = (None, None)

    @property
    def is_first(self):
        """Whether this process is the one that writes and prints."""
        return self.process == 0

    @contextlib.contextmanager
    def building(self):
        """The context in which the model is built, or loaded."""
        if self.devices > 1:
            keras.utils.set_random_seed(0)  # weights are drawn alike in all processes
        with self._building():
            yield

    def check(self, batch_size, num_test):
        """Raises a ValueError unless the devices can share a batch evenly.

        Args:
            batch_size: pictures a step, over all devices.
            num_test: pictures to evaluate with.
        """
        if batch_size % self.devices:
            raise ValueError(
                f"The batch must be divisible by the {self.devices} devices that share "
                f"it; got {batch_size} pictures a step."
            )
        if num_test < self.devices:
            raise ValueError(
                f"Each of the {self.devices} devices needs a picture to evaluate with; "
                f"got {num_test}."
            )

    def share(self, indices):
        """The part of a batch that this process feeds.

        All parts together are the batch, in its order, less what would be left over
        when each device takes as many.

        Args:
            indices: sequence, one entry a picture.

        Returns:
            A slice of it.

        Example:

        >>> Team(devices=4, processes=2, process=1).share(range(8))
        range(4, 8)
        """
        if self.devices == 1:
            return indices
        each = len(indices) // self.devices * (self.devices // self.processes)
        return indices[self.process * each : (self.process + 1) * each]

    def single(self, model):
        """A copy of a model on one device, for what is not training, such as drawing.

        Every process has one of its own, so that one may draw while the others wait.

        Args:
            model: any model of this project.

        Returns:
            The copy, with the model's present weights; the model itself where there
            is one device.
        """
        if self.devices == 1:
            return model
        with undistributed(), tempfile.TemporaryDirectory() as folder:
            original, copy = self._copy
            if original is not model:
                copy = type(model).from_config(model.get_config())
                self._copy = (model, copy)  # kept, for what it has compiled
            # A file, because layers such as Normalization do more than set weights.
            path = Path(folder) / "copy.weights.h5"
            model.save_weights(path)
            copy.load_weights(path)
        return copy

    def alone(self, callback):
        """Lets a callback end epochs in the first process only, where it may write.

        Args:
            callback: one that works at the begin of training, and at the begin and
                end of epochs; it must not change the model at their end.

        Returns:
            A callback; the same one where there is one device.
        """
        return callback if self.devices == 1 else _Alone(callback, self)


ALONE = Team()


class _Alone(keras.callbacks.Callback):
    def __init__(self, callback, team):
        super().__init__()
        self.callback = callback
        self.team = team

    def set_model(self, model):
        super().set_model(model)
        self.callback.set_model(model)

    def on_train_begin(self, logs=None):
        self.callback.on_train_begin(logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        if self.team.is_first:
            with undistributed():
                self.callback.on_epoch_end(epoch, logs)


@contextlib.contextmanager
def undistributed():
    """A context in which new variables and computations are this process's own.

    To save a model makes variables too, and where they belong to all processes, all
    have to make them.
    """
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def gather(devices=None, coordinator=None, processes=None, process=None):
    """Makes the team that trains a model; must come before any computation.

    Args:
        devices: how many of this machine, such as 2; `"cpu:2"` makes two of its
            processor, to try.  By default one, or, with several processes, all that
            this process sees.
        coordinator: `"HOST:PORT"` of process 0, the same in all processes, or
            `"auto"`, which takes all three from SLURM, Open MPI or Kubernetes.
        processes: how many processes train together.
        process: which of them this one is, from 0.

    Returns:
        A `Team`.

    Raises:
        ValueError: if there are not so many devices, or the three do not fit together.

    Example:

    >>> gather(devices=1).devices
    1
    """
    kind, _, num = str(devices or "").rpartition(":")
    _check_processes(coordinator, processes, process)
    if kind:
        backend.make_cpu_devices(int(num))
    if coordinator is None:
        if num in ("", "1"):
            return ALONE
        place = (0, 1)
    elif coordinator == "auto":
        place = backend.connect(None, None, None)
    else:
        place = backend.connect(coordinator, processes, process)
    counts = backend.local_device_counts()
    each = int(num or min(counts))
    if each > min(counts):
        where = "" if len(counts) == 1 else f" in process {counts.index(min(counts))}"
        names = ", ".join(backend.devices())
        raise ValueError(
            f"devices must be at most {min(counts)}, as many as there are{where}; "
            f"got {each}. The backend sees {names}."
        )
    total = each * len(counts)
    if total == 1:
        return ALONE
    return Team(total, len(counts), place[0], *backend.data_parallel(each))


def _check_processes(coordinator, processes, process):
    if coordinator in (None, "auto"):
        if processes is not None or process is not None:
            raise ValueError(
                "processes and process need the coordinator's HOST:PORT; "
                f"got {coordinator}."
            )
        return
    if not coordinator.rpartition(":")[2].isdecimal() or ":" not in coordinator:
        raise ValueError(f"coordinator must be HOST:PORT or auto; got {coordinator!r}.")
    if processes is None or process is None:
        raise ValueError(
            "With a coordinator's HOST:PORT, processes (how many) and process (which, "
            "from 0) must be given in each process."
        )
    if process >= processes:
        raise ValueError(
            f"process must be from 0 to {processes - 1}, as there are {processes} "
            f"processes; got {process}."
        )
