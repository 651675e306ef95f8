"""The main job, for people to watch: a real playbook hands out credentials on a local server.

Usage: python tools/demo.py           leaves nothing running
       python tools/demo.py --keep    leaves server and mailbox running, and a link to open
       python tools/demo.py --stop    stops them
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import requests
import yaml

from collection_tree import make_collection_tree
from local_stack import text_of

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDER = CHECKOUT / ".demo"
BACKGROUND = Path(__file__).with_name("targets_server.py")
RECAP = re.compile(r"^\S+\s+: .*changed=(\d+)", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
HIDDEN_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
LINK = re.compile(r"http://\S+/secret/\w+")
COLUMNS = ("name", "recipient", "state", "expires_at")
HAS_TERMINAL = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Demo:
    """A server and a mailbox that run in the background, and what a controller needs to use them."""

    def __init__(self) -> None:
        background("stop")  # what an earlier demo was to keep
        shutil.rmtree(FOLDER, ignore_errors=True)
        background("start")
        variables = yaml.safe_load((FOLDER / "ots.yml").read_text())
        self.url = variables["ots_url"]
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("ANSIBLE_NOCOLOR", "OTS_REGION")},
            **{name.upper(): value for name, value in variables.items()},
            "ANSIBLE_COLLECTIONS_PATH": str(make_collection_tree(FOLDER / "collections")),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_FORCE_COLOR" if HAS_TERMINAL else "ANSIBLE_NOCOLOR": "true",
            "PYTHONUNBUFFERED": "1",
        }

    def quickstart(self, *arguments: str) -> int:
        """Run the playbook, show it as it runs, and return how many tasks changed something."""
        folder = f"quickstart_folder={FOLDER / 'servers'}"
        command = ["ansible-playbook", "onetimesecret.ots.quickstart", "-e", folder, *arguments]
        show_command(*command)
        program = subprocess.Popen(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            env=self.environment,
            cwd=FOLDER,
            text=True,
            stdout=subprocess.PIPE,
        )
        shown = []
        for line in program.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            shown.append(COLOURS.sub("", line))
        if program.wait():
            sys.exit(f"The playbook failed with exit code {program.returncode}.")
        return sum(map(int, RECAP.findall("".join(shown))))

    def show_holders(self) -> None:
        """Print who holds what, as the ledger and the server know it."""
        command = ("ansible", "localhost", "-m", "onetimesecret.ots.ots_ledger_info", "-a", "refresh=true")
        show_command(*command)
        program = str(Path(sys.executable).with_name(command[0]))
        plain = {"ANSIBLE_FORCE_COLOR": "", "ANSIBLE_NOCOLOR": "true", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
        finished = subprocess.run(
            [program, *command[1:]],
            env=self.environment | plain,
            cwd=FOLDER,
            text=True,
            stdout=subprocess.PIPE,
            check=True,
        )
        links = json.loads(finished.stdout.partition("=> ")[2])["links"]
        rows = [COLUMNS, *(tuple(str(link[column] or "-") for column in COLUMNS) for link in links)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def mails(self) -> list[EmailMessage]:
        """Return the mails that have arrived, in order."""
        files = sorted((FOLDER / "mail").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def links_made(self) -> int:
        """Return how many requests to make a link have reached the server."""
        log = (FOLDER / "server.log").read_text()
        return sum(log.count(f" POST /api/v1/{call} ") for call in ("share", "generate"))


def background(order: str) -> None:
    """Start or stop server and mailbox."""
    subprocess.run([sys.executable, str(BACKGROUND), order, str(FOLDER)], check=True)


def link_in(mail: EmailMessage) -> str:
    found = LINK.search(text_of(mail))
    if found is None:
        sys.exit(f"The mail to {mail['To']} has no link.")
    return found[0]


def open_link(link: str) -> None:
    """Open a link as a browser does: look at the page, then press its button."""
    with requests.Session() as browser:
        page = browser.get(link, timeout=10)
        form = dict(HIDDEN_FIELD.findall(page.text))
        browser.post(link, data=form, timeout=10).raise_for_status()


def show_mail(mail: EmailMessage) -> None:
    headers = [f"{name}: {mail[name]}" for name in ("From", "To", "Subject")]
    for line in (*headers, "", *text_of(mail).splitlines()):
        print(f"  | {line}".rstrip())


def step(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m\n" if HAS_TERMINAL else f"\n=== {text}\n", flush=True)


def show_command(*command: str) -> None:
    print(f"$ {shlex.join(command)}", flush=True)


def show(demo: Demo) -> None:
    """Run the quickstart three times: first, again, and after somebody has left."""
    print(f"Server: {demo.url}    mails, ledger and log: {FOLDER}")
    step("First run: passwords are generated, links are mailed")
    demo.quickstart()

    step("A mail, as Alice sees it")
    mail = next(mail for mail in demo.mails() if "alice@example.com" in str(mail["To"]))
    show_mail(mail)

    step("Who holds what")
    demo.show_holders()

    step("Alice opens her link")
    open_link(link_in(mail))
    print("She has read the value behind it. Nobody can read it again.")

    step("Second run: nothing changes, nothing is sent")
    links, mails = demo.links_made(), len(demo.mails())
    changed = demo.quickstart()
    more_links, more_mails = demo.links_made() - links, len(demo.mails()) - mails
    print(f"First run: {links} links made, {mails} mails sent.")
    print(f"Second run: {more_links} links made, {more_mails} mails sent, {changed} tasks changed.")
    if changed or more_links or more_mails:
        sys.exit("The second run was not idempotent.")

    step("Carol leaves: her unread links are burned")
    demo.quickstart("-e", json.dumps({"leavers": ["carol"]}, separators=(",", ":")))

    step("Who holds what now: Alice has read one link, Carol holds nothing")
    demo.show_holders()


def main(arguments: list[str]) -> None:
    if arguments == ["--stop"]:
        background("stop")
        print("Server and mailbox are stopped.")
        return
    if arguments not in ([], ["--keep"]):
        sys.exit(__doc__)
    step("Start a local server and a mailbox")
    demo = Demo()
    keeps = False
    try:
        show(demo)
        keeps = bool(arguments)
    finally:
        if not keeps:
            background("stop")
    if keeps:
        unread = next(mail for mail in demo.mails() if "bob@example.com" in str(mail["To"]))
        step("Server and mailbox keep running")
        print(f"Open a link of Bob's, once:  {link_in(unread)}")
        print(f"Read the mails in:           {FOLDER / 'mail'}")
        print("Stop server and mailbox by:  make demo STOP=1")
    else:
        print(f"\nServer and mailbox are stopped; mails, ledger and log are in {FOLDER}.")


if __name__ == "__main__":
    main(sys.argv[1:])
