"""What json reads and writes."""

from typing import Any

Json = dict[str, Any]
