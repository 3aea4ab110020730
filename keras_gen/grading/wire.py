"""Frames between judge and worker: a JSON header and raw arrays, over a socket.

    b"KCG1" | u32 length of the JSON | u64 length of the data | JSON | data

The JSON is an object; its key `arrays` lists `[name, dtype, shape]` of each array, and
the data are their bytes in that order, little-endian, row by row, without gaps. There
are no offsets that could overlap or point outside: the lengths must simply add up. That
is why no other format (safetensors, npy) is used: it would be read by more code, which
accepts more. Nothing that arrives is executed, and nothing is larger than the caps.

The file lies in the box too, so it imports the standard library and NumPy only.

Example:

>>> import socket
>>> import numpy as np
>>> judge, worker = socket.socketpair()
>>> send(judge, {"op": "call"}, {"x": np.ones((2, 3), "float32")}, seconds=1)
>>> header, arrays = receive(worker, seconds=1)
>>> header, arrays["x"].shape
({'op': 'call'}, (2, 3))
>>> judge.close(), worker.close()
(None, None)
"""

import json
import math
import re
import select
import struct
import time

import numpy as np

MAGIC = b"KCG1"
PREFIX = struct.Struct("<4sIQ")
JSON_BYTES = 2**18
DATA_BYTES = 2**26
ARRAYS = 256
ELEMENTS = 2**24  # of all arrays of a frame together
DIMENSIONS = 8
NAME_LENGTH = 128
DEPTH = 32
DTYPES = ("bool", "float16", "float32", "float64")
DTYPES += tuple(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
# Strings with all that they hold. Possessive, and the closing quote is optional, so
# that no text makes the search go back.
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


class WireError(Exception):
    """What arrived, or was to be sent, is no frame: verdict `protocol`."""


class WireTimeout(WireError):
    """The other side did not send, or did not read, in time."""


class WireClosed(WireError):
    """The other side has closed the channel."""


def wait(sock, writing: bool, seconds: float) -> None:
    """Returns when the socket is ready, after `seconds`, or sooner for no reason."""
    poll = select.poll()
    poll.register(sock, select.POLLOUT if writing else select.POLLIN)
    poll.poll(math.ceil(min(seconds, 3600) * 1000))


def send(sock, header: dict, arrays: dict, seconds: float, wait=wait) -> None:
    """Sends one frame.

    Args:
        sock: a connected stream socket; it becomes non-blocking.
        header: what JSON takes, without the key `arrays`, without NaN or infinity.
        arrays: NumPy arrays by name, of booleans, integers or floats.
        seconds: how long the whole frame may take; `math.inf` waits for ever.
        wait: waits for the socket; called as the function `wait` of this module.

    Raises:
        WireError: the frame would break a cap or a rule; nothing was sent.
        WireTimeout: the other side did not read in time.
        WireClosed: the other side has gone.
    """
    text, parts = encode(header, arrays)
    size = sum(part.nbytes for part in parts)
    deadline = time.monotonic() + seconds
    sock.setblocking(False)
    for part in (PREFIX.pack(MAGIC, len(text), size) + text, *parts):
        rest = memoryview(part).cast("B") if len(part) else b""
        while rest:
            try:
                rest = rest[sock.send(rest) :]
            except BlockingIOError:
                wait(sock, True, time_left(deadline))
            except (BrokenPipeError, ConnectionResetError):
                raise WireClosed("The channel is closed.") from None


def receive(sock, seconds: float, wait=wait) -> tuple[dict, dict]:
    """Receives one frame, whole and checked.

    Args:
        sock: a connected stream socket; it becomes non-blocking.
        seconds: how long the whole frame may take; `math.inf` waits for ever.
        wait: waits for the socket; called as the function `wait` of this module.

    Returns:
        The header and the arrays by name. The arrays are new memory, of the dtypes in
        `DTYPES` and no others.

    Raises:
        WireError: what came is no frame.
        WireTimeout: no whole frame came in time.
        WireClosed: the channel was closed before a whole frame came.
    """
    deadline = time.monotonic() + seconds
    sock.setblocking(False)
    prefix = read_exactly(sock, PREFIX.size, deadline, wait)
    magic, json_bytes, data_bytes = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError("A frame does not begin with its mark.")
    check_cap(json_bytes, JSON_BYTES, "bytes of JSON")
    check_cap(data_bytes, DATA_BYTES, "bytes of data")
    # The header is checked before memory for the data is taken.
    header = parse(bytes(read_exactly(sock, json_bytes, deadline, wait)))
    layout = check_layout(header.pop("arrays", []), data_bytes)
    data = read_exactly(sock, data_bytes, deadline, wait)
    arrays, start = {}, 0
    for name, dtype, shape in layout:
        count = math.prod(shape)
        flat = np.empty(count, dtype)
        if count:
            flat[:] = np.frombuffer(data, flat.dtype, count, start)
        if dtype == "bool":  # bytes other than 0 and 1 are no booleans
            flat = flat.view("uint8") != 0
        arrays[name] = flat.reshape(shape)
        start += flat.nbytes
    return header, arrays


def encode(header: dict, arrays: dict) -> tuple[bytes, list]:
    """The JSON of a frame, and its arrays as flat ones; raises `WireError`."""
    if "arrays" in header:
        raise WireError("The key 'arrays' of a header belongs to the wire.")
    layout, parts = [], []
    for name, array in arrays.items():
        array = np.asarray(array)
        layout.append([name, array.dtype.name, list(array.shape)])
        flat = np.ascontiguousarray(array).reshape(-1)
        parts.append(flat.astype(flat.dtype.newbyteorder("<"), copy=False))
    check_layout(layout, sum(part.nbytes for part in parts))
    try:
        text = json.dumps({**header, "arrays": layout}, allow_nan=False)
        # A lone surrogate, as in a student's message, is sent as a question mark.
        text = json.dumps(json.loads(text), ensure_ascii=False).encode(
            "utf8", "replace"
        )
    except (TypeError, ValueError, RecursionError) as fault:
        raise WireError(f"JSON does not take the header: {fault}") from None
    check_cap(len(text), JSON_BYTES, "bytes of JSON")
    check_depth(text)
    return text, parts


def read_exactly(sock, count: int, deadline: float, wait) -> bytearray:
    """Reads `count` bytes, or raises `WireTimeout` or `WireClosed`."""
    data = bytearray(count)
    rest = memoryview(data)
    while rest:
        try:
            got = sock.recv_into(rest)
        except BlockingIOError:
            wait(sock, False, time_left(deadline))
            continue
        except ConnectionResetError:
            got = 0
        if not got:
            raise WireClosed("The channel is closed.")
        rest = rest[got:]
        time_left(deadline)  # a drip that never blocks comes to an end too
    return data


def time_left(deadline: float) -> float:
    """Seconds until the deadline; raises `WireTimeout` when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise WireTimeout("No whole frame came through in time.")
    return left


def check_cap(value: int, cap: int, what: str) -> None:
    """Raises `WireError` if there is more than the cap."""
    if value > cap:
        raise WireError(f"A frame has {value} {what}; at most {cap} are allowed.")


def check_depth(text: bytes) -> None:
    """Raises `WireError` if brackets nest too deep; the parser would recurse."""
    depth = 0
    for bracket in re.findall(rb"[\[\]{}]", STRING.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        check_cap(depth, DEPTH, "brackets inside each other")


def parse(text: bytes) -> dict:
    """The JSON object that `text` is; raises `WireError` for anything else."""
    check_depth(text)
    try:
        header = json.loads(
            text.decode("utf8"),
            object_pairs_hook=without_duplicates,
            parse_float=finite,
            parse_constant=finite,
        )
        json.dumps(header, ensure_ascii=False).encode("utf8")  # no lone surrogates
    except (ValueError, RecursionError) as fault:
        raise WireError(f"The header is no JSON that we take: {fault}") from None
    if not isinstance(header, dict):
        raise WireError("The header is not a JSON object.")
    return header


def without_duplicates(pairs: list) -> dict:
    """The object of these pairs; raises `ValueError` if a key comes twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key comes twice")
    return made


def finite(text: str) -> float:
    """The number; raises `ValueError` for NaN, infinity, and what overflows to it."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is not finite")
    return value


def check_layout(layout, data_bytes: int) -> list[tuple[str, str, tuple[int, ...]]]:
    """Names, dtypes and shapes of a frame's arrays, all checked.

    Raises:
        WireError: they break a cap, repeat a name, or do not add up to the data.
    """
    if not isinstance(layout, list):
        raise WireError("'arrays' is not a list.")
    check_cap(len(layout), ARRAYS, "arrays")
    checked = [check_array(entry) for entry in layout]
    if len({name for name, _, _ in checked}) < len(checked):
        raise WireError("Two arrays of a frame have the same name.")
    counts = [math.prod(shape) for _, _, shape in checked]
    check_cap(sum(counts), ELEMENTS, "elements")
    sizes = [
        n * np.dtype(dtype).itemsize
        for n, (_, dtype, _) in zip(counts, checked, strict=True)
    ]
    check_cap(sum(sizes), DATA_BYTES, "bytes of data")
    if sum(sizes) != data_bytes:
        raise WireError(f"The arrays need {sum(sizes)} bytes; {data_bytes} are there.")
    return checked


def check_array(entry) -> tuple[str, str, tuple[int, ...]]:
    """Name, dtype and shape of one array; raises `WireError`."""
    if not isinstance(entry, list) or len(entry) != 3:
        raise WireError("An array is not described by name, dtype and shape.")
    name, dtype, shape = entry
    if not isinstance(name, str) or len(name) > NAME_LENGTH:
        raise WireError("An array's name is no short string.")
    if dtype not in DTYPES:
        raise WireError(f"An array's dtype is none of {', '.join(DTYPES)}.")
    if not isinstance(shape, list) or len(shape) > DIMENSIONS:
        raise WireError(f"A shape is no list of at most {DIMENSIONS} lengths.")
    for length in shape:
        if type(length) is not int or not 0 <= length <= ELEMENTS:
            raise WireError(f"A shape has a length that is not in 0 to {ELEMENTS}.")
    return name, dtype, tuple(shape)
