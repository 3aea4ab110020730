"""What autoguidance is worth: flowers by one model, guided by a worse version of it.

    python benchmarks/autoguidance.py MODEL GUIDE [--num 500] [--scales 1 1.5 2 3]

Two trainings of one recipe, the guide's a sixteenth of the other; for the table:

    keras-gen train diffusion --epochs 48 --batch-size 64 --num-pictures 40000 \\
        --widths 32 64 96 128 --patch-size 1 --time-shift 2 --dtype mixed_bfloat16 \\
        --out runs/long
    (the same with --epochs 3 and --out runs/short)

Each scale draws from the same noise. The Fréchet distance is that of `flower_reader`'s
features to as many real flowers, and the ratio is to that of two sets of real ones. A
scale of 1 is the model alone.
"""

import argparse
import time

from timing import machine

from keras_gen.diffusion import DiffusionModel, autoguided
from keras_gen.evaluation.samples import sample_figures
from keras_gen.recipes import load_data

FIGURES = ("frechet_distance", "frechet_ratio", "sample_distance", "copies")


def main():
    """Prints a table, a row at a time."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("model", help="training folder or checkpoint")
    options.add_argument("guide", help="likewise, of a shorter training")
    options.add_argument("--num", type=int, default=500, help="pictures")
    options.add_argument("--scales", type=float, nargs="+", default=[1, 1.5, 2, 3])
    given = options.parse_args()
    import keras

    model, guide = map(DiffusionModel.from_preset, (given.model, given.guide))
    train, test = load_data("flowers", num_pictures=10_000)
    names = " | ".join(name.replace("_", " ") for name in FIGURES)
    print(f"Backend {keras.backend.backend()}; {machine()}\n")
    print(f"{given.num} pictures, 20 steps of DPM-Solver++.\n")
    print(f"| guidance scale | {names} | CPU seconds |")
    print("| --- " * (len(FIGURES) + 2) + "|", flush=True)
    for scale in given.scales:
        drawing = model if scale == 1 else autoguided(model, guide, scale)
        start = time.process_time()
        how = {"sampler": "dpm_solver", "spacing": "log_snr"}
        samples = drawing.generate(given.num, 20, seed=0, **how)
        seconds = time.process_time() - start
        found = sample_figures(samples, test, train, seed=0)
        values = " | ".join(f"{found[name]:.4g}" for name in FIGURES)
        print(f"| {scale:g} | {values} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
