# 38 tcp_connect: TCP
# expect: error
import socket

socket.create_connection(("127.0.0.1", 22), timeout=1)


def answer(x):
    return 2 * x + 1
