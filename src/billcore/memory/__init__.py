"""The store in memory: the reference that every other store is held against, and all that a test or a demo needs."""

from billcore.memory.store import MemoryStore

__all__ = ["MemoryStore"]
