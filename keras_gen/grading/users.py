"""One user a box: numbers that no two boxes have at once; and what a user may do."""

import contextlib
import pwd
import secrets
import socket
from pathlib import Path

# Nobody gets these (systemd's list in "Users, Groups, UIDs and GIDs").
NUMBERS = range(60600, 61184)


@contextlib.contextmanager
def lease():
    """Gives a user's number for as long as the block runs.

    The kernel keeps the list: a number is taken while a socket of its name is bound,
    and is free again when its owner ends, however it ends.

    Raises:
        RuntimeError: all numbers are taken.

    Example:

    >>> with lease() as one, lease() as other:
    ...     one != other
    True
    """
    first = secrets.randbelow(len(NUMBERS))
    for step in range(len(NUMBERS)):
        number = NUMBERS[(first + step) % len(NUMBERS)]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
            try:
                claim.bind(f"\0keras-gen-user-{number}")
            except OSError:
                continue
            if not has_name(number):
                yield number
                return
    raise RuntimeError(f"All {len(NUMBERS)} users for boxes are taken.")


def has_name(number: int) -> bool:
    """Tells whether the number belongs to somebody."""
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True


def shut_in(pid: int, user: int, was_root: bool = True) -> None:
    """Looks at a worker from outside.

    Args:
        pid: its process.
        user: whose it should be.
        was_root: whether it began as root's, and so could have given up everything.

    Raises:
        OSError: it is another's, or may do something, or is not filtered.
    """
    text = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    found = fields["Uid"].split()
    rights = ["Inh", "Prm", "Eff", "Amb"]
    if was_root:
        found += fields["Gid"].split() + fields["Groups"].split()
        rights.append("Bnd")
    if set(found) != {str(user)} or any(int(fields[f"Cap{one}"], 16) for one in rights):
        raise OSError("a worker has another user's or root's rights")
    if fields["NoNewPrivs"].strip() != "1" or fields["Seccomp"].strip() != "2":
        raise OSError("a worker's system calls are not filtered")
