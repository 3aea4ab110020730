"""What a student needs around the notebooks: a folder to work in, a zip to hand in."""

from keras_gen.course.pace import budget

__all__ = ["budget"]
