# right answer: latent_grid
# style: keras.ops, rows joined by concatenate, flipped at the end

from keras import ops


def latent_grid(decoder, n, extent=2.0):
    axis = ops.linspace(-extent, extent, n)
    latents = ops.stack([ops.tile(axis, n), ops.repeat(axis, n)], axis=-1)
    images = decoder(ops.cast(latents, "float32"), training=False)
    rows = [
        ops.concatenate([images[i * n + j] for j in range(n)], axis=1)
        for i in reversed(range(n))
    ]
    return ops.concatenate(rows, axis=0)
