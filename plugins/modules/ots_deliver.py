#!/usr/bin/python
# Copyright: (c) 2026, the onetimesecret.ots maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action of the same name, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ots_deliver
author: onetimesecret.ots maintainers (@onetimesecret)
version_added: 0.2.0
short_description: Send a link, or its passphrase, to a person, once
description:
  - Sends the link of a name, its passphrase, a reminder or a notice, by mail, to a webhook, or to one of sixty services by the
    library Apprise, once for each link. The ledger records what was sent; a new link under the name is sent again.
  - A link and its passphrase do not go the same way, unless O(same_channel) allows it. A link that the server has mailed,
    because it has a recipient, has gone by mail.
  - A link that is known to be read, burned or expired is not sent.
  - A run that dies between sending and noting sends the same link again.
options:
  name:
    description: Name under which M(onetimesecret.ots.ots_share) or M(onetimesecret.ots.ots_generate) made the link.
    type: str
    required: true
  part:
    description:
      - What to send.
      - A V(reminder) is for the recipient and says that a link is waiting. A V(notice) is for the sender and says that there is a
        new link. Neither holds the link or its passphrase.
    type: str
    choices: [link, passphrase, reminder, notice]
    default: link
  channel:
    description: How it is sent.
    type: str
    choices: [mail, webhook, notify]
    required: true
  same_channel:
    description:
      - Whether the link and its passphrase may go by the same channel.
      - With O(channel=notify) two channels are two services at two hosts. Slack and Mattermost are the same as O(channel=webhook).
    type: bool
    default: false
  subject:
    description: Subject of the mail, first line in a chat, title in an app.
    type: str
    default: A credential for you
  text:
    description:
      - The message. C($link) or C($passphrase), C($name) and C($expires_at) stand for what they say; C($$) is a dollar sign.
      - Without it a plain message in English is sent.
    type: str
  to:
    description: Mail address of the recipient. Required with O(channel=mail).
    type: str
  smtp_host:
    description: Mail server. Required with O(channel=mail).
    type: str
  smtp_port:
    description: Its port; 587, 465 or 25 by O(smtp_security) where it is not given.
    type: int
  smtp_security:
    description: How the connection is protected. The certificate is verified. V(none) is for a server on this very machine.
    type: str
    choices: [starttls, tls, none]
    default: starttls
  smtp_username:
    description: Account at the mail server, with O(smtp_password).
    type: str
  smtp_password:
    description: Its password.
    type: str
  smtp_sender:
    description: Address of the sender. Required with O(channel=mail).
    type: str
  webhook_url:
    description: URL of an incoming webhook, as secret as a password. Required with O(channel=webhook).
    type: str
  webhook_shape:
    description: Whose form the message takes.
    type: str
    choices: [slack, mattermost, teams]
    default: slack
  notify_url:
    description:
      - URL of the library Apprise for one recipient, such as C(ntfys://ntfy.example.com/TOPIC), as secret as a password.
        U(https://appriseit.com/services/) says what it looks like. Required with O(channel=notify).
      - Sends to C(46elks), C(atalk), C(bark), C(bulksms), C(bulkvs), C(burstsms), C(chanify), C(clicksend), C(cm), C(d7sms),
        C(dingtalk), C(discord), C(eight00com), C(exotel), C(form), C(freemobile), C(gorush), C(gotify), C(groupme), C(httpsms),
        C(infobip), C(json), C(kaleyra), C(kumulos), C(line), C(mmost), C(mobilemsg), C(msgbird), C(ncloud), C(nctalk), C(notica),
        C(notifyre), C(ntfy), C(octopush), C(onesignal), C(parsep), C(pbul), C(pjet), C(pover), C(prowl), C(push),
        C(pushdeer), C(pushy), C(revolt), C(serwersms), C(seven), C(signal), C(sinch), C(slack), C(smsc), C(smseagle),
        C(smstunnel), C(telesign), C(telnyx), C(tgram), C(twilio), C(vonage), C(wecombot), C(wxpusher), C(xml), C(zoom) and
        C(zulip), and by other schemes of theirs. L(Delivery,https://github.com/onetimesecret/ansible-collection-ots/blob/main/docs/delivery.md)
        says why others are left out.
      - Apprise makes the request and reads the answer; the request goes as all others of this collection do, once, with
        O(timeout), O(proxy), O(ca_bundle) and O(validate_certs), whatever the URL says of retries, time-outs and redirects.
      - Needs the Python package C(apprise) 2.3 or later on the controller.
    type: str
    version_added: 0.4.0
extends_documentation_fragment:
  - onetimesecret.ots.connection
  - onetimesecret.ots.ledger
  - onetimesecret.ots.attributes
seealso:
  - module: onetimesecret.ots.ots_share
  - module: onetimesecret.ots.ots_ledger_info
"""

EXAMPLES = r"""
- name: Mail Alice her link from our own address
  onetimesecret.ots.ots_deliver:
    name: db/prod/alice
    channel: mail
    to: alice@example.com
    subject: Your database password
    text: "Hello Alice, it is behind $link, once and until $expires_at. The passphrase comes by chat."
    smtp_host: mail.example.com
    smtp_username: ops@example.com
    smtp_password: "{{ vault_mail_password }}"
    smtp_sender: ops@example.com

- name: Send her the passphrase in the chat
  onetimesecret.ots.ots_deliver:
    name: db/prod/alice
    part: passphrase
    channel: webhook
    webhook_url: "{{ vault_alice_webhook }}"
    webhook_shape: mattermost

- name: Or push it to her telephone
  onetimesecret.ots.ots_deliver:
    name: db/prod/alice
    part: passphrase
    channel: notify
    notify_url: "ntfys://{{ vault_ntfy_token }}@ntfy.example.com/alice"
"""

RETURN = r"""
name:
  description: Name of the credential.
  returned: success
  type: str
  sample: db/prod/alice
channel:
  description: How it is sent.
  returned: success
  type: str
  sample: mail
sent_at:
  description: When it was sent, ISO 8601 in UTC.
  returned: when this run has sent it
  type: str
  sample: "2026-11-21T09:30:00Z"
"""
