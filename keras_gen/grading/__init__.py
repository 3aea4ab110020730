"""Grades submissions that nobody trusts: a worker computes, a judge judges.

The judge draws the inputs, knows the expected values and owns the marks; it never
imports a submission. The worker runs the submission in a box without network, files or
other processes, and answers questions with arrays. No answer is ever a verdict.
"""
