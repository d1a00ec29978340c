"""Who stands on a document, as the host's mailer and printer may take it."""

import pytest

from billcore.errors import BadText
from billcore.parties import Party


@pytest.mark.parametrize(
    "email", ["a@b.example\nBcc: x@c.example", "a@b.example ", "a@b.example\u202e", "a b@c.example"]
)
def test_an_email_that_would_be_another_header_is_refused_and_not_repeated(email: str) -> None:
    with pytest.raises(BadText, match=r"^e-mail must be one address, without") as refusal:
        Party(name="Patel Family", email=email)

    assert "example" not in str(refusal.value)


@pytest.mark.parametrize("email", ["priya@patel.example", "jörg+billing@bücher.example", None])
def test_an_email_of_any_script_is_taken_as_it_is(email: str | None) -> None:
    assert Party(name="Patel Family", email=email).email == email
