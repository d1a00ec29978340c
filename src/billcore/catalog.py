"""The service catalog: templates that fill in a line (S0.4)."""

from datetime import date, datetime
from decimal import Decimal

from attrs import frozen

from billcore.errors import BadLine, InvalidTransition
from billcore.evolving import evolve
from billcore.ids import CatalogItemId, FirmId
from billcore.kinds import of_kind
from billcore.lines import LineItem
from billcore.texts import text


@frozen(kw_only=True)
class CatalogItem:
    """A service as the firm sells it: ``template`` is what its line says, by default.

    A line filled in from it is a copy, so changing or retiring the item changes no document.
    """

    id: CatalogItemId
    firm_id: FirmId
    name: str
    template: LineItem
    added_at: datetime
    retired_at: datetime | None = None
    version: int = 0

    def __attrs_post_init__(self) -> None:
        text(self.name, "catalog name", longest=200, required=True)
        of_kind(self.template, LineItem, "template", BadLine)
        if self.template.id or self.template.charge_ids or self.template.original_unit_price is not None:
            raise BadLine("a template is a new line: it has no id, bills no charge, and its price is no override")


def line(item: CatalogItem, *, quantity: Decimal | str | None = None, served_on: date | None = None) -> LineItem:
    """A new line of that service; what is not given is the template's. InvalidTransition once the item is retired."""
    if item.retired_at is not None:
        raise InvalidTransition(f"catalog item {item.id!r} is retired; fill the line in by hand, or add another item")
    filled = item.template
    if quantity is not None:
        filled = evolve(filled, quantity=quantity)
    return filled if served_on is None else evolve(filled, served_on=served_on)
