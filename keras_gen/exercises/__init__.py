"""The lecture's exercises: what is asked of each name that a student writes.

Synopsis:

>>> from keras_gen.exercises.registry import checks_of
>>> sum(check.points for check in checks_of("gan"))
100
"""
