"""What runs here: backend, devices, versions, and what a GPU would need.

    keras-gen doctor

Versions are read from the installed packages' metadata, so that no backend is imported
but the one in use.
"""

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PACKAGES = ("keras-gen", "keras", "jax", "jaxlib", "tensorflow", "torch")
PACKAGES += ("keras-hub", "tensorflow-text", "numpy")
# The extra of each backend that brings CUDA along, on Linux.
GPU_EXTRAS = {"jax": "jax[cuda12]", "tensorflow": "tensorflow[and-cuda]"}
OLDEST_DRIVER = 525  # of CUDA 12, which both extras bring
HIDERS = ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS")


def report() -> dict:
    """Looks at this machine and tries the chosen backend.

    Returns:
        A dict that `json.dumps` takes: `python`, `platform`, `packages` (name to
        version or None), `backend` (`name`, `why`, `error` or None), `devices` (names),
        `gpus` (what `nvidia-smi` lists: `name`, `driver`), `presets`, `data_cache`,
        `disk_free_gb`, `box` (how submissions would be boxed: `tier`, and `reason` or
        None) and `hints` (sentences).

    Example:

    >>> report()["backend"]["error"] is None
    True
    """
    from keras_gen import presets

    name, why = chosen_backend()
    devices, error = try_backend(name)
    cache = keras_home() / "datasets"
    found = {
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": platform.platform(),
        "packages": {package: version(package) for package in PACKAGES},
        "backend": {"name": name, "why": why, "error": error},
        "devices": devices,
        "gpus": nvidia_gpus(),
        "presets": list(presets.names()),
        "data_cache": str(cache),
        "disk_free_gb": free_gigabytes(cache),
        "box": grading_box(),
    }
    hints = [] if error else [gpu_hint(found), text_hint()]
    return found | {"hints": [hint for hint in hints if hint]}


