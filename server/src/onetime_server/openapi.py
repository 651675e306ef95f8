"""What the OpenAPI document says of the v1 API: `create_app(…).openapi()`. It is not served: the real server has none."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class _Lifetime(BaseModel):
    ttl: int | None = Field(None, description="Seconds until it disappears unread; out of range is clamped.")
    passphrase: str | None = Field(None, description="Needed to read and to burn it.")
    recipient: str | None = Field(None, description="One e-mail address that gets the link; needs an account.")
    share_domain: str | None = Field(None, description="Bare host name of a custom domain of the account.")


class Share(_Lifetime):
    """The form of POST share."""

    secret: str = Field(min_length=1)


class Generate(_Lifetime):
    """The form of POST generate."""

    length: int | None = Field(None, description="Characters; 12 if omitted.")


class Passphrase(BaseModel):
    """The form of POST secret/KEY and private/KEY/burn."""

    passphrase: str | None = None


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)


class Health(_Reply):
    """Well."""

    status: Literal["nominal"]
    locale: str


class Metadata(_Reply):
    """A receipt. Which fields are absent depends on its state (contract §6)."""

    custid: str
    metadata_key: str
    secret_key: str = ""
    ttl: int
    metadata_ttl: int
    secret_ttl: int | None = None
    state: Literal["new", "viewed", "received", "burned", "expired", "orphaned"]
    updated: int
    created: int
    received: int = 0
    recipient: list[str]
    share_domain: str
    value: str = ""
    passphrase_required: bool = False
    metadata_url: str = ""
    identifier: str = ""
    secret_identifier: str = ""
    has_passphrase: bool = False
    recipients: list[str] = []
    receipt_ttl: int = 0
    receipt_url: str = ""
    secret_value: str = ""


class Burned(_Reply):
    """A receipt as it was before."""

    state: Metadata
    secret_shortkey: str


class Revealed(_Reply):
    """A value, told this once."""

    value: str
    secret_key: str
    share_domain: str


class Refusal(_Reply):
    """Every handled error, whatever its kind (contract §0.1)."""

    message: str
    secret_key: str = ""
    shrimp: str = ""


class Unrouted(_Reply):
    """There is no such address."""

    error: str


def documented(reply: Any, form: type[BaseModel] | None = None) -> dict[str, Any]:
    """What to tell FastAPI of a route: the model of its reply and of its form."""
    told: dict[str, Any] = {
        "responses": {
            200: {"model": reply},
            400: {"description": "The body is not in the encoding that it claims."},
            404: {"model": Refusal | Unrouted, "description": "Refused."},
            413: {"description": "The body is larger than any request can need, in a release that refuses no size."},
        }
    }
    if form is not None:
        content = {kind: {"schema": form.model_json_schema()} for kind in _FORMS}
        told["openapi_extra"] = {"requestBody": {"content": content}}
    return told
