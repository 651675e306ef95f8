"""Where options come from, and which of several wins. What is wrong is told in one line, without its value."""

from __future__ import annotations

from pathlib import Path

import pytest

from onetime_server.cli import main
from onetime_server.options import ServeOptions, read
from onetime_server.settings import SettingsError

SECRET = "12" * 32


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "server.toml"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('smtp_host = "file"\nsmtp_from = "file@example.com"\nport = 1\nas = "v0.23"\n')
    monkeypatch.setenv("ONETIME_SERVER_CONFIG", str(file))
    monkeypatch.setenv("ONETIME_SERVER_SMTP_HOST", "environment")
    monkeypatch.setenv("ONETIME_SERVER_PORT", "2")
    monkeypatch.setenv("ONETIME_SERVER_LOG_FILE", "")

    options = read(ServeOptions, {"port": "3", "email": "not an option"})

    assert (options.port, options.smtp_host, options.smtp_from) == (3, "environment", "file@example.com")
    assert (options.release, options.smtp_port, options.log_file) == ("v0.23", 25, None)


def test_a_file_may_say_everything(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('no_auth = true\nlink_domains = ["a.example.org", "B.example.org"]\ndata = "~/elsewhere"')
    monkeypatch.setenv("HOME", str(tmp_path))

    options = read(ServeOptions, {"config": str(file), "no_auth": "false"})

    assert not options.no_auth
    assert options.link_domains == {"a.example.org", "b.example.org"}
    assert options.data == tmp_path / "elsewhere"


def test_a_server_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONETIME_SERVER_KEY", SECRET)

    options = read(ServeOptions, {})

    assert options.key is not None
    assert options.key.get_secret_value() == SECRET
    assert SECRET not in repr(options)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('smpt_host = "{secret}"', "smpt_host in FILE is not an option. Did you mean smtp_host in FILE?"),
        ('smtp_port = "{secret}"', "smtp_port in the file of --config must be a valid integer"),
        ('key = "{secret}"', "FILE holds the server key and is open to others: chmod 600 FILE."),
        ("key = {secret}", "FILE is not TOML: "),
        ("key = [1]", "FILE holds the server key"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_without_its_value(file: Path, content: str, problem: str) -> None:
    file.write_text(content.replace("{secret}", "x" + SECRET))
    file.chmod(0o644)

    with pytest.raises(SettingsError) as told:
        read(ServeOptions, {"config": str(file)})

    text = str(told.value).replace(str(file), "FILE")
    assert text.startswith(problem)
    assert SECRET not in text
    assert len(text.splitlines()) == 1


def test_a_closed_file_may_hold_the_server_key(file: Path) -> None:
    file.write_text(f'key = "{SECRET}"')
    file.chmod(0o600)

    assert read(ServeOptions, {"config": str(file)}).key is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", f"--key={SECRET}"),
        ("serve", "--key", SECRET),
        ("serve", f"--smtp-password={SECRET}"),
        ("serve", SECRET),
        ("account", "add", "alice@example.com", "--token", SECRET),
    ],
)
def test_a_secret_in_an_argument_is_refused_and_not_repeated(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))

    output, errors = capsys.readouterr()
    assert (ended.value.code, output) == (2, "")
    assert SECRET not in errors
    assert "is not for this command" in errors
    assert len(errors.splitlines()) == 1
