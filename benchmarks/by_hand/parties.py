"""Who stands on an invoice by hand, and the terms agreed with them."""

from benchmarks.by_hand.json_types import Json

from billcore.clients import Terms, TermsKind
from billcore.parties import Address, Party


def party_out(party: Party) -> Json:
    return {
        "name": party.name,
        "address": _address_out(party.address),
        "email": party.email,
        "vat_id": party.vat_id,
        "tax_id": party.tax_id,
    }


def _address_out(address: Address) -> Json:
    return {
        "lines": list(address.lines),
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }


def terms_out(terms: Terms) -> Json:
    return {"kind": terms.kind.value, "days": terms.days}


def party_in(data: Json) -> Party:
    return Party(
        name=data["name"],
        address=_address_in(data["address"]),
        email=data["email"],
        vat_id=data["vat_id"],
        tax_id=data["tax_id"],
    )


def _address_in(data: Json) -> Address:
    return Address(
        lines=tuple(data["lines"]),
        city=data["city"],
        region=data["region"],
        postal_code=data["postal_code"],
        country=data["country"],
    )


def terms_in(data: Json) -> Terms:
    return Terms(kind=TermsKind(data["kind"]), days=data["days"])
