"""Starts a worker in the box of its tier."""

import contextlib
import json
import os

from keras_gen.grading import bubblewrap, plain
from keras_gen.grading.launched import Launched
from keras_gen.grading.limits import Limits

WAYS = {
    "bwrap-root": bubblewrap.boxed,
    "bwrap-user": bubblewrap.boxed,
    "landlock": plain.landlocked,
    "none": plain.unboxed,
}


def start(tier: str, files: dict, channel, backend, limits: Limits) -> Launched:
    """Starts a worker.

    Args:
        tier: one of `WAYS`.
        files: contents by name; `worker.py` is run.
        channel: the worker's end of the socket pair.
        backend: Keras's backend, or None for no Keras.
        limits: what the worker may use.

    Returns:
        What was started. It may have ended again already.

    Raises:
        OSError: a program could not be started.
        RuntimeError: a program is missing.
        ValueError: no filter is known for this processor.
    """
    with contextlib.ExitStack() as stack:
        own_user = tier == "bwrap-root" or (tier == "landlock" and os.geteuid() == 0)
        files = files | {
            "limits.json": json.dumps(limits.of_process(own_user)).encode()
        }
        output, printed = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        stack.callback(os.close, output)
        os.set_blocking(printed, True)
        with os.fdopen(printed, "wb") as printed:
            what = stack, tier, files, channel, backend, limits, printed
            launched = WAYS[tier](*what)
        launched.output = output
        launched.resources = stack.pop_all()
    return launched
