"""Grades submissions that nobody trusts: judge, box, results, reports."""
