"""One user a box: numbers that no two boxes have at once, on the whole machine."""

import contextlib
import pwd
import secrets
import socket

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
