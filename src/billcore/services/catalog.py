"""The catalog desk: the services that a firm sells, and lines filled in from them (S0.4)."""

from datetime import date
from decimal import Decimal

from attrs import frozen

from billcore import catalog
from billcore.catalog import CatalogItem
from billcore.errors import InvalidTransition
from billcore.events import CatalogItemAdded, CatalogItemChanged, CatalogItemRetired
from billcore.evolving import evolve
from billcore.ids import CatalogItemId
from billcore.kinds import of_kind
from billcore.lines import LineItem
from billcore.permissions import Permission
from billcore.ports.store import UnitOfWork
from billcore.services.house import Desk, listed, retried


@frozen(kw_only=True)
class CatalogDesk(Desk):
    """The service catalog of one firm."""

    def add(self, name: str, template: LineItem) -> CatalogItem:
        """A new service."""
        self.require(Permission.CATALOG)
        with self.begin() as work:
            at = self.house.now_at(work.firm())
            item_id = CatalogItemId(self.house.ids.new("cat"))
            item = work.catalog.add(
                CatalogItem(id=item_id, firm_id=self.firm_id, name=name, template=template, added_at=at)
            )
            work.events.append([CatalogItemAdded(firm_id=self.firm_id, item_id=item.id, at=at, by=self.by)])
            work.commit()
        return item

    @retried
    def change(
        self, item_id: CatalogItemId, *, name: str | None = None, template: LineItem | None = None
    ) -> CatalogItem:
        """Another name or template, for lines to come; what was filled in before stays as it is."""
        self.require(Permission.CATALOG)
        with self.begin() as work:
            item = self._on_sale(work, item_id)
            item = evolve(
                item,
                name=item.name if name is None else name,
                template=item.template if template is None else template,
            )
            item = work.catalog.save(item)
            at = self.house.now_at(work.firm())
            work.events.append([CatalogItemChanged(firm_id=self.firm_id, item_id=item.id, at=at, by=self.by)])
            work.commit()
        return item

    @retried
    def retire(self, item_id: CatalogItemId) -> CatalogItem:
        """No longer sold; it is kept, and fills in no more lines."""
        self.require(Permission.CATALOG)
        with self.begin() as work:
            at = self.house.now_at(work.firm())
            item = work.catalog.save(evolve(self._on_sale(work, item_id), retired_at=at))
            work.events.append([CatalogItemRetired(firm_id=self.firm_id, item_id=item.id, at=at, by=self.by)])
            work.commit()
        return item

    def get(self, item_id: CatalogItemId) -> CatalogItem:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.catalog.get(item_id)

    def all(self, *, retired: bool = False) -> tuple[CatalogItem, ...]:
        """The services on sale, by name; with *retired* also those that were once."""
        self.require(Permission.VIEW)
        of_kind(retired, bool, "retired")
        with self.read() as work:
            items = [item for item in listed(work, work.catalog.all()) if retired or item.retired_at is None]
        return tuple(sorted(items, key=lambda item: (item.name.casefold(), item.id)))

    def line(
        self, item_id: CatalogItemId, *, quantity: Decimal | str | None = None, served_on: date | None = None
    ) -> LineItem:
        """A new line of that service, for a draft, a schedule, or ``desk.lines.add``."""
        self.require(Permission.VIEW)
        with self.read() as work:
            return catalog.line(work.catalog.get(item_id), quantity=quantity, served_on=served_on)

    def _on_sale(self, work: UnitOfWork, item_id: CatalogItemId) -> CatalogItem:
        item = work.catalog.get(item_id)
        if item.retired_at is not None:
            raise InvalidTransition(f"catalog item {item.id!r} is retired; add another item instead")
        return item
