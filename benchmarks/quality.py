"""Does it learn?  Held-out figures of every model, beside trivial baselines.

    python benchmarks/quality.py                 the presets as they are shipped
    python benchmarks/quality.py --train         trains them again first (CPU: hours)
    python benchmarks/quality.py --models vae_digits    some of the models

The models that are no presets are always trained here; it takes minutes.  A preset's
budget is its recipe, which `--train` runs again.  Prints the table of
`benchmarks/README.md`.
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
from timing import machine

from keras_gen import evaluation, presets, recipes, shelf

# What is trained here -> the settings of its recipe.
MODELS = {
    "autoencoder": {"latent_dim": 16},
    "denoising autoencoder": {"model": "autoencoder", "latent_dim": 16, "noise": 0.3},
    "sparse autoencoder": {"model": "autoencoder", "latent_dim": 64, "sparsity": 0.5},
    "vae with 16 dimensions": {"model": "vae", "latent_dim": 16, "epochs": 150},
}
# Presets that `recipes.train` makes, not the tools.
PRESETS = [
    name
    for name, preset in shelf.PRESETS.items()
    if preset.recipe["model"] in recipes.MODELS
]
NAMES = [*MODELS, *PRESETS]


def main():
    """Trains or loads, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=NAMES, choices=NAMES)
    parser.add_argument("--train", action="store_true", help="train presets again")
    parser.add_argument("-n", "--num", type=int, default=2000, help="pictures a figure")
    options = parser.parse_args()
    print(f"Backend {keras.backend.backend()}; {machine()}\n")
    for name in options.models:
        recipe, model, budget = trained(name, options.train)
        train, test = recipes.load_data(
            recipe.data, recipe.image_size, recipe.num_pictures, recipe.seed
        )
        how = shelf.PRESETS[name].how if name in PRESETS else {}
        figures = evaluation.evaluate(model, test, train, num=options.num, **how)
        print(f"### {name}\n\n{budget}\n\n| figure | value |\n| --- | --- |")
        for figure, value in figures.items():
            print(f"| {figure.replace('_', ' ')} | {value:.4g} |")
        print(flush=True)


def trained(name, train_again):
    """Returns the recipe, the model and its budget in words."""
    settings = shelf.PRESETS[name].recipe if name in PRESETS else MODELS[name]
    recipe = recipes.recipe(**{"model": name, **settings})
    if name in PRESETS and not train_again:
        words = f"Preset `{name}`: {budget_of(recipe)}."
        return recipe, presets.load(name), words
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        model, _ = recipes.train(recipe, Path(folder, "model.keras"), verbose=0)
    seconds = time.monotonic() - start
    return recipe, model, f"Trained in {seconds:.0f} s: {budget_of(recipe)}."


def budget_of(recipe):
    """Says in words how long a recipe trains."""
    return (
        f"{recipe.epochs} epochs over {recipe.data}, batches of {recipe.batch_size}, "
        f"widths {'-'.join(map(str, recipe.widths))}, seed {recipe.seed}"
    )


if __name__ == "__main__":
    main()
