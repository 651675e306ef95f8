"""What is done once for good: a message that is sent, and a link of somebody else's that is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.address import Address
from ansible_collections.onetimesecret.ots.plugins.module_utils.onetime.errors import UnknownSecret
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.delivery.deliver import Message, deliver
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.engine.reveal import Disclosure, reveal
from ansible_collections.onetimesecret.ots.plugins.plugin_utils.ledger.model import Delivery, Part
from tests.support.back_ends import BACK_ENDS
from tests.support.crash.cells import Cell, Disturbed
from tests.support.crash.controller import Controller, Watch
from tests.support.crash.links import SHARE
from tests.support.live_server import TOKEN

MESSAGE = Message(Part.LINK, "A credential", "$link", by_the_same_channel=True)
VALUE = "licence ✓"


@dataclass
class Outbox:
    """A messenger whose messages are lines of a file, which outlives the process that sent them."""

    path: Path
    watch: Watch | None
    channel: str = "webhook"
    service: str = "webhook"
    destination: str = "chat.example.com"

    def quoted(self, value: str) -> str:
        return value

    def send(self, _subject: str, text: str) -> None:
        def write() -> None:
            with self.path.open("a") as file:
                file.write(f"{text}\n")

        if self.watch:
            self.watch.step("send", write)
        else:
            write()


@dataclass(frozen=True)
class Deliver:
    """A message is sent twice only where a run could not note the first one, and it is always the same."""

    new_ledger: bool = False
    back_ends: tuple[str, ...] = BACK_ENDS

    def judged(self, controller: Controller, first_run: Disturbed, *, look_alike: bool) -> Cell:  # noqa: ARG002
        record = controller.run(lambda engine: engine.present(SHARE)).record
        assert record
        address = Address.of(controller.client_url)
        with TemporaryDirectory(prefix="ots-outbox-") as folder:
            outbox = Path(folder, "sent")
            outbox.touch()

            def run(watch: Watch | None) -> Delivery | None:
                with controller.tools(watch) as (ledger, _client):
                    messenger = Outbox(outbox, watch)
                    clock = controller.server.clock
                    return deliver(ledger, SHARE.name, MESSAGE, messenger, address, clock=clock, check=False)

            cell = first_run(run)
            cell.expect_agreement(controller, SHARE.name)
            sent_first = len(outbox.read_text().splitlines())
            is_noted = bool(controller.entry(SHARE.name).deliveries)

            second, third = run(None), run(None)

            sent = outbox.read_text().splitlines()
        cell.unread = len(controller.links())
        cell.expect(not (is_noted and not sent_first), "what was not sent is noted as sent")
        cell.expect((second is None) == is_noted, "the second run did not do what was left to do")
        cell.expect(third is None, "the third run sent it again")
        cell.expect(len(sent) == sent_first + (not is_noted), "it was sent too often, or never")
        cell.expect(set(sent) == {address.link(record.secret_key, record.share_domain)}, "another link was sent")
        cell.expect(cell.unread == 1, "too many links, or none")
        cell.expect_agreement(controller, SHARE.name)
        return cell


@dataclass(frozen=True)
class Reveal:
    """A value is kept, or still to be read, or a run says that it is lost."""

    new_ledger: bool = False
    back_ends: tuple[str, ...] = BACK_ENDS
    passphrase: str | None = field(default=None, repr=False)

    def judged(self, controller: Controller, first_run: Disturbed, *, look_alike: bool) -> Cell:  # noqa: ARG002
        form = {"passphrase": self.passphrase} if self.passphrase else {}
        key = controller.server.share(VALUE, (controller.username, TOKEN), **form)["secret_key"]

        def run(watch: Watch | None) -> Disclosure:
            with controller.tools(watch) as (ledger, client):
                now = controller.server.clock()
                return reveal(ledger, lambda: client, "vendor", key, self.passphrase, now=now)

        cell = first_run(run)
        cell.expect_agreement(controller, "vendor")
        was_unread = bool(controller.links())
        found, is_lost = [], False
        for _ in range(2):
            try:
                found.append(run(None))
            except UnknownSecret as error:
                is_lost |= "so the value is lost" in str(error)
        values = [disclosure.value for disclosure in found]
        cell.unread = len(controller.links())
        cell.expect(cell.unread == 0, "the link was never read")
        cell.expect(set(values) <= {VALUE}, "another value was told")
        cell.expect(not was_unread or len(values) == 2, "what could be read was not")
        cell.expect(bool(values) != is_lost, "a value was lost without a word, or is said to be and is there")
        cell.expect(len(values) in (0, 2), "a value was told once and not again")
        cell.expect(not (values and found[-1].changed), "the third run changed something")
        cell.expect_agreement(controller, "vendor")
        return cell
