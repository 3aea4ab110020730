"""Figures of GANs: are their pictures like real ones, new, and of the right class?"""

from keras_gen.evaluation.classes import class_figures
from keras_gen.evaluation.samples import sample_figures
from keras_gen.gans import ConditionalGAN


def gan_figures(model, test, train, seed, num):
    """Measures samples, and those of a conditional model by their classes.

    Args:
        model: a `GAN`.
        test: held-out pictures.
        train: training pictures.
        seed: of the latent vectors.
        num: how many pictures are drawn; a conditional model draws the classes in turn.

    Returns:
        Dict: name of the figure -> number.
    """
    samples = model.generate(num, seed)
    figures = {}
    if isinstance(model, ConditionalGAN):
        figures = class_figures(samples, model.labels_in_turn(num, seed), test, train)
    return figures | sample_figures(samples, test, train, seed)
