"""What tests share: servers, clocks, ledgers, runs of commands."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
