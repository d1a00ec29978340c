"""What billcore promises at its front door is there."""

import billcore


def test_every_public_name_can_be_imported() -> None:
    assert [name for name in billcore.__all__ if not hasattr(billcore, name)] == []
