"""The checks of ``StoreContract``, one module for each thing a store keeps."""

import pytest

# Before any of them is imported, so that a failing assertion shows both sides.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in ("asked", "firms", "locks", "numbers", "once", "outbox", "pages", "records", "units")
    )
)
