# right answer: latent_grid
# style: a list of points, one call, pasted on a canvas as the book does

import numpy as np


def latent_grid(decoder, n, extent=2.0):
    grid_x = np.linspace(-extent, extent, n)
    grid_y = np.linspace(-extent, extent, n)[::-1]
    points = [[x, y] for y in grid_y for x in grid_x]
    images = np.asarray(decoder(np.array(points, dtype="float32")))
    _, height, width, channels = images.shape
    figure = np.zeros((n * height, n * width, channels))
    for index, image in enumerate(images):
        row, column = divmod(index, n)
        top, left = row * height, column * width
        figure[top : top + height, left : left + width] = image
    return figure
