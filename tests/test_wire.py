"""The wire between judge and worker: what it carries, and all that it refuses."""

import json
import math
import socket
import struct
import threading
import time

import numpy as np
import pytest

from keras_gen.grading import wire


@pytest.fixture
def pair():
    """The judge's end and the worker's end of a channel."""
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def frame(text=b"{}", data=b"", json_bytes=None, data_bytes=None, magic=b"KCG1"):
    """The bytes of a frame, right or wrong."""
    json_bytes = len(text) if json_bytes is None else json_bytes
    data_bytes = len(data) if data_bytes is None else data_bytes
    return struct.pack("<4sIQ", magic, json_bytes, data_bytes) + text + data


def with_arrays(*entries, data=b""):
    """The bytes of a frame whose header describes these arrays."""
    return frame(json.dumps({"arrays": entries}).encode(), data)


def read(data: bytes):
    """What `receive` makes of these bytes, sent by a peer that then hangs up."""
    judge, worker = socket.socketpair()
    thread = threading.Thread(target=feed, args=(worker, data))
    thread.start()
    try:
        return wire.receive(judge, seconds=20)
    finally:
        judge.close()
        thread.join()


def feed(sock, data):
    with sock:
        try:
            sock.sendall(data)
        except OSError:
            pass  # the judge has seen enough


@pytest.mark.parametrize("dtype", wire.DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (5,), (2, 3, 4)])
def test_arrays_arrive_as_they_were_sent(pair, dtype, shape):
    sent = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    wire.send(pair[0], {"op": "x"}, {"first": sent, "": sent + sent}, 5)
    header, arrays = wire.receive(pair[1], 5)
    assert header == {"op": "x"}
    assert list(arrays) == ["first", ""]
    assert arrays["first"].dtype == dtype and arrays["first"].shape == shape
    np.testing.assert_array_equal(arrays["first"], sent)
    np.testing.assert_array_equal(arrays[""], sent + sent)
    assert arrays["first"].flags.writeable


def test_order_of_bytes_and_of_memory_does_not_matter(pair):
    numbers = np.arange(6, dtype=">f4").reshape(2, 3).T
    wire.send(pair[0], {}, {"x": numbers, "y": numbers[::2]}, 5)
    _, arrays = wire.receive(pair[1], 5)
    np.testing.assert_array_equal(arrays["x"], numbers)
    np.testing.assert_array_equal(arrays["y"], numbers[::2])


def test_not_a_number_travels_in_arrays_only(pair):
    wire.send(pair[0], {}, {"x": np.array([np.nan, np.inf])}, 5)
    assert np.isnan(wire.receive(pair[1], 5)[1]["x"][0])
    with pytest.raises(wire.WireError):
        wire.send(pair[0], {"x": math.nan}, {}, 5)


def test_headers_arrive_as_json(pair):
    header = {"text": 'ä "{[" \\ \n \x1b', "number": 0.1, "deep": [[{"a": None}]]}
    wire.send(pair[0], header, {}, 5)
    assert wire.receive(pair[1], 5) == (header, {})


def test_a_lone_surrogate_is_sent_as_a_question_mark(pair):
    wire.send(pair[0], {"message": "a\ud800b"}, {}, 5)
    assert wire.receive(pair[1], 5)[0] == {"message": "a?b"}


def test_large_frames_pass_while_the_other_side_reads(pair):
    sent = np.random.default_rng(0).normal(size=2**21)
    thread = threading.Thread(target=wire.send, args=(pair[0], {}, {"x": sent}, 30))
    thread.start()
    _, arrays = wire.receive(pair[1], 30)
    thread.join()
    np.testing.assert_array_equal(arrays["x"], sent)


