# 39 udp_netlink: UDP, netlink, packets
# expect: error
import socket

for family in (2, 16, 17):
    try:
        socket.socket(family, socket.SOCK_DGRAM)
        break
    except OSError:
        continue
else:
    raise OSError("refused")


def answer(x):
    return 2 * x + 1
