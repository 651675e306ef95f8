# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the server is and who calls it."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of a self-hosted Onetime Secret server, such as V(https://ots.example.com) or V(http://127.0.0.1:7143).
      - A path prefix, a port and a trailing slash are understood.
      - Exactly one of O(url) and O(region) must be set. There is no default, because a credential must not go to a
        server that nobody named.
      - Variable C(ots_url), environment E(OTS_URL), C(url) in section C([onetimesecret_ots]) of C(ansible.cfg).
    type: str
  region:
    description:
      - Region of the hosted service in which the account lives.
      - Variable C(ots_region), environment E(OTS_REGION), C(region) in C(ansible.cfg).
    type: str
    choices: [us, eu, ca, nz, uk]
  username:
    description:
      - E-mail address of the account; the server distinguishes case.
      - Leave out together with O(api_token) for anonymous use. An account is needed to have links mailed, and for longer
        lifetimes.
      - Variable C(ots_username), environment E(OTS_USERNAME), C(username) in C(ansible.cfg).
    type: str
  api_token:
    description:
      - API token of the account.
      - Variable C(ots_api_token), environment E(OTS_API_TOKEN), C(api_token) in C(ansible.cfg).
    type: str
  allow_plain_http:
    description:
      - Whether O(url) may be a plain C(http) address of another machine. Anybody in between can then read secrets and the
        API token.
      - Addresses of the controller itself, such as V(http://127.0.0.1:7143), need no permission.
      - Variable C(ots_allow_plain_http), environment E(OTS_ALLOW_PLAIN_HTTP), C(allow_plain_http) in C(ansible.cfg).
    type: bool
    default: false
    version_added: 0.2.0
  timeout:
    description:
      - Seconds after which a request fails, from connecting to the last byte of its reply. A request that only reads is
        tried up to three times.
      - Variable C(ots_timeout), environment E(OTS_TIMEOUT), C(timeout) in C(ansible.cfg).
    type: float
    default: 30
  validate_certs:
    description:
      - Whether the server's TLS certificate must be valid. Turn it off only for a test.
      - Variable C(ots_validate_certs), environment E(OTS_VALIDATE_CERTS), C(validate_certs) in C(ansible.cfg).
    type: bool
    default: true
  ca_bundle:
    description:
      - File with the certificates of the authorities to trust, in PEM format, instead of the system's.
      - Variable C(ots_ca_bundle), environment E(OTS_CA_BUNDLE), C(ca_bundle) in C(ansible.cfg).
    type: path
  proxy:
    description:
      - URL of the proxy to use. Without it, E(HTTPS_PROXY), E(HTTP_PROXY) and E(NO_PROXY) of the controller apply;
        the task's C(environment) does not.
      - A proxy that speaks SOCKS, as C(socks5h://proxy.example.com:1080), needs the Python package C(PySocks) on the controller.
      - Variable C(ots_proxy), environment E(OTS_PROXY), C(proxy) in C(ansible.cfg).
    type: str
requirements:
  - Python 3.11 or later, on the controller
  - requests 2.31 or later, on the controller
  - pydantic 2.7 or later, on the controller
"""

    PLUGINS = r"""
options:
  url:
    env: [{name: OTS_URL}]
    vars: [{name: ots_url}]
    ini: [{section: onetimesecret_ots, key: url}]
  region:
    env: [{name: OTS_REGION}]
    vars: [{name: ots_region}]
    ini: [{section: onetimesecret_ots, key: region}]
  username:
    env: [{name: OTS_USERNAME}]
    vars: [{name: ots_username}]
    ini: [{section: onetimesecret_ots, key: username}]
  api_token:
    env: [{name: OTS_API_TOKEN}]
    vars: [{name: ots_api_token}]
    ini: [{section: onetimesecret_ots, key: api_token}]
  allow_plain_http:
    env: [{name: OTS_ALLOW_PLAIN_HTTP}]
    vars: [{name: ots_allow_plain_http}]
    ini: [{section: onetimesecret_ots, key: allow_plain_http}]
  timeout:
    env: [{name: OTS_TIMEOUT}]
    vars: [{name: ots_timeout}]
    ini: [{section: onetimesecret_ots, key: timeout}]
  validate_certs:
    env: [{name: OTS_VALIDATE_CERTS}]
    vars: [{name: ots_validate_certs}]
    ini: [{section: onetimesecret_ots, key: validate_certs}]
  ca_bundle:
    env: [{name: OTS_CA_BUNDLE}]
    vars: [{name: ots_ca_bundle}]
    ini: [{section: onetimesecret_ots, key: ca_bundle}]
  proxy:
    env: [{name: OTS_PROXY}]
    vars: [{name: ots_proxy}]
    ini: [{section: onetimesecret_ots, key: proxy}]
"""
