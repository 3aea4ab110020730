"""The grader's corpora keep their format: headers, enough files, only allowed imports.

Whether an answer is right is for the exercises' checks to say, not for this file.
"""

import ast
import re
from pathlib import Path

import pytest

from keras_gen.grading.corpora import header

TESTS = Path(__file__).parent
MODEL = ["denoise", "call", "compute_loss", "generate"]
NAMES = {
    "vae": [
        "Sampler",
        "kl_divergence",
        "reconstruction_loss",
        "build_encoder",
        "build_decoder",
        "VAE",
        "latent_grid",
    ],
    "diffusion": [
        "diffusion_schedule",
        "add_noise",
        "residual_block",
        "build_unet",
        *[f"DiffusionModel.{method}" for method in MODEL],
    ],
    "text_to_image": [
        "pool_tokens",
        "guided_noise",
        "slerp",
        "interpolate_prompts",
        "scale_output",
        *[f"TextConditionedDiffusionModel.{method}" for method in MODEL],
    ],
    "gan": [
        "discriminator_loss",
        "generator_loss",
        "wasserstein_losses",
        "condition_images",
        "interpolate_real_fake",
    ],
    "metrics": ["frechet_distance", "inception_score", "precision_recall", "psnr"],
}
CASES = [(group, name) for group, names in NAMES.items() for name in names]


def files(corpus, group, name="*"):
    """Files of a corpus, set and name, in order."""
    return sorted((TESTS / corpus / group).glob(f"{name}__*.py"))


def all_files():
    return [
        path
        for corpus in ("misconceptions", "right_answers")
        for group in NAMES
        for path in files(corpus, group)
    ]


def defined(tree):
    """Names that the top level defines, `Class.method` for methods."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            functions = [f for f in node.body if isinstance(f, ast.FunctionDef)]
            names |= {f"{node.name}.{f.name}" for f in functions}
        if isinstance(node, ast.Assign):
            names |= {ast.unparse(target) for target in node.targets}
    return names


def imported(tree):
    """First names of the modules that are imported anywhere."""
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module.split(".")[0])
    return modules


@pytest.mark.parametrize(("group", "name"), CASES)
def test_three_misconceptions_a_name(group, name):
    paths = files("misconceptions", group, name)
    assert len(paths) >= 3
    for path in paths:
        text = path.read_text(encoding="utf-8")
        entries = header(text)
        # Some are wrong on one backend alone, or look like another mistake.
        entries.pop("told as", None)
        assert entries.pop("backends", "jax") in {"jax", "tensorflow"}, path.name
        assert list(entries) == ["misconception", "slug", "what", "told"], path.name
        assert path.stem == f"{entries['misconception']}__{entries['slug']}"
        assert entries["misconception"] == name
        assert set(re.findall("{.*?}", entries["told"])) <= {"{number}"}, path.name
        assert not entries["told"].endswith("."), path.name
        assert name in defined(ast.parse(text)), path.name


@pytest.mark.parametrize(("group", "name"), CASES)
def test_two_right_answers_a_name(group, name):
    name = name.split(".")[0]  # a model's methods are right together
    paths = files("right_answers", group, name)
    assert len(paths) >= 2
    for path in paths:
        text = path.read_text(encoding="utf-8")
        entries = header(text)
        assert list(entries) == ["right answer", "style"], path.name
        assert entries["right answer"] == name
        assert name in defined(ast.parse(text)), path.name


@pytest.mark.parametrize("group", NAMES)
def test_five_answers_to_the_whole_set(group):
    paths = files("right_answers", group, "whole")
    assert len(paths) >= 5
    wanted = {name.split(".")[0] for name in NAMES[group]}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        entries = header(text)
        assert list(entries) == ["right answer", "style"], path.name
        assert entries["right answer"] == f"the whole set {group}"
        assert wanted <= defined(ast.parse(text)), path.name


def test_every_file_answers_a_known_name():
    for path in all_files():
        name = path.stem.split("__")[0]
        group = path.parent.name
        known = {n.split(".")[0] for n in NAMES[group]} | {*NAMES[group], "whole"}
        assert name in known, path


def test_right_answers_import_what_the_contract_allows():
    allowed = {"math", "functools", "keras", "numpy", "scipy"}
    for path in all_files():
        if path.parts[-3] == "right_answers":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            assert imported(tree) <= allowed, path
            assert "keras.src" not in ast.unparse(tree), path
