"""The one distance between sets of pictures that the benchmarks use."""

NAME = "Energy distance"


def distance(drawn, real):
    """How far drawn pictures are from real ones; both uint8, the smaller the better."""
    from keras_gen.metrics import energy_distance

    return energy_distance(drawn, real)
