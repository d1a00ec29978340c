"""The clients desk: whom the firm bills."""

from attrs import frozen

from billcore.clients import Client, Terms
from billcore.errors import InvalidInput
from billcore.events import ClientAdded, ClientChanged
from billcore.ids import ClientId
from billcore.kinds import of_kind
from billcore.parties import Address, Party
from billcore.permissions import Permission
from billcore.services.house import Desk, listed


@frozen(kw_only=True)
class ClientsDesk(Desk):
    """The clients of one firm."""

    def add(
        self,
        name: str | Party,
        *,
        email: str | None = None,
        address: Address | None = None,
        vat_id: str | None = None,
        terms: Terms | None = None,
        currency: str | None = None,
        reference: str | None = None,
        notes: str = "",
    ) -> Client:
        """A new client; the currency and the terms of its invoices are by default the firm's."""
        self.require(Permission.CREATE)
        party = _party(name, email, address, vat_id)
        with self.begin() as work:
            firm = work.firm()
            at = self.house.now_at(firm)
            client = work.clients.add(
                Client(
                    id=ClientId(self.house.ids.new("cli")),
                    firm_id=self.firm_id,
                    party=party,
                    currency=firm.currency if currency is None else currency,
                    terms=terms,
                    reference=reference,
                    notes=notes,
                    created_at=at,
                )
            )
            added = ClientAdded(firm_id=self.firm_id, client_id=client.id, currency=client.currency, at=at, by=self.by)
            work.events.append([added])
            work.commit()
        return client

    def get(self, client_id: ClientId) -> Client:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.clients.get(client_id)

    def change(self, client: Client) -> Client:
        """Save a client changed with ``attrs.evolve``, as a desk of the firm's people gave it.

        What a contact's desk gave is without the firm's notes, and so would be what is kept: get the client here.
        Issued invoices keep the name and address that they were issued to.
        """
        self.require(Permission.EDIT)
        of_kind(client, Client, "client")
        with self.begin() as work:
            saved = work.clients.save(client)
            at = self.house.now_at(work.firm())
            work.events.append([ClientChanged(firm_id=self.firm_id, client_id=client.id, at=at, by=self.by)])
            work.commit()
        return saved

    def all(self) -> tuple[Client, ...]:
        self.require(Permission.VIEW)
        with self.read() as work:
            return listed(work, work.clients.all())


def _party(name: str | Party, email: str | None, address: Address | None, vat_id: str | None) -> Party:
    if not isinstance(name, Party):
        return Party(name=name, email=email, address=Address() if address is None else address, vat_id=vat_id)
    if (email, address, vat_id) != (None, None, None):
        raise InvalidInput("a Party says its own e-mail, address and VAT id; give them there")
    return name
