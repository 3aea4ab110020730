"""Figures of GANs: are their pictures like real ones, new, and of the right class?"""

from keras_gen.evaluation.classes import asked_of, class_figures
from keras_gen.evaluation.samples import sample_figures
from keras_gen.gans import ConditionalGAN


def gan_figures(model, test, train, seed, num):
    """Measures samples, and those of a conditional model by their classes.

    Args:
        model: a `GAN`.
        test: held-out pictures.
        train: training pictures; a conditional model is asked for what they show.
        seed: of the latent vectors, and of what is asked for.
        num: how many pictures are drawn.

    Returns:
        Dict: name of the figure -> number.
    """
    if not isinstance(model, ConditionalGAN):
        return sample_figures(model.generate(num, seed), test, train, seed)
    asked = asked_of(model, train, num, seed)
    samples = model.generate(asked, seed)
    figures = class_figures(samples, asked, test, train)
    return figures | sample_figures(samples, test, train, seed)
