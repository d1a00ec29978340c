"""Who stands on a document: names, addresses and tax ids as they were on the day it was issued."""

from attrs import field, frozen

from billcore.errors import BadText
from billcore.kinds import each_of_kind, of_kind
from billcore.texts import optional_text, text


@frozen(kw_only=True)
class Address:
    """A postal address; ``country`` is the ISO 3166 two-letter code that e-invoices need."""

    lines: tuple[str, ...] = field(default=(), repr=False)
    city: str | None = field(default=None, repr=False)
    region: str | None = None
    postal_code: str | None = field(default=None, repr=False)
    country: str | None = None

    def __attrs_post_init__(self) -> None:
        for line in each_of_kind(self.lines, str, "address lines", BadText):
            text(line, "address line", longest=200)
        for value, what in ((self.city, "city"), (self.region, "region"), (self.postal_code, "postal code")):
            optional_text(value, what, longest=100)
        country = optional_text(self.country, "country")
        if country is not None and not (
            len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()
        ):
            raise BadText("country must be an ISO 3166 code of two capital letters, like 'US'")


@frozen(kw_only=True)
class Party:
    """The firm or the client as a document shows them; copied at issue and never changed afterwards."""

    name: str = field(repr=False)
    address: Address = Address()
    email: str | None = field(default=None, repr=False)
    vat_id: str | None = field(default=None, repr=False)
    tax_id: str | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        text(self.name, "name", longest=200, required=True)
        of_kind(self.address, Address, "address", BadText)
        email = optional_text(self.email, "e-mail", longest=320)
        # A host puts it into a header: a line break there would be another header.
        if email is not None and not (email.isprintable() and " " not in email):
            raise BadText("e-mail must be one address, without spaces, line breaks or invisible characters")
        optional_text(self.vat_id, "VAT id", longest=50)
        optional_text(self.tax_id, "tax id", longest=50)
