"""An event as a store keeps it: with its place in the order in which things happened."""

from attrs import frozen

from billcore.events import Event


@frozen(kw_only=True)
class RecordedEvent:
    """An event with its place in the store's order; ``position`` is unique, the consumer's key against duplicates."""

    position: int
    event: Event
