"""The lecture's exercises: what is checked of each name that a student writes."""
