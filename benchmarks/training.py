"""How fast do the models train?  Beside the book's code, a PyTorch port and peers.

    python benchmarks/training.py                       both backends and the peers
    python benchmarks/training.py --peer-python PYTHON  takes one that has the peers
    python benchmarks/training.py --no-peers
    python benchmarks/training.py --only "book's network"   tasks of that name
    python benchmarks/training.py --ablate              what each part of a step costs
    python benchmarks/training.py --quality --minutes 10   to what quality, how soon
    python benchmarks/training.py --quality --changes      and what each change is worth

Pictures per CPU-second of `fit` (or the peer's own loop) in batches of 64, with the
machine's matrix products and convolutions, each alone, as limits.  Where the book's
code is timed, its losses are first compared with ours: same weights, same seed, same
pictures.  Prints tables of `benchmarks/README.md`; `timing.py` says how it is measured.
"""

import peers
import soon
import timing
from timing import Task

FLOWERS, DIGITS, BATCH = 512, 768, 64  # pictures of an epoch, and of a batch
DIFFUSION, VAE = "diffusion, book's network: ", "VAE, digits: "
OURS, ALIKE, BOOK = "ours", "ours, no average", "the book's code"
LIMIT, PRODUCTS = "convolutions and their gradients", "matrix products"


def tasks(variant):
    """What a worker can do: model and code -> `Task`."""
    if variant == "torch":
        return peers.training(FLOWERS, DIGITS, BATCH, DIFFUSION, VAE, LIMIT)
    from counting import convolutions, products

    made = {**diffusion_tasks(), **vae_tasks(), **recipe_tasks()}
    unet = made[DIFFUSION + OURS].model.unet
    made[DIFFUSION + LIMIT] = convolutions(unet, BATCH, 1, backward=True)
    made[PRODUCTS] = products()
    return made


def fit_task(model, images, count, note=""):
    """Task: one epoch of `fit`.  A backward pass costs twice the forward one."""
    task = Task(
        lambda: model.fit(images, batch_size=BATCH, verbose=0),
        len(images) // BATCH * BATCH,
        count and 3 * count,
        note,
    )
    task.model = model
    return task


def diffusion_tasks():
    """The book's diffusion, by our `DiffusionModel` and as the book writes it.

    The book's moving average is left out where the two are compared: on JAX it breaks
    at the second `fit` (Keras 3.15).
    """
    from book import BookDiffusion, of_keras, optimizer
    from counting import flops, note_of

    from keras_gen import DiffusionModel, build_unet
    from keras_gen.data import flowers

    images = flowers(FLOWERS).images
    count = flops(build_unet((32, 32, 3)))

    def ours(ema):
        model = DiffusionModel(build_unet((32, 32, 3)), ema=ema, seed=0)
        model.compile(optimizer(), loss="mean_absolute_error")
        return model

    book = BookDiffusion(of_keras(build_unet((32, 32, 3))), seed=0)
    book.compile(optimizer())
    models = {OURS: ours(0.999), ALIKE: ours(0), BOOK: book}
    for model in models.values():
        model.normalizer.adapt(images)
    apart = difference_of_losses((models[ALIKE], images), (book, images))
    notes = [note_of([book.unet], count), "", f"losses {apart:.0e} from ours"]
    return {
        DIFFUSION + name: fit_task(model, images, count, note)
        for (name, model), note in zip(models.items(), notes, strict=True)
    }


def difference_of_losses(ours, book, parts=("unet",), epochs=3):
    """The largest relative difference of the losses of two models.

    Both begin with the same weights and seed and see the same pictures.

    Args:
        ours: `(model, its pictures)`.
        book: likewise.
        parts: names of the networks whose weights the book's model gets from ours.
        epochs: over the first two batches.
    """
    import numpy as np

    for part in parts:
        weights = getattr(ours[0], part).get_weights()
        getattr(book[0], part).set_weights(weights)
    options = {"batch_size": BATCH, "epochs": epochs, "shuffle": False, "verbose": 0}
    losses = [
        model.fit(images[: 2 * BATCH], **options).history["loss"]
        for model, images in (ours, book)
    ]
    return np.max(np.abs(np.subtract(*losses)) / losses[0])


