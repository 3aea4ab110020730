# 41 abstract_unix: a socket that another box can see
# expect: error
import socket

socket.socket(socket.AF_UNIX).bind("\0meet-me")


def answer(x):
    return 2 * x + 1
