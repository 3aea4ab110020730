"""The README's Python examples run as they stand, for less data and fewer epochs."""

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)
# Those of notebooks speak of what a student has written.
EXAMPLES = [block for block in BLOCKS if "keras_gen.check(" not in block]
SHORTER = (
    (r"epochs=\d+", "epochs=1"),
    (r"\b(20_000|5000)\b", "64"),
    (r"(diffusion_steps|num_steps|num)=\d+", r"\1=2"),
    (r"(train|digits\(\)\[0\])\.images\b", r"\1.images[:64]"),
)


def test_the_examples_are_found():
    assert len(EXAMPLES) > 6
    assert all(len(block.splitlines()) <= 20 for block in EXAMPLES)


@pytest.mark.filterwarnings("ignore:The text encoder has never seen")
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_runs(number, backend, tmp_path, monkeypatch):
    """On one backend each; they take turns, as both are tested elsewhere."""
    if (number % 2 == 0) != (backend == "tensorflow"):
        pytest.skip("runs on the other backend")
    monkeypatch.chdir(tmp_path)
    code = EXAMPLES[number]
    for long, short in SHORTER:
        code = re.sub(long, short, code)
    exec(compile(code, README, "exec"), {"__name__": "example"})
