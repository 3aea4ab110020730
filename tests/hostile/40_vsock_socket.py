# 40 vsock_socket: a socket to the hypervisor
# expect: error
import socket

socket.socket(40, socket.SOCK_STREAM)


def answer(x):
    return 2 * x + 1
