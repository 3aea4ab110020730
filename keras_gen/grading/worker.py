"""Runs in the box: imports Keras, closes the box from inside, answers.

    python worker.py FD          FD is the socket to the judge

Nothing here knows what is right, and nothing that it says is believed.
"""

import math
import os
import socket
import sys

try:  # in the box, where the files lie side by side
    import beginning
    import lockdown
    import operations
    import wire
except ImportError:
    from keras_gen.grading import beginning, lockdown, operations, wire

REPLY = 60.0  # seconds in which the judge takes an answer


def main(descriptor):
    """Answers until the judge hangs up."""
    channel = socket.socket(fileno=descriptor)
    if "KERAS_BACKEND" in os.environ:
        import keras  # noqa: F401

        beginning.draw_by_numpy()
    lockdown.lock()  # so a lock that fails is no submission's death
    wire.send(channel, {"op": "ready"}, {}, REPLY)
    work = operations.Operations()
    while True:
        header, arrays = wire.receive(channel, math.inf)
        number = header.pop("id")
        reply, answers = work.answer(header, arrays)
        try:
            wire.send(channel, {**reply, "id": number}, answers, REPLY)
        except wire.WireClosed:
            return
        except wire.WireError as fault:
            told = {"error": f"The answer cannot be sent: {fault}", "kind": "error"}
            wire.send(channel, {**told, "where": "", "id": number}, {}, REPLY)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except wire.WireClosed:
        pass
