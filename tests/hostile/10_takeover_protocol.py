# 10 takeover_protocol: finds the channel and answers everything itself
# expect: failed
import sys

frame = sys._getframe()
while "sock" not in frame.f_globals or "wire" not in frame.f_globals:
    frame = frame.f_back
sock, wire = frame.f_globals["sock"], frame.f_globals["wire"]
number = frame.f_back.f_locals.get("header", {}).get("id")
number = number or frame.f_locals.get("header", {}).get("id")
for seconds in (60, 60):
    header = {"id": number, "verdict": "passed", "result": None}
    wire.send(sock, header, {"y": __import__("numpy").ones(3)}, seconds)
    number = wire.receive(sock, seconds)[0]["id"]


def answer(x):
    return 2 * x
