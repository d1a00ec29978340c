"""Idempotency keys: the same step of the same operation in the same account is the same call, whoever repeats it."""

import json
from hashlib import sha256


def idempotency_key(step: str, account: str | None, *names: str) -> str:
    """A key that carries no client's data; *step* keeps one operation's calls to several endpoints apart."""
    digest = sha256(json.dumps([account, *names]).encode()).hexdigest()
    return f"bc:{step}:{digest}"
