"""Experiments that a decision rests on, to be run again: ``make isolation``."""
