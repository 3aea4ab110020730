"""What a box may see of this machine: an interpreter, shared libraries, some packages.

An allow-list: the packages that Keras, its backends, NumPy and SciPy require, as their
metadata say, and nothing else that lies beside them. So a submission finds no copy of
this library (its models are the solutions), no test runner, and no notebook server; and
Keras imports faster where scikit-learn and matplotlib are missing.

Everything gets a fixed place inside, wherever it is outside: the interpreter below
`/rt/python`, packages in `/rt/site`. So no path of this machine reaches a submission's
code by way of `sys.path` or a traceback.
"""

import functools
import re
import shutil
import stat
import sys
import sysconfig
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PACKAGES = ("keras", "jax", "tensorflow", "tensorflow-cpu", "numpy", "scipy")
PYTHON, SITE = "/rt/python", "/rt/site"
# Shared libraries of the system, where they exist; all of /usr would show its programs.
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64")
SYSTEM = ("/usr", "/usr/local")  # an interpreter's folder there is everybody's


@dataclass(frozen=True)
class Runtime:
    """What to mount.

    Attributes:
        binds: (path outside, path inside) of files and folders, in order.
        links: (target, path inside) of symbolic links.
        hidden: folders inside that are covered by an empty one.
        python: the interpreter's path inside.
        setpriv: the path inside of the program that changes the user, or None.
    """

    binds: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    python: str
    setpriv: str | None


@functools.lru_cache(maxsize=1)
def find() -> Runtime:
    """Finds what this process itself runs on; searched once a process.

    Raises:
        RuntimeError: a package has no list of its files.

    Example:

    >>> "keras" in {Path(inside).name for _, inside in find().binds}
    True
    """
    binds, links, hidden = [], [], []
    for path in map(Path, LIBRARIES):
        if path.is_symlink():
            links.append((str(path.readlink()), str(path)))
        elif path.is_dir():
            binds.append((str(path), str(path)))
            hidden += map(str, path.glob("python3*"))
    python, more = interpreter()
    for outside, inside in more:
        binds.append((outside, inside))
        for pattern in ("site-packages", "dist-packages", "python3*/*-packages"):
            hidden += (
                str(inside / found.relative_to(outside))
                for found in Path(outside).glob(pattern)
            )
    binds += [(str(path), f"{SITE}/{path.name}") for path in entries(PACKAGES)]
    setpriv = shutil.which("setpriv")
    if setpriv:
        binds.append((setpriv, "/rt/setpriv"))
    return Runtime(
        tuple((str(outside), str(inside)) for outside, inside in binds),
        tuple(links),
        tuple(dict.fromkeys(hidden)),
        python,
        "/rt/setpriv" if setpriv else None,
    )


def links(seen: Runtime, root: Path) -> list[str]:
    """Lays a runtime out as symbolic links, where nothing can be mounted.

    Args:
        seen: what to link to.
        root: folder; what is at `/rt/site` in a mounted box is at `rt/site` below it.

    Returns:
        The files and folders outside that the links lead to, and those of the system.
    """
    found = []

    def link(outside: Path, inside: str):
        if inside in seen.hidden:
            return
        place = Path(root, inside.lstrip("/"))
        if any(one.startswith(f"{inside}/") for one in seen.hidden):
            for child in outside.iterdir():
                link(child, f"{inside}/{child.name}")
            return
        found.append(str(outside))
        if inside.startswith("/rt/"):  # else it is the system's, and stays where it is
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(outside)

    for outside, inside in seen.binds:
        link(Path(outside), inside)
    return found


def private(paths: list[str]) -> Path | None:
    """The first folder above these paths that is closed to other users, or None.

    Example:

    >>> private(["/usr/lib"])
    """
    above = sorted({folder for path in paths for folder in Path(path).parents})
    return next((one for one in above if not one.stat().st_mode & stat.S_IXOTH), None)


def interpreter() -> tuple[str, list[tuple[Path, Path]]]:
    """The interpreter's path inside, and what to bind for it."""
    program = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    base, inside = Path(sys.base_prefix).resolve(), Path(PYTHON)
    python = inside / "bin" / program.name
    binds = [(program, python)]
    if str(base) not in SYSTEM:  # an interpreter of its own may have its own libraries
        binds.append((base / sys.platlibdir, inside / sys.platlibdir))
        return str(python), binds
    standard = Path(sysconfig.get_path("stdlib"))
    binds.append((standard, inside / sys.platlibdir / standard.name))
    shared = Path(
        sysconfig.get_config_var("LIBDIR") or "",
        sysconfig.get_config_var("INSTSONAME") or "",
    )
    if ".so" in shared.name and shared.is_file():
        binds.append((shared.resolve(), inside / sys.platlibdir / shared.name))
    return str(python), binds


def entries(packages) -> list[Path]:
    """Files and folders that the packages, and all that they require, installed.

    Args:
        packages: names; those that are not installed are passed over.

    Returns:
        Paths, one level below `site-packages`, in order.

    Raises:
        RuntimeError: a package has no list of its files.
    """
    found = set()
    for package in requirements(packages):
        distribution = metadata.distribution(package)
        if distribution.files is None:
            raise RuntimeError(
                f"The box cannot tell which files belong to {package}; "
                "install it with pip or uv."
            )
        folder = Path(distribution.locate_file("")).resolve()
        tops = {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}
        # Metadata are for installers, and a .pth file runs code at start.
        found |= {
            folder / top for top in tops if not top.endswith((".dist-info", ".pth"))
        }
    return sorted(path for path in found if path.exists())


def requirements(packages) -> set[str]:
    """The packages that are installed among these and all that they require.

    Markers are not evaluated: what only another system requires is not installed.
    """
    found, queue = set(), list(packages)
    while queue:
        name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
        if name in found:
            continue
        try:
            required = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(name)
        for line in required:
            requirement, _, marker = line.partition(";")
            if "extra" not in marker:
                queue.append(re.match(r"[\w.-]+", requirement)[0])
    return found
