"""What does a compiled reverse process save?  Beside the loops that people write.

    python benchmarks/generation.py                     both backends and the peers
    python benchmarks/generation.py --peer-python PYTHON  takes one that has the peers
    python benchmarks/generation.py --no-peers
    python benchmarks/generation.py --quality           picture distance by steps
    python benchmarks/generation.py --quality --samplers heun ddpm   of some only

Pictures per CPU-second of the book's U-Net (widths 32-64-96-128, two blocks a stage) at
32 x 32 in 20 steps, decodes per CPU-second of a 30 x 30 latent grid, and the share of
what the backend's own convolutions, each alone in a plain loop, can do.  Prints tables
of `benchmarks/README.md`; `timing.py` says how it is measured.
"""

import peers
import timing
from timing import Task

STEPS, PICTURES, GRID = 20, 16, 30
OURS, BOOK, LIMIT = "one compiled loop (ours)", "as the book writes it", "convolutions"
ONE_CALL, CALLS = "latent grid, one call (ours)", "latent grid, a call each"
PRESET = "diffusion_flowers_32"  # of which `--quality` draws
# Sampler, spacing -> numbers of steps; Heun's ask the network twice each.
WALKS = {
    ("ddim", "lecture"): (10, 20, 50),
    ("ddim", "log_snr"): (10, 20, 50),
    ("ddpm", "lecture"): (10, 20, 50),
    ("ddpm", "log_snr"): (10, 20, 50),
    ("heun", "lecture"): (5, 10, 25),
    ("heun", "log_snr"): (5, 10, 25),
    ("dpm_solver", "lecture"): (5, 10, 20),
    ("dpm_solver", "even"): (5, 10, 20),
    ("dpm_solver", "quadratic"): (5, 10, 20),
    ("dpm_solver", "log_snr"): (5, 10, 20),
}


def tasks(variant):
    """What a worker can do: way to generate -> `Task`."""
    if variant == "torch":
        return peers.generation(PICTURES, STEPS)
    return {**reverse_processes(), **latent_grids()}


def reverse_processes():
    """The same pictures by our loop and by the loops in Python."""
    from book import BookDiffusion
    from counting import convolutions, flops, note_of

    from keras_gen import DiffusionModel, build_unet
    from keras_gen.data import flowers

    images = flowers(64).images
    model = DiffusionModel(build_unet((32, 32, 3)))
    book = BookDiffusion(model.unet)
    for each in (model, book):
        each.normalizer.adapt(images)
    one = flops(model.unet)
    limit = convolutions(model.unet, PICTURES, STEPS)
    runs = {
        OURS: lambda: model.generate(PICTURES, STEPS, seed=0),
        "compiled network, loop in Python": lambda: book.generate(
            PICTURES, STEPS, model.unet.predict_on_batch
        ),
        BOOK: lambda: book.generate(PICTURES, STEPS),
    }
    made = {name: Task(run, PICTURES, STEPS * one) for name, run in runs.items()}
    made[OURS].note = note_of([model.unet], one)
    made[LIMIT] = Task(limit.run, PICTURES, STEPS * limit.flops)
    return made


def latent_grids():
    """Decodes: all in one call, and point by point as the book does."""
    import numpy as np
    from book import decode_one_by_one

    from keras_gen import build_decoder, latent_grid

    decoder = build_decoder((28, 28, 1), 2)
    few = 60  # of the 900 calls: each takes as long as the others
    points = np.zeros((few, 2), "float32")
    return {
        ONE_CALL: Task(lambda: latent_grid(decoder, GRID), GRID**2),
        CALLS: Task(lambda: decode_one_by_one(decoder, points), few),
    }


def goals(facts):
    """What ought to be, as `timing.goals` takes it."""
    wanted = []
    least = {"tensorflow": 2.2, "jax": 1.8}
    for name in least:
        ours = (name, OURS)
        wanted += [
            (f"{name}: ours / the book's loop", ours, (name, BOOK), least[name]),
            (f"{name}: ours / convolutions alone", ours, (name, LIMIT), 0.85),
        ]
        grid = (
            f"{name}: grid, one call / a call each",
            (name, ONE_CALL),
            (name, CALLS),
        )
        wanted.append((*grid, 100.0 if name == "tensorflow" else 1.0))
    others = [key for key in facts if key[0] == "torch" and key[1] != LIMIT]
    if others:
        ours = [(name, OURS) for name in least]
        wanted.append(("the better backend / the fastest peer", ours, others, 1.2))
    return wanted


def distances(num, samplers):
    """Prints how far drawn pictures are from held-out ones, by sampler and steps."""
    from distance import NAME, to_real

    from keras_gen import presets

    model, (distance, between) = presets.load(PRESET), to_real(num)
    print(f"{NAME}, {num} pictures of `{PRESET}`; of other real ones {between:.0f}.\n")
    print("| sampler | spacing | steps | distance |\n| --- | --- | --- | --- |")
    for (sampler, spacing), numbers in WALKS.items():
        for steps in numbers if sampler in samplers else ():
            drawn = model.generate(num, steps, 0, sampler=sampler, spacing=spacing)
            found = distance(drawn)
            print(f"| {sampler} | {spacing} | {steps} | {found:.0f} |", flush=True)


def main():
    """Reads the options, measures, prints."""
    options = timing.parser(__doc__)
    peers.add_option(options)
    options.add_argument("--quality", action="store_true")
    options.add_argument("-n", "--num", type=int, default=1000, help="for --quality")
    names = sorted({sampler for sampler, _ in WALKS})
    options.add_argument("--samplers", nargs="+", choices=names, default=names)
    options = options.parse_args()
    if options.quality:
        distances(options.num, options.samplers)
        return
    variants = {**timing.backends(options.backends), **peers.variants(options)}
    rounds, facts = timing.measure(tasks, variants, options)
    print(f"{timing.machine()}\n")
    print(timing.table(rounds, facts, LIMIT), end="\n\n")
    print(timing.goals(rounds, goals(facts)))


if __name__ == "__main__":
    main()
