# Copyright: (c) 2026, the onetimesecret.ots maintainers
# SPDX-License-Identifier: BSD-2-Clause
"""A client of the Onetime Secret v1 API: requests and pydantic, no Ansible. Start at `client.Client`."""
