"""Everything the API answers with but success. All are status 404: the real server's way (contract §0.1, §9)."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal: `message` for the caller, and the status that the real server meant, where it says so."""

    def __init__(self, message: str, *, intended_status: int | None = None, shrimp: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.intended_status = intended_status
        self.shrimp = shrimp
        """Older releases add a CSRF token, called shrimp, to this kind of refusal."""


class InvalidRequestError(ApiError):
    """The request cannot be granted as it stands."""

    def __init__(self, message: str) -> None:
        super().__init__(message, intended_status=400, shrimp=True)


class UnexpectedError(InvalidRequestError):
    """What the real server says where its own code failed."""

    def __init__(self) -> None:
        super().__init__("An unexpected error occurred :[")


class TooManyWrongPassphrasesError(UnexpectedError):
    """The secret is locked for a while; the real server has no better words for it."""


class UnreadableSecretError(UnexpectedError):
    """The value was no UTF-8 text. It is consumed all the same."""


class RateLimitedError(ApiError):
    """Too many requests of a kind."""

    def __init__(self, message: str) -> None:
        super().__init__(message, intended_status=400)


class NotAuthorizedError(ApiError):
    """The credentials are wrong, or needed and absent."""

    def __init__(self) -> None:
        super().__init__("Not authorized", intended_status=401)


class UnknownSecretError(ApiError):
    """There is nothing (any more) under the requested key."""

    def __init__(self) -> None:
        super().__init__("Unknown secret")


class UndecodableRequestError(Exception):
    """The body or query is not in the encoding that it claims."""


class OversizedRequestError(Exception):
    """The body is larger than any request can need."""