NESTED = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BAD_FRAMES = {
    "pickle": b"\x80\x04\x95" + b"x" * 40,
    "mark": frame(magic=b"KCG2"),
    "verdict": b"\x01" * 64,
    "json of 2^32": frame(json_bytes=2**32 - 1),
    "json over the cap": frame(b"[" + b" " * 2**18 + b"]"),
    "data of 2^64": frame(data_bytes=2**64 - 1),
    "data over the cap": frame(data_bytes=2**26 + 1),
    "no json": frame(b""),
    "half of a json": frame(b'{"a": [1, 2'),
    "a list": frame(b"[]"),
    "a number": frame(b"7"),
    "two objects": frame(b"{}{}"),
    "not utf-8": frame(b'{"a": "\xff"}'),
    "utf-16": frame('{"a": 1}'.encode("utf-16")),
    "lone surrogate": frame(b'{"a": "\\ud800"}'),
    "lone surrogate as a key": frame(b'{"\\udc80": 1}'),
    "nan": frame(b'{"a": NaN}'),
    "infinity": frame(b'{"a": -Infinity}'),
    "overflow": frame(b'{"a": 1e999}'),
    "an integer of 5,000 digits": frame(b'{"a": ' + b"9" * 5000 + b"}"),
    "key twice": frame(b'{"op": 1, "op": 2}'),
    "key twice below": frame(b'{"a": [{"op": 1, "op": 2}]}'),
    "deep": frame(NESTED),
    "deep objects": frame(b'{"a":' * 40 + b"1" + b"}" * 40),
    "never closed": frame(b'{"a":' * 50_000),
    "closing first": frame(b"]" * 200_000 + b"[" * 60_000),
    "quotes that never end": frame(b'\\"' * 131_000),
    "backslashes": frame(b'"' + b"\\" * 262_000),
    "data without arrays": frame(b"{}", b"1234"),
    "arrays without data": with_arrays(["x", "float32", [1]]),
    "too little data": with_arrays(["x", "float32", [2]], data=b"1234567"),
    "too much data": with_arrays(["x", "float32", [2]], data=b"123456789"),
    "arrays is an object": frame(b'{"arrays": {"x": 1}}'),
    "arrays is null": frame(b'{"arrays": null}'),
    "offsets": with_arrays(
        ["x", "uint8", [4], 0], ["y", "uint8", [4], 2], data=b"1234"
    ),
    "an object for an array": with_arrays({"name": "x"}),
    "same name": with_arrays(["x", "int8", [1]], ["x", "int8", [1]], data=b"12"),
    "name is a number": with_arrays([1, "int8", [1]], data=b"1"),
    "name is long": with_arrays(["x" * 129, "int8", [1]], data=b"1"),
    "object": with_arrays(["x", "object", [1]], data=b"12345678"),
    "object by its letter": with_arrays(["x", "O", [1]], data=b"12345678"),
    "structure": with_arrays(["x", "i4,O", [1]], data=b"123456781234"),
    "complex": with_arrays(["x", "complex64", [1]], data=b"12345678"),
    "text": with_arrays(["x", "U2", [1]], data=b"12345678"),
    "dtype is a list": with_arrays(["x", ["f4"], [1]], data=b"1234"),
    "shape is a number": with_arrays(["x", "int8", 1], data=b"1"),
    "negative": with_arrays(["x", "int8", [-1, -1]], data=b"1"),
    "fraction": with_arrays(["x", "int8", [1.0]], data=b"1"),
    "true": with_arrays(["x", "int8", [True]], data=b"1"),
    "2^60": with_arrays(["x", "int8", [2**60]]),
    "0 times 2^60": with_arrays(["x", "int8", [0, 2**60]]),
    "product overflows to 0": with_arrays(["x", "int8", [2**24, 2**24, 2**16]]),
    "elements": with_arrays(["x", "int8", [2**24 + 1]]),
    "elements together": with_arrays(["x", "int8", [2**24]], ["y", "int8", [1]]),
    "nine dimensions": with_arrays(["x", "int8", [1] * 9], data=b"1"),
    "257 arrays": with_arrays(*([str(i), "int8", [0]] for i in range(257))),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_bad_frame_is_refused_at_once(name):
    start = time.thread_time()
    with pytest.raises(wire.WireError) as caught:
        read(BAD_FRAMES[name])
    assert caught.type is wire.WireError, "it was read to its end"
    assert time.thread_time() - start < 1


def test_caps_themselves_are_allowed():
    text = json.dumps({"a": "x" * (2**18 - 9)}).encode()
    assert len(text) == wire.JSON_BYTES
    read(frame(text))
    read(with_arrays(*([str(i), "int8", [0]] for i in range(256))))
    _, arrays = read(with_arrays(["x" * 128, "int8", [1] * 8], data=b"1"))
    assert arrays["x" * 128].shape == (1,) * 8
    _, arrays = read(with_arrays(["x", "int8", [2**24]], data=bytes(2**24)))
    assert arrays["x"].size == wire.ELEMENTS


def test_brackets_in_texts_are_no_depth():
    text = {"a": "[" * 1000, "b": '"' + "{" * 1000, "c": "\\" + "[" * 1000}
    assert read(frame(json.dumps(text).encode())) == (text, {})


def test_bytes_that_are_no_booleans_become_some():
    _, arrays = read(with_arrays(["x", "bool", [3]], data=b"\x00\x01\xff"))
    assert arrays["x"].view("uint8").tolist() == [0, 1, 1]


@pytest.mark.parametrize("length", [0, 3, 15, 16, 20, 26])
def test_truncated_frame_is_a_closed_channel(length):
    whole = with_arrays(["x", "int8", [4]], data=b"1234")
    with pytest.raises(wire.WireClosed):
        read(whole[:length])


def test_silent_peer_is_a_timeout(pair):
    start = time.monotonic()
    with pytest.raises(wire.WireTimeout):
        wire.receive(pair[0], 0.2)
    assert 0.15 < time.monotonic() - start < 10


def test_slow_drip_is_a_timeout(pair):
    done = threading.Event()

    def drip():
        for byte in frame(b'{"a": "' + b"x" * 100_000 + b'"}'):
            if done.wait(0.01):
                return
            pair[1].send(bytes([byte]))

    thread = threading.Thread(target=drip)
    thread.start()
    start = time.monotonic()
    with pytest.raises(wire.WireTimeout):
        wire.receive(pair[0], 0.5)
    assert time.monotonic() - start < 10
    done.set()
    thread.join()


def test_peer_that_never_reads_is_a_timeout(pair):
    with pytest.raises(wire.WireTimeout):
        wire.send(pair[0], {}, {"x": np.zeros(2**21)}, 0.3)


def test_peer_that_has_gone_is_a_closed_channel(pair):
    pair[1].close()
    with pytest.raises(wire.WireClosed):
        wire.send(pair[0], {}, {}, 5)
    with pytest.raises(wire.WireClosed):
        wire.receive(pair[0], 5)


@pytest.mark.parametrize(
    ("header", "arrays"),
    [
        ({"arrays": []}, {}),
        ({"x": object()}, {}),
        ({"x": math.inf}, {}),
        ({"x": "a" * 2**18}, {}),
        ({}, {"x": np.array([object()])}),
        ({}, {"x": np.array(["text"])}),
        ({}, {"x": np.zeros(3, "complex64")}),
        ({}, {"x": np.zeros(2**23 + 1)}),
        ({}, {"x": np.zeros((1,) * 9)}),
        ({}, {7: np.zeros(1)}),
        ({}, {str(i): np.zeros(0) for i in range(257)}),
    ],
)
def test_nothing_of_a_bad_frame_is_sent(pair, header, arrays):
    with pytest.raises(wire.WireError):
        wire.send(pair[0], header, arrays, 5)
    pair[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        pair[1].recv(1)


def test_deep_header_is_not_sent(pair):
    deep = []
    for _ in range(40):
        deep = [deep]
    with pytest.raises(wire.WireError):
        wire.send(pair[0], {"x": deep}, {}, 5)


def test_wait_can_be_replaced_and_its_exceptions_come_through(pair):
    class StopIt(Exception):
        pass

    def give_up(sock, writing, seconds):
        assert sock is pair[0] and not writing and 0 < seconds <= 5
        raise StopIt

    with pytest.raises(StopIt):
        wire.receive(pair[0], 5, wait=give_up)