def vae_tasks():
    """The lecture's VAE, ours and as the book writes it."""
    from book import BookVAE, of_keras, optimizer
    from counting import flops, note_of

    from keras_gen import VAE as OurVAE
    from keras_gen import build_decoder, build_encoder
    from keras_gen.data import digits

    images = digits()[0].images[:DIGITS]
    parts = [build(images.shape[1:], 2) for build in (build_encoder, build_decoder)]
    ours = OurVAE(*parts, seed=0), images
    book = BookVAE(*map(of_keras, parts), seed=0), images.astype("float32") / 255.0
    for model, _ in (ours, book):
        model.compile(optimizer())
    apart = difference_of_losses(ours, book, ("encoder", "decoder"))
    count = sum(map(flops, parts))
    notes = [note_of(parts, count), f"losses {apart:.0e} from ours"]
    return {
        VAE + name: fit_task(*fed, count, note)
        for name, fed, note in zip((OURS, BOOK), (ours, book), notes, strict=True)
    }


def recipe_tasks():
    """Our models as `keras-gen train` trains them."""
    from counting import flops, note_of

    from keras_gen import recipes
    from keras_gen.data import digits, flowers

    made = {}
    for name in ("autoencoder", "diffusion", "text-to-image"):
        recipe = recipes.recipe(name)
        pictures = digits()[0] if name == "autoencoder" else flowers(FLOWERS)
        model = recipes.build(recipe, pictures)
        feed = recipes.batches(recipe, model, pictures)
        num = len(feed) * recipe.batch_size
        parts = trained_networks(model)
        count = sum(map(flops, parts))
        made[f"{name}: our recipe"] = Task(
            lambda m=model, f=feed: m.fit(f, verbose=0),
            num,
            3 * count,
            note_of(parts, count),
        )
    return made


def trained_networks(model):
    """The networks of a model that learn; a text's encoder does not."""
    model = getattr(model, "diffusion", model)
    names = [name for name in ("encoder", "decoder", "unet") if hasattr(model, name)]
    return [getattr(model, name) for name in names]


def goals(facts):
    """What ought to be, as `timing.goals` takes it."""
    wanted = []
    for group, alike in ((DIFFUSION, ALIKE), (VAE, OURS)):
        for name in ("tensorflow", "jax"):
            words = f"{name}, {group}{alike} / the book's"
            wanted.append((words, (name, group + alike), (name, group + BOOK), 1.0))
        ours = [(name, group + OURS) for name in ("tensorflow", "jax")]
        theirs = {name for on, name in facts if on == "torch"} - {DIFFUSION + LIMIT}
        others = [("torch", name) for name in theirs if name.startswith(group)]
        if others:
            words = f"{group}the better backend / the fastest peer"
            wanted.append((words, ours, others, 1.05))
    return wanted


def main():
    """Reads the options, measures, prints."""
    options = timing.parser(__doc__)
    peers.add_option(options)
    options.add_argument("--only", default="", help="part of the tasks' names")
    options.add_argument("--ablate", action="store_true")
    options.add_argument("--quality", action="store_true")
    options.add_argument("--minutes", type=float, default=10, help="for --quality")
    options.add_argument("--changes", action="store_true", help="for --quality")
    options.add_argument("--drawn", type=int, default=1000, help="for --quality")
    options = options.parse_args()
    if options.quality:
        soon.compare(options)
        return
    if options.ablate:
        import ablation

        rounds, facts = timing.measure(
            ablation.tasks, timing.backends(options.backends), options
        )
        print(ablation.table(rounds, facts))
        return
    variants = {**timing.backends(options.backends), **peers.variants(options)}

    def chosen(variant):
        return {n: task for n, task in tasks(variant).items() if options.only in n}

    rounds, facts = timing.measure(chosen, variants, options)
    print(f"{timing.machine()}\n")
    print(timing.table(rounds, facts, DIFFUSION + LIMIT, DIFFUSION), end="\n\n")
    print(timing.goals(rounds, goals(facts)))


if __name__ == "__main__":
    main()
