# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""The client's version, as the servers see it. The same as the collection's in galaxy.yml."""

VERSION = "0.3.0"
