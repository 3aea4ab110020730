"""What a box's kernel refuses: two filters of system calls, as programs for seccomp.

Stage 1 holds from the box's start: it takes away what a sandbox never needs and where
bugs of kernels live. The worker loads stage 2 when Keras is imported, before it runs a
submission: no new process, no program, no socket, no lock that others can see. Threads,
files and memory remain, so Keras trains, saves and loads.

Both are written here rather than by libseccomp, so that nothing needs to be installed,
and one machine can make, and test, the program of another. Numbers of system calls are
those of the Linux headers; `man 2 seccomp` and `linux/filter.h` describe the format.
"""

import platform
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
# Newer than what is listed below: refused as if the kernel were older. The second table
# of x86_64, x32, begins far above.
FIRST_UNKNOWN = 454
PID = 0x7E57C0DE  # stands where the worker puts its own number

ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x00050000 | 1, 0x00050000 | 38

# A name, its number on x86_64, its number on aarch64. Why they are refused: a place
# where one run leaves something to the next (keys, shared memory, queues), a way round
# this filter (io_uring) or round namespaces (handles), other processes, the system's
# own business, or a history of holes.
ALWAYS = """
add_key 248 217, request_key 249 218, keyctl 250 219,
shmget 29 194, shmat 30 196, shmctl 31 195, shmdt 67 197, semget 64 190, semop 65 193,
semctl 66 191, semtimedop 220 192, msgget 68 186, msgsnd 69 189, msgrcv 70 188,
msgctl 71 187, mq_open 240 180, mq_unlink 241 181, mq_timedsend 242 182,
mq_timedreceive 243 183, mq_notify 244 184, mq_getsetattr 245 185,
io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427,
bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, memfd_secret 447 447,
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, kcmp 312 272,
pidfd_getfd 438 438, process_madvise 440 440, process_mrelease 448 448,
move_pages 279 239, migrate_pages 256 238, personality 135 92,
mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, open_tree 428 428,
move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433,
mount_setattr 442 442, quotactl 179 60, quotactl_fd 443 443, unshare 272 97,
setns 308 268, name_to_handle_at 303 264, open_by_handle_at 304 265, vmsplice 278 75,
fanotify_init 300 262, fanotify_mark 301 263,
kexec_load 246 104, kexec_file_load 320 294, create_module 174 -, init_module 175 105,
finit_module 313 273, delete_module 176 106, swapon 167 224, swapoff 168 225,
reboot 169 142, acct 163 89, settimeofday 164 170, clock_settime 227 112,
clock_adjtime 305 266, adjtimex 159 171, iopl 172 -, ioperm 173 -, modify_ldt 154 -,
sethostname 170 161, setdomainname 171 162, syslog 103 116, vhangup 153 58,
uselib 134 -, nfsservctl 180 42, lookup_dcookie 212 18, _sysctl 156 -
"""
FOR_STUDENTS = """
fork 57 -, vfork 58 -, execve 59 221, execveat 322 281,
socket 41 198, socketpair 53 199, connect 42 203, bind 49 200, listen 50 201,
accept 43 202, accept4 288 242,
setrlimit 160 164, setpriority 141 140, ioprio_set 251 30, sched_setscheduler 144 119,
sched_setparam 142 118, sched_setattr 314 274, sched_setaffinity 203 122,
setsid 112 157, setpgid 109 154, setuid 105 146, setgid 106 144, setreuid 113 145,
setregid 114 143, setresuid 117 147, setresgid 119 149, setgroups 116 159,
setfsuid 122 151, setfsgid 123 152, capset 126 91,
tkill 200 130, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240,
pidfd_open 434 434, pidfd_send_signal 424 424,
flock 73 32, mknod 133 -, mknodat 259 33, fallocate 285 47, memfd_create 319 279,
inotify_init 253 -, inotify_init1 294 26
"""
# Where nothing is mounted for the box, these would reach any file of its user.
WITHOUT_MOUNTS = """
chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452,
chown 92 -, lchown 94 -, fchown 93 55, fchownat 260 54,
setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7,
removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16,
utime 132 -, utimes 235 -, futimesat 261 -, utimensat 280 88
"""
# The C library then takes the older `clone`, whose flags a filter can read.
MISSING = "clone3 435 435"

# (system call, which half of which argument, what it may be). Low halves, where the
# kernel looks at no more than that.
NEW_NAMESPACES = 0x7E020080  # CLONE_NEW* of linux/sched.h
CLONE_THREAD = 0x10000
TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into the terminal
AF_UNIX = 1
# F_SETLK, F_SETLKW, F_SETOWN, F_SETSIG, F_SETOWN_EX, F_OFD_SETLK, F_OFD_SETLKW,
# F_SETLEASE, F_NOTIFY: locks that others see, and signals
LOCKS = (6, 7, 8, 10, 15, 37, 38, 1024, 1026)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
# TCGETS and TCGETS2 (is it a terminal?), TIOCGWINSZ, FIONREAD, FIONBIO, FIO(N)CLEX: not
# whom a signal goes to, nor what file systems offer.
HARMLESS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
ALWAYS_ARGUMENTS = (
    ("clone 56 220", 0, "low", "without", (NEW_NAMESPACES,)),
    ("socket 41 198", 0, "low", "only", (AF_UNIX,)),
    ("socketpair 53 199", 0, "low", "only", (AF_UNIX,)),
    ("ioctl 16 29", 1, "low", "never", TERMINAL),
)
STUDENTS_ARGUMENTS = (
    ("clone 56 220", 0, "low", "with", (CLONE_THREAD,)),
    ("prlimit64 302 261", 2, "low", "only", (0,)),
    ("prlimit64 302 261", 2, "high", "only", (0,)),
    ("kill 62 129", 0, "low", "only", (PID,)),
    ("tgkill 234 131", 0, "low", "only", (PID,)),
    ("fcntl 72 25", 1, "low", "never", LOCKS),
    ("prctl 157 167", 0, "low", "never", (PR_SET_PDEATHSIG, PR_SET_DUMPABLE)),
)
WITHOUT_MOUNTS_ARGUMENTS = (
    *(rule for rule in ALWAYS_ARGUMENTS if not rule[0].startswith("ioctl")),
    ("ioctl 16 29", 1, "low", "one of", HARMLESS),
)

