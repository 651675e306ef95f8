# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""requests and pydantic, imported in this one place, so that every module loads where they are not installed.

Only what really needs them fails then, and it says what to install.
"""

from __future__ import annotations

from .errors import MissingLibrary

__all__ = [
    "AfterValidator",
    "BaseModel",
    "BeforeValidator",
    "CertificateError",
    "ConfigDict",
    "HTTPAdapter",
    "SecretStr",
    "ValidationError",
    "requests",
    "require",
    "urllib3_errors",
]

_missing = ""

try:
    import requests
    import urllib3.exceptions as urllib3_errors
    from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError
    from requests.adapters import HTTPAdapter
    from urllib3.util.ssl_match_hostname import CertificateError
except ImportError as error:
    _missing = error.name or "requests"

    class _Absent(Exception):  # noqa: N818 - an exception only so that it can stand in an except clause too
        def __init__(self, *_arguments: object, **_options: object) -> None:
            require()

    def __getattr__(name: str) -> type[_Absent]:
        """Stand in for every name that could not be imported: it can be inherited from, but not used."""
        if name not in __all__:
            raise AttributeError(name)
        return _Absent


def require() -> None:
    """Raise MissingLibrary unless requests and pydantic 2 can be used."""
    if _missing:
        raise MissingLibrary(
            f"the Python package {_missing} is missing or too old; install both that are needed on the controller, into"
            " the Python that runs Ansible: pip install 'requests>=2.31' 'pydantic>=2.7'"
        )
