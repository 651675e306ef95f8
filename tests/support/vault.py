"""Encrypt for Ansible Vault, as ansible-vault does."""

from __future__ import annotations

from ansible.parsing.vault import VaultLib, VaultSecret


def vaulted(content: bytes, password: str) -> str:
    """The content, encrypted with the password, as it stands in a file."""
    secret = VaultSecret(password.encode())
    return str(VaultLib([("default", secret)]).encrypt(content, secret).decode())