# Instructions of the filter machine (linux/bpf_common.h).
LOAD, RETURN = 0x20, 0x06
IF_EQUAL, IF_GREATER, IF_AT_LEAST, IF_ANY_BIT = 0x15, 0x25, 0x35, 0x45


def stage_1(architecture: str | None = None, mounts: bool = True) -> bytes:
    """The filter of a box's whole life.

    Args:
        architecture: `x86_64` or `aarch64`; this machine's if None.
        mounts: whether the box mounts what it sees, or shares the machine's files.

    Returns:
        A program as `bwrap --seccomp` reads it: 8 bytes an instruction.

    Raises:
        ValueError: no list of system calls is known for the architecture.

    Example:

    >>> len(stage_1("x86_64")) % 8
    0
    """
    if mounts:
        return program(architecture, ALWAYS, ALWAYS_ARGUMENTS)
    refused = f"{ALWAYS}, {WITHOUT_MOUNTS}"
    return program(architecture, refused, WITHOUT_MOUNTS_ARGUMENTS)


def stage_2(architecture: str | None = None) -> bytes:
    """The filter that the worker adds before it runs a submission.

    Args:
        architecture: `x86_64` or `aarch64`; this machine's if None.

    Returns:
        A program as in `stage_1`, with `PID` where the worker's number belongs.

    Raises:
        ValueError: no list of system calls is known for the architecture.

    Example:

    >>> struct.pack("=I", PID) in stage_2("aarch64")
    True
    """
    return program(architecture, FOR_STUDENTS, STUDENTS_ARGUMENTS)


def program(architecture: str | None, refused: str, arguments: tuple) -> bytes:
    """The filter that refuses these calls, and those with such arguments."""
    architecture = architecture or platform.machine()
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(f"No filter for a processor {architecture!r}; one of {known}.")
    code = [(LOAD, 4, None, None)]  # seccomp_data.arch
    code += [(IF_EQUAL, ARCHITECTURES[architecture], None, "kill")]
    code += [(LOAD, 0, None, None)]  # seccomp_data.nr
    code += [(IF_AT_LEAST, FIRST_UNKNOWN, "missing", None)]
    for first, last in spans(numbers(MISSING, architecture)):
        code += refuse(first, last, "missing")
    for first, last in spans(numbers(refused, architecture)):
        code += refuse(first, last, "refused")
    for call, argument, half, rule, values in arguments:
        (number,) = numbers(call, architecture)
        offset = 16 + 8 * argument + (4 if half == "high" else 0)
        tests = test(rule, values)
        # The call's number is loaded again behind the tests.
        code += [(IF_EQUAL, number, None, len(tests) + 2), (LOAD, offset, None, None)]
        code += [*tests, (LOAD, 0, None, None)]
    code += [(RETURN, ALLOW, None, None)]
    ends = {"refused": EPERM, "missing": ENOSYS, "kill": KILL}
    places = {name: len(code) + i for i, name in enumerate(ends)}
    code += [(RETURN, value, None, None) for value in ends.values()]
    return b"".join(instruction(i, *step, places) for i, step in enumerate(code))


def numbers(table: str, architecture: str) -> list[int]:
    """The numbers of a table's system calls, in order, where they exist."""
    column = 1 + list(ARCHITECTURES).index(architecture)
    cells = [line.split()[column] for line in table.split(",")]
    return sorted(int(cell) for cell in cells if cell != "-")


def spans(sorted_numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers without a gap.

    >>> spans([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    found = []
    for number in sorted_numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def refuse(first: int, last: int, end: str) -> list[tuple]:
    """Instructions that end the program for a call in a span of numbers."""
    if first == last:
        return [(IF_EQUAL, first, end, None)]
    return [(IF_AT_LEAST, first, None, 1), (IF_GREATER, last, None, end)]


def test(rule: str, values: tuple) -> list[tuple]:
    """Instructions that refuse a call whose argument, just loaded, breaks the rule."""
    if rule == "only":
        return [(IF_EQUAL, values[0], None, "refused")]
    if rule == "with":
        return [(IF_ANY_BIT, values[0], None, "refused")]
    if rule == "without":
        return [(IF_ANY_BIT, values[0], "refused", None)]
    if rule == "one of":
        last = len(values) - 1
        ways = [(IF_EQUAL, v, last - i, None) for i, v in enumerate(values)]
        return [*ways[:last], (IF_EQUAL, values[last], None, "refused")]
    return [(IF_EQUAL, value, "refused", None) for value in values]  # never


def instruction(place, code, value, if_true, if_false, places) -> bytes:
    """Eight bytes; a jump goes to a name, over a number of instructions, or on."""

    def distance(target) -> int:
        steps = places[target] - place - 1 if isinstance(target, str) else target or 0
        if not 0 <= steps < 256:
            raise ValueError("The filter is too long for its jumps.")
        return steps

    return struct.pack("=HBBI", code, distance(if_true), distance(if_false), value)
