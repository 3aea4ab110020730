"""Two optimizers that take turns: one moves, and the other waits.

Synopsis:

>>> import keras
>>> fast, slow = keras.Variable([0.0]), keras.Variable([0.0])
>>> sgd = [keras.optimizers.SGD(1.0) for _ in range(2)]
>>> optimizer = Turns(lambda variable: sgd[variable is slow], first=sgd[0], steps=2)
>>> optimizer.build([fast, slow])
>>> for _ in range(3):
...     optimizer.apply([keras.ops.ones(1)] * 2)
>>> float(fast[0]), float(slow[0])
(-2.0, -1.0)
"""

import keras
from keras import ops


class Turns(keras.optimizers.MultiOptimizer):
    """A `MultiOptimizer` of which one optimizer moves, and then the others.

    Who waits keeps all that it has as it is, to the last bit: weights, momenta, the
    number of its steps.  So nothing tells its next step from that of an optimizer that
    was alone.  Whose turn it is, the number of calls says, which is saved as every
    optimizer's is.

    Args:
        optimizer_of: function: variable -> its optimizer.
        first: the optimizer that moves first.
        steps: how many times, before all others move once.
    """

    def __init__(self, optimizer_of, first, steps):
        super().__init__(optimizer_of)
        self.optimizer_of, self.first, self.steps = optimizer_of, first, steps

    def apply(self, grads, trainable_variables=None):
        """Moves all of them, and puts back where it was what is not in turn.

        That is a copy of what there is, and neither a branch, in which a graph can't
        write variables on every backend, nor a gradient of 0, along which a momentum
        goes on.
        """
        turn_of_first = ops.less(self.iterations % (self.steps + 1), self.steps)
        owned = [
            (v, optimizer) for optimizer in self.optimizers for v in optimizer.variables
        ]
        owned += [(v, self.optimizer_of(v)) for v in self._trainable_variables]
        before = [ops.copy(variable.value) for variable, _ in owned]
        super().apply(grads, trainable_variables)
        for (variable, owner), old in zip(owned, before, strict=True):
            moves = ops.equal(turn_of_first, owner is self.first)
            variable.assign(ops.where(moves, variable.value, old))
