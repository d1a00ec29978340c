"""The records around an invoice: the catalog, clients, their saved methods, their charges, and credit notes."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, any_, bindparam, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge, ChargeState
from billcore.clients import Client
from billcore.codec.envelope import CATALOG_ITEM, CHARGE, CLIENT, CREDIT_NOTE, METHOD
from billcore.ids import CatalogItemId, ChargeId, ClientId, CreditNoteId, InvoiceId, MethodId
from billcore.invoices.invoice import CreditNote
from billcore.methods import SavedMethod
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.records import Records
from billcore_sqlalchemy.session import is_storable
from billcore_sqlalchemy.statements import THE_FIRM, THE_ID


class Catalog(Records[CatalogItemId, CatalogItem]):
    envelope, what = CATALOG_ITEM, "catalog item"

    def all(self) -> Iterable[CatalogItem]:
        return self._each()

    def _columns(self, record: CatalogItem) -> Values:
        return {}


class Clients(Records[ClientId, Client]):
    envelope, what = CLIENT, "client"

    def peek_all(self, client_ids: Iterable[ClientId]) -> Sequence[Client]:
        wanted = sorted({client_id for client_id in client_ids if is_storable(client_id)})
        return self._select(_among(self._table, self._session.dialect), the_ids=wanted) if wanted else []

    def all(self) -> Iterable[Client]:
        return self._each()

    def _columns(self, record: Client) -> Values:
        return {"folded_name": record.name.casefold()}


@cache
def _among(clients: Table, dialect: str) -> Select[Any]:
    c = clients.c
    # PostgreSQL takes all of them as one value, and so has the same statement for any number.
    is_one_array = dialect == "postgresql"
    the_ids = bindparam("the_ids", type_=ARRAY(c.id.type)) if is_one_array else bindparam("the_ids", expanding=True)
    is_wanted = c.id == any_(the_ids) if is_one_array else c.id.in_(the_ids)
    return select(c.document).where(c.firm_id == THE_FIRM, is_wanted).order_by(c.id)


class Charges(Records[ChargeId, Charge]):
    envelope, what = CHARGE, "charge"

    def get_all(self, charge_ids: Iterable[ChargeId]) -> Sequence[Charge]:
        return [self.get(charge_id) for charge_id in sorted(set(charge_ids))]

    def unbilled(self, client_id: ClientId | None = None) -> Sequence[Charge]:
        if client_id is None:
            return self._select(_open(self._table))
        return self._select(_open_of(self._table), the_id=client_id) if is_storable(client_id) else []

    def all(self) -> Iterable[Charge]:
        return self._each()

    def _columns(self, record: Charge) -> Values:
        is_open = record.state is ChargeState.OPEN
        return {"client_id": record.client_id, "is_open": is_open, "added_at": record.added_at}


@cache
def _open(charges: Table) -> Select[Any]:
    c = charges.c
    return select(c.document).where(c.firm_id == THE_FIRM, c.is_open == true()).order_by(c.added_at, c.id)


@cache
def _open_of(charges: Table) -> Select[Any]:
    return _open(charges).where(charges.c.client_id == THE_ID)


class CreditNotes(Records[CreditNoteId, CreditNote]):
    envelope, what = CREDIT_NOTE, "credit note"

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[CreditNote]:
        return self._related("invoice_id", invoice_id, by="issued_at")

    def all(self) -> Iterable[CreditNote]:
        return self._each()

    def _columns(self, record: CreditNote) -> Values:
        return {"invoice_id": record.invoice_id, "number": record.number, "issued_at": record.issued_at}


class Methods(Records[MethodId, SavedMethod]):
    envelope, what = METHOD, "saved method"

    def of_client(self, client_id: ClientId) -> Sequence[SavedMethod]:
        return self._related("client_id", client_id, by="attached_at")

    def _columns(self, record: SavedMethod) -> Values:
        return {"client_id": record.client_id, "is_active": record.is_active, "attached_at": record.attached_at}
