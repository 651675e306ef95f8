"""The main job, for people to watch: a real playbook hands out credentials on a local server. Leaves nothing running."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import requests

from collection_tree import make_collection_tree
from local_stack import LocalStack

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDER = CHECKOUT / ".demo"
RECAP = re.compile(r"^(\S+)\s+: .*changed=(\d+).*failed=(\d+)", re.MULTILINE)

HIDDEN_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def run_playbook(stack: LocalStack, *arguments: str) -> int:
    """Run the quickstart, show what it prints, and return how many tasks changed something."""
    playbooks = CHECKOUT / "playbooks"
    program = Path(sys.executable).with_name("ansible-playbook")
    command = [
        str(program),
        "-i",
        str(playbooks / "quickstart_files" / "inventory.yml"),
        str(playbooks / "quickstart.yml"),
    ]
    environment = {
        **os.environ,
        **stack.environment,
        "ANSIBLE_COLLECTIONS_PATH": str(make_collection_tree(FOLDER / "collections")),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    }
    folder = f"quickstart_folder={FOLDER / 'servers'}"
    finished = subprocess.run(
        [*command, "-e", folder, *arguments], env=environment, text=True, stdout=subprocess.PIPE, check=False
    )
    print(finished.stdout)
    if finished.returncode:
        sys.exit(f"the playbook failed with exit code {finished.returncode}")
    return sum(int(changed) for _host, changed, _failed in RECAP.findall(finished.stdout))


def open_link_as_recipient(stack: LocalStack, recipient: str) -> None:
    """Open the first link that was mailed to a recipient, as a browser does: look at the page, then press its button."""
    mail = next(mail for mail in stack.mailbox.mails() if recipient in str(mail["To"]))
    body = mail.get_body(("plain",))
    link = re.search(r"http://\S+/secret/\w+", body.get_content() if body else "")
    if link is None:
        sys.exit(f"no link in the mail to {recipient}")
    with requests.Session() as browser:
        page = browser.get(link[0], timeout=10)
        form = dict(HIDDEN_FIELD.findall(page.text))
        browser.post(link[0], data=form, timeout=10).raise_for_status()
    print(f"{recipient} has opened the link from the mail and read the value behind it. Nobody can read it again.\n")


def step(text: str) -> None:
    print(f"\n=== {text}\n")


def main() -> None:
    """Run the quickstart three times: first, again, and after somebody has left."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(mode=0o700)
    with LocalStack(FOLDER) as stack:
        step("A first run: passwords are generated, links are mailed")
        run_playbook(stack)

        step("A recipient opens a link")
        open_link_as_recipient(stack, "alice@example.com")

        step("The same run again: nothing changes, nothing is sent")
        sent, mailed = stack.links_sent(), len(stack.mailbox.mails())
        changed = run_playbook(stack)
        sent, mailed = stack.links_sent() - sent, len(stack.mailbox.mails()) - mailed
        print(f"changed={changed}, links made={sent}, mails sent={mailed}")
        if changed or sent or mailed:
            sys.exit("the second run was not idempotent")

        step("Carol leaves: her unread links are burned")
        run_playbook(stack, "-e", '{"leavers": ["carol"]}')

    print(f"The mails are in {FOLDER / 'mail'}, the server's log is {FOLDER / 'server.log'}.")
    print("Server and mailbox are stopped.")


if __name__ == "__main__":
    main()
