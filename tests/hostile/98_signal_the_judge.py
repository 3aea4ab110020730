# 98 signal_the_judge: ends, stops or slows down the grader
# expect: error
import ctypes
import fcntl
import os
import resource
import signal
import stat

judge, libc = int("@JUDGE@"), ctypes.CDLL(None, use_errno=True)
sockets = []
for fd in range(3, 64):
    try:
        sockets += [fd] if stat.S_ISSOCK(os.fstat(fd).st_mode) else []
    except OSError:
        continue


def check(value):
    if value < 0:
        raise OSError(ctypes.get_errno(), "refused")


def by_socket(request):
    """The kernel would signal the grader as often as it answers."""
    fcntl.ioctl(sockets[0], request, judge.to_bytes(4, "little"))
    flags = fcntl.fcntl(sockets[0], fcntl.F_GETFL)
    fcntl.fcntl(sockets[0], fcntl.F_SETFL, flags | os.O_ASYNC)


attempts = [
    lambda: os.kill(judge, signal.SIGKILL),
    lambda: os.kill(os.getppid(), signal.SIGSTOP),
    lambda: os.killpg(os.getpgid(judge), signal.SIGKILL),
    lambda: signal.pidfd_send_signal(os.pidfd_open(judge), signal.SIGKILL),
    lambda: check(libc.tgkill(judge, judge, signal.SIGKILL)),
    lambda: by_socket(0x8901),
    lambda: by_socket(0x8902),
    lambda: fcntl.fcntl(sockets[0], fcntl.F_SETOWN, judge),
    lambda: os.setpriority(os.PRIO_PROCESS, judge, 19),
    lambda: os.sched_setaffinity(judge, {0}),
    lambda: resource.prlimit(judge, resource.RLIMIT_CPU, (1, 1)),
    lambda: check(libc.prctl(1, 0, 0, 0, 0)),
]
for attempt in attempts:
    try:
        attempt()
        break
    except OSError:
        continue
else:
    raise OSError("refused")


def answer(x):
    return 2 * x + 1
