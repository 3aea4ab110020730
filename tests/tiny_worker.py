"""A worker for tests of the box: runs source, tells a result, answers `answer(x)`."""

import json
import math
import os
import socket
import sys

import lockdown
import wire

sock = socket.socket(fileno=int(sys.argv[1]))
if "KERAS_BACKEND" in os.environ:
    import keras  # noqa: F401
namespace = {"sock": sock, "wire": wire}


def do(header, arrays):
    """The reply to a request."""
    if header["op"] == "lock":
        lockdown.lock()
    if header["op"] == "run":
        exec(header["source"], namespace)
        return {"result": json.loads(json.dumps(namespace.get("result")))}, {}
    if header["op"] == "call":
        return {}, {"y": namespace["answer"](arrays["x"])}
    return {}, {}


wire.send(sock, {"op": "ready"}, {}, 60)
while True:
    header, arrays = wire.receive(sock, math.inf)
    try:
        reply, answers = do(header, arrays)
        wire.send(sock, {**reply, "id": header["id"]}, answers, 60)
    except wire.WireClosed:
        break
    except BaseException as fault:
        text = f"{type(fault).__name__}: {fault}"[:2000]
        wire.send(sock, {"id": header["id"], "error": text}, {}, 60)
