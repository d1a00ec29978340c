"""Money from a client: recorded by hand or moved by a gateway, applied to invoices, refunded, disputed."""
