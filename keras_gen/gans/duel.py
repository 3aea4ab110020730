"""The duel: two players with opposed losses, trained by one plain `fit`.

Both losses are added up in one `compute_loss`, and two gates let each player have the
gradient of its own loss and of nothing else:

    true pictures ----------------> D -> discriminator loss -> gradient reaches D only,
    generated ones -|| stop || ---> D ->                       G is behind the gate ||
    generated ones ---------> frozen D -> generator loss ----> gradient reaches G only,
                                                               D's weights are constants

So there is no training loop of our own and no gradient tape, and every backend,
callback and checkpoint works.  Two optimizers are one `MultiOptimizer` of Keras.

Both steps are taken at once: the generator answers the discriminator as it was before
its step.  With k discriminator steps to one of the generator, the generator collects
its gradients for k batches, and then goes one step along their mean.

Where they alternate, the discriminator goes k steps, on a batch each, and the generator
goes one on the next batch: it answers the discriminator as it is after its steps.  The
gradient of who is not in turn is computed for nothing; that is the price of one plain
`fit`, (k + 1) / k of the time for as many steps of the discriminator.
"""

import keras
from keras import ops, tree

from keras_gen.backend import copies
from keras_gen.checks import check_positive_integers
from keras_gen.feeding import refuse_loss
from keras_gen.gans.turns import Turns
from keras_gen.optimizers import WarmCosine  # noqa: F401  # files name it


def call_with(weights, network, inputs, training=False):
    """Calls a network with given values of its trainable weights.

    Its other state (batch statistics, seeds of dropout) is read and not written.

    Args:
        weights: list of tensors, one for each trainable weight.
        network: a built model.
        inputs: what it takes.
        training: as for any layer.

    Returns:
        What the network returns.
    """
    # On JAX the statistics of a step are functions of the weights: no way back there.
    state = [ops.stop_gradient(v) for v in network.non_trainable_variables]
    return network.stateless_call(weights, state, inputs, training=training)[0]


def frozen_call(network, inputs, training=False):
    """Calls a network whose weights are constants: gradients reach the inputs only.

    Args:
        network: a built model.
        inputs: what it takes.
        training: as for any layer.

    Returns:
        What the network returns.
    """
    weights = [ops.stop_gradient(v) for v in network.trainable_variables]
    return call_with(weights, network, inputs, training)


class Duel:
    """Gives a `keras.Model` two players; comes before it among the bases.

    The model's `call` makes pictures. It has `discriminators`, a list of networks (all
    other trainable weights are the generator's), `discriminator_steps` (to one of the
    generator), `alternating` (who moves while the other waits), and two methods that
    return a scalar:

    - `discriminator_turn(x, made, training)`: the discriminators' loss; `made` is what
      `call` returned, without a way back.
    - `generator_turn(x, made, training)`: the generator's loss, which sees the
      discriminators by `frozen_call`.

    The logged `loss` is the sum of both and says nothing; `discriminator_loss` and
    `generator_loss` do.
    """

    def _enter(self, discriminator_steps=1, alternating=False):
        """Completes the constructor of a model; its parts are there already."""
        check_positive_integers(discriminator_steps=discriminator_steps)
        self.discriminator_steps = discriminator_steps
        self.alternating = bool(alternating)
        self.discriminator_tracker = keras.metrics.Mean(name="discriminator_loss")
        self.generator_tracker = keras.metrics.Mean(name="generator_loss")
        self.built = True  # as its parts are

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The sum of both losses; neither player sees the gradient of the other's."""
        apart = tree.map_structure(ops.stop_gradient, y_pred)
        discriminator_loss = self.discriminator_turn(x, apart, training)
        generator_loss = self.generator_turn(x, y_pred, training)
        self.discriminator_tracker.update_state(discriminator_loss)
        self.generator_tracker.update_state(generator_loss)
        return discriminator_loss + generator_loss

    # --------------------------------------------------------------- two optimizers

    def compile(self, optimizer=None, discriminator_optimizer=None, **kwargs):
        """Prepares training as `keras.Model.compile` does, with two optimizers.

        Args:
            optimizer: the generator's; by default Adam with a learning rate of 2e-4
                and `beta_1=0.5` (Radford et al. 2015,
                https://arxiv.org/abs/1511.06434, section 4).
            discriminator_optimizer: by default one like the generator's.
            **kwargs: as for `keras.Model.compile`; there is no `loss`.

        Raises:
            ValueError: if there is a loss, or there are several devices of TensorFlow,
                on which no gradients can be collected.
        """
        refuse_loss(kwargs.pop("loss", None), type(self).__name__)
        optimizer = optimizer or keras.optimizers.Adam(2e-4, beta_1=0.5)
        config = _config_of(optimizer)
        theirs = keras.optimizers.get(discriminator_optimizer or _of_config(config))
        steps = self.discriminator_steps
        if steps > 1 and not self.alternating:
            if (devices := copies(self)) > 1:
                raise ValueError(
                    f"discriminator_steps={steps} on {devices} devices of TensorFlow "
                    "needs alternating=True (--alternating): gradients cannot be "
                    "collected over several batches there."
                )
            config["config"]["gradient_accumulation_steps"] = steps
        ours = _of_config(config)

        def optimizer_of(variable):
            # By identity: the paths of two networks may be the same, and are others
            # once a model is loaded.
            return theirs if id(variable) in discriminating else ours

        discriminating = {
            id(v) for part in self.discriminators for v in part.trainable_variables
        }
        both = keras.optimizers.MultiOptimizer(optimizer_of)
        if self.alternating:
            both = Turns(optimizer_of, first=theirs, steps=steps)
        super().compile(optimizer=both, **kwargs)
        both.build(self.trainable_variables)  # so that it can be saved at any time
        self.generator_optimizer, self.discriminator_optimizer = ours, theirs

    def get_compile_config(self):
        """Returns both optimizers, serialised; None where it is not compiled."""
        if not self.compiled:
            return None
        return {
            "optimizer": _config_of(self.generator_optimizer),
            "discriminator_optimizer": _config_of(self.discriminator_optimizer),
        }

    def compile_from_config(self, config):
        """Compiles as `get_compile_config` says."""
        self.compile(**keras.saving.deserialize_keras_object(config))


def _config_of(optimizer):
    return keras.saving.serialize_keras_object(keras.optimizers.get(optimizer))


def _of_config(config):
    return keras.saving.deserialize_keras_object(config)