def version(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def keras_home() -> Path:
    """The folder where Keras keeps its settings and its data."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def chosen_backend() -> tuple[str, str]:
    """The backend that Keras takes by its own rules, and where it was chosen."""
    name = os.environ.get("KERAS_BACKEND")
    if name:
        return name, "KERAS_BACKEND says so"
    settings = keras_home() / "keras.json"
    try:
        name = json.loads(settings.read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        name = None
    if name:
        return name, f"{settings} says so"
    return "tensorflow", "it is Keras's default; KERAS_BACKEND chooses another"


def try_backend(name: str) -> tuple[list[str], str | None]:
    """Imports Keras on its backend and compiles and runs a sum of two numbers.

    Args:
        name: the backend that is expected.

    Returns:
        The devices that the backend sees, and None or a sentence that says what fails.
    """
    try:
        import keras

        from keras_gen import backend

        if keras.backend.backend() != name:
            return [], f"Keras runs on {keras.backend.backend()}, not on {name}."
        ones = keras.ops.ones(2)
        if float(backend.compile(keras.ops.sum)(ones)) != 2.0:
            return [], f"The backend {name} computes 1 + 1 wrongly."
        return backend.devices(), None
    except ModuleNotFoundError as fault:
        if (fault.name or "").split(".")[0] == name:
            return [], not_installed(name)
        return [], f"A package is missing: {fault}"
    except Exception as fault:  # whatever a broken installation raises
        first_line = (str(fault).strip() or repr(fault)).splitlines()[0]
        return [], f"The backend {name} does not work: {first_line}"


def not_installed(name: str) -> str:
    """A sentence that says how to get the backend, or which one is there already."""
    others = [other for other in GPU_EXTRAS if other != name and version(other)]
    choice = "".join(f", or set KERAS_BACKEND={other}" for other in others)
    return f"The backend {name} is not installed: {installer()} {name}{choice}."


def installer() -> str:
    """The command that installs packages into this environment."""
    if importlib.util.find_spec("pip"):
        return f"{sys.executable} -m pip install"
    return f"uv pip install --python {sys.executable}"


def nvidia_gpus() -> list[dict]:
    """What `nvidia-smi` lists: one dict with `name` and `driver` a GPU."""
    command = shutil.which("nvidia-smi")
    if not command:
        return []
    query = ["--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            [command, *query], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    rows = [line.rsplit(",", 1) for line in lines if "," in line]
    return [{"name": name.strip(), "driver": driver.strip()} for name, driver in rows]


def free_gigabytes(folder: Path) -> float | None:
    """Free disk space where `folder` is or would be, in 10^9 bytes."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return round(shutil.disk_usage(folder).free / 1e9, 1)
    except OSError:
        return None


def grading_box() -> dict:
    """How a submission would be boxed here, or why it would not; found by trying."""
    from keras_gen.grading import tiers

    name, wanted = tiers.tier(), tiers.best()
    return {"tier": name, "reason": None if name == wanted else tiers.why_not(wanted)}


def gpu_hint(found: dict) -> str | None:
    """A sentence that says why no GPU is used and what would change that, or None."""
    if any(not device.startswith("CPU") for device in found["devices"]):
        return None
    if platform.system() == "Darwin":
        return (
            "On macOS the models run on the CPU; Apple's plug-ins (tensorflow-metal, "
            "jax-metal) are not tested with this project."
        )
    if not found["gpus"]:
        return "No NVIDIA GPU answers here (nvidia-smi): the models run on the CPU."
    if platform.system() == "Windows":
        return (
            "TensorFlow and JAX use no NVIDIA GPU on Windows itself: install the "
            "project in WSL2, where the lines for Linux hold."
        )
    return f"A GPU is there, but {found['backend']['name']} does not see it. " + (
        missing_on_linux(found)
    )


def missing_on_linux(found: dict) -> str:
    """A sentence that says how the backend gets to see the GPU that is there."""
    name, driver = found["backend"]["name"], found["gpus"][0]["driver"]
    hidden = [f"{key}={os.environ[key]}" for key in HIDERS if key in os.environ]
    if hidden:
        return f"{' and '.join(hidden)} may hide it: unset that."
    major = driver.split(".")[0]
    if major.isdigit() and int(major) < OLDEST_DRIVER:
        return f"Its driver {driver} is older than CUDA 12 needs ({OLDEST_DRIVER})."
    if name not in GPU_EXTRAS:
        return f"A CUDA build of {name} would."
    # The version in use, so that the line adds CUDA and changes nothing else.
    exact = f"=={found['packages'][name]}" if found["packages"][name] else ""
    return f'This adds what is missing: {installer()} "{GPU_EXTRAS[name]}{exact}"'


def text_hint() -> str | None:
    """A sentence that says what text-to-image still needs, or None."""
    if importlib.util.find_spec("keras_hub"):
        return None
    return f'Text-to-image needs keras-hub: {installer()} "keras-hub>=0.32"'


def render(found: dict) -> str:
    """Writes a report as lines for a person to read.

    Args:
        found: what `report` returned.

    Returns:
        The text, several lines.
    """
    backend = found["backend"]
    gpus = [f"{gpu['name']} (driver {gpu['driver']})" for gpu in found["gpus"]]
    packages = [
        f"{name} {number}" for name, number in found["packages"].items() if number
    ]
    missing = [name for name, number in found["packages"].items() if not number]
    rows = {
        "Python": found["python"],
        "Platform": found["platform"],
        "Backend": f"{backend['name']}, because {backend['why']}",
        "Devices": ", ".join(found["devices"]) or "none",
        "NVIDIA GPUs": ", ".join(gpus) or "none",
        "Packages": ", ".join(packages),
        "Not installed": ", ".join(missing) or "none",
        "Presets": ", ".join(found["presets"]) or "none",
        "Grading": grading_line(found["box"]),
        "Data cache": f"{found['data_cache']} ({found['disk_free_gb']} GB free)",
    }
    lines = [f"{title + ':':<15}{value}" for title, value in rows.items()]
    lines += ["", *found["hints"]]
    lines.append(backend["error"] or f"All is well: {backend['name']} computes.")
    return "\n".join(lines)


def grading_line(box: dict) -> str:
    """One sentence on whether this machine can grade submissions."""
    if box["reason"] is None:
        return f"submissions run in a box ({box['tier']})"
    if box["tier"] == "landlock":
        return (
            "submissions run in a weaker box (keras-gen grade --allow-landlock), "
            f"because bubblewrap's does not work: {box['reason']}"
        )
    return f"self-checks only, because no box works: {box['reason']}"


def main(as_json: bool = False) -> int:
    """Prints the report.

    Args:
        as_json: print the report itself rather than lines for a person.

    Returns:
        The exit code: 0 if the chosen backend works, else 1.
    """
    found = report()
    print(json.dumps(found, indent=2) if as_json else render(found))
    return 1 if found["backend"]["error"] else 0
