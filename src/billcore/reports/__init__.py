"""Answers for people, one question per file: pure functions of records or recorded events and an explicit date.

Every sum is per currency, in order of the currency code; nothing is converted.
"""
