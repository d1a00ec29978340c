"""The checks of ``StoreContract``, one module for each thing a store keeps."""

from pkgutil import iter_modules

import pytest

# Failures of an assert show both sides only if pytest rewrites the module before it is imported.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))
