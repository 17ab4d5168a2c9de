# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module config on a real server: what it sets, what it refuses, and that asking has no effect."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from ansible.module_utils.testing import patch_module_args
from ansible_collections.steadyhand.redis.plugins.modules import config
from engine.engines import every_engine, not_on
from lab.options import LabOptions
from lab.ports import release_all_ports, reserve_port
from lab.probe import Endpoint, why_not_answering
from lab.process import Process
from lab.server import start_server
from lab.waiting import wait_until

NOBODY = 65534
OLDER = "redis-6.2"
pytestmark = not_on(OLDER)


@dataclass
class Server:
    """One server without a group, in a folder of its own, with its file, command line and owner as a test wants them."""

    directory: Path
    port: int
    process: Process

    @property
    def file(self) -> Path:
        return self.directory / "redis.conf"

    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, decode_responses=True)

    def value(self, name: str) -> str:
        with self.client() as client:
            return str(client.config_get(name)[name])

    def start(self) -> None:
        start_server(self)

    def why_not_answering(self, pid: int) -> str | None:
        return why_not_answering(Endpoint("127.0.0.1", self.port), pid)


ServerFactory = Callable[..., Server]


@pytest.fixture
def make_server() -> Iterator[ServerFactory]:
    made: list[Server] = []

    def make(settings: str = "", arguments: tuple[str, ...] = (), with_file: bool = True) -> Server:
        directory = Path(tempfile.mkdtemp(prefix="config-"))
        port = reserve_port(directory)
        binary = LabOptions().binary_of("server")
        options = (str(directory / "redis.conf"),) if with_file else ("--port", str(port), "--bind", "127.0.0.1")
        server = Server(directory, port, Process("server", directory, (binary, *options, *arguments)))
        server.file.write_text(
            f'# written by hand\nbind 127.0.0.1\nport {port}\ndir {directory}\nsave ""\n{settings}', encoding="utf-8"
        )
        made.append(server)
        server.start()
        return server

    yield make
    for server in made:
        server.process.kill()
        release_all_ports(server.directory)
        shutil.rmtree(server.directory)


@pytest.fixture
def push(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run the module as Ansible does and return its result, whatever it is."""

    def run(server: Server, settings: dict[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
        arguments = {
            "login_host": "127.0.0.1",
            "login_port": server.port,
            "settings": settings,
            "_ansible_check_mode": check,
            **options,
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            config.main()
        result = json.loads(capsys.readouterr().out)
        assert isinstance(result, dict)
        assert {"changed", "settings", "live", "pending", "previous", "written", "unseen", "diff"} <= set(result)
        return result

    return run


Push = Callable[..., dict[str, Any]]

MIXED = {
    "repl-backlog-size": "64mb",
    "client-output-buffer-limit": "replica 512mb 128mb 60",
    "save": [[900, 1], [300, 10]],
    "notify-keyspace-events": "KEA",
    "slave-priority": 90,
    "proc-title-template": "{title} {listen-addr} of mine",
    "databases": 32,
}


@every_engine
def test_live_pending_again_and_back(make_server: ServerFactory, push: Push) -> None:
    server = make_server("# a comment that stays\nslave-priority 100\n")
    original, backlog = server.text(), server.value("repl-backlog-size")

    foreseen = push(server, MIXED, check=True, write_pending=True)
    assert server.text() == original
    assert server.value("repl-backlog-size") == backlog

    done = push(server, MIXED, write_pending=True)
    assert {key: done[key] for key in ("changed", "live", "pending", "previous", "written")} == {
        key: foreseen[key] for key in ("changed", "live", "pending", "previous", "written")
    }
    assert done["pending"] == done["written"] == ["databases"]
    assert server.value("client-output-buffer-limit") == (
        "normal 0 0 0 slave 536870912 134217728 60 pubsub 33554432 8388608 60"
    )
    text = server.text()
    for line in (
        "# a comment that stays",
        "repl-backlog-size 64mb",
        "client-output-buffer-limit replica 512mb 128mb 60",
        'notify-keyspace-events "AKE"',
        "replica-priority 90",
        "databases 32",
    ):
        assert line in text.splitlines()
    # Valkey writes all of them into one line.
    assert re.findall(r"^save (.*)", text, re.MULTILINE) in (["900 1", "300 10"], ["900 1 300 10"])

    again = push(server, MIXED, write_pending=True)
    assert not again["changed"]
    assert server.text() == text

    server.process.stop()
    server.start()
    restarted = push(server, MIXED)
    assert not restarted["changed"]
    assert {one["state"] for one in restarted["settings"]} == {"in_effect"}

    back = push(server, done["previous"])
    assert back["pending"] == ["databases"]
    for name, value in done["previous"].items():
        if name != "databases":
            assert server.value(name) == value


@every_engine
@pytest.mark.parametrize(
    ("name", "asked", "kept"), [("hz", 1000, "500"), ("repl-backlog-size", "1kb", "16384"), ("hz", 0, "1")]
)
def test_a_value_of_which_the_engine_makes_another_is_refused_with_that_and_restored(
    make_server: ServerFactory, push: Push, name: str, asked: object, kept: str
) -> None:
    server = make_server()
    text, before = server.text(), server.value(name)
    refused = push(server, {name: asked})
    assert f"{name} was set to '{asked}' and reads back as '{kept}': ask for that" in refused["msg"]
    assert "The values from before are in force again" in refused["msg"]
    assert not refused["changed"]
    assert server.value(name) == before
    assert server.text() == text

    assert push(server, {name: kept})["changed"]
    assert not push(server, {name: kept})["changed"]
    assert not push(server, {name: kept}, check=True)["changed"]


@every_engine
def test_everything_wrong_is_named_at_once_and_nothing_is_set(make_server: ServerFactory, push: Push) -> None:
    server = make_server()
    with server.client() as client:
        client.mset({f"key:{n}": "x" * 100 for n in range(20000)})
    text = server.text()
    wrong = {
        "repl-backlog-sise": "1mb",
        "maxmemory": "1mb",
        "save": "900",
        "loglevel": "loud",
        "io-threads": 4000,
        "tcp-backlog": "many",
        "repl-timeout": 5,
        "port": 1,
        "requirepass": "hunter2",
        "dir": "/",
        "maxclients": 1,
    }
    for check in (True, False):
        failed = push(server, {**wrong, "maxmemory-policy": "allkeys-lru"}, check=check)
        assert failed["failed"]
        assert not failed["changed"]
        for name in wrong:
            assert f"{name}: " in failed["msg"]
        assert "did you mean repl-backlog-size" in failed["msg"]
        assert "hunter2" not in json.dumps({key: value for key, value in failed.items() if key != "invocation"})
    with server.client() as client:
        assert client.dbsize() == 20000
    assert server.value("maxmemory-policy") == "noeviction"
    assert server.text() == text


@every_engine
def test_asking_has_no_effect(make_server: ServerFactory, push: Push) -> None:
    """Each of these would set something in motion if it took effect: a file, a save, a disconnection, a fork."""
    server = make_server()
    with server.client() as client:
        client.set("key", "value")
        before = client.config_get("*")
        asked = {"appendonly": True, "save": "1 1", "loglevel": "debug", "activerehashing": False, "maxclients": 20}
        result = push(server, {**asked, "oom-score-adj": "no", "timeout": 1}, check=True)
        assert not result.get("failed"), result
        assert client.config_get("*") == before
        assert client.info("persistence")["rdb_bgsave_in_progress"] == 0
        assert client.info("persistence")["aof_enabled"] == 0
    assert not list(server.directory.glob("appendonlydir*"))


def test_appendonly_is_persisted_with_its_file_and_survives(make_server: ServerFactory, push: Push) -> None:
    server = make_server()
    with server.client() as client:
        client.mset({f"key:{n}": "x" for n in range(1000)})
    assert push(server, {"appendonly": True})["changed"]
    assert "appendonly yes" in server.text().splitlines()
    server.process.kill()
    server.start()
    with server.client() as client:
        assert client.dbsize() == 1000


@pytest.mark.parametrize(
    ("settings", "arguments", "asked", "reason"),
    [
        ("set-proc-title no\n", ("--maxmemory", "1gb"), {"maxmemory": "2gb"}, "command line sets it"),
        ("include {directory}/more.conf\n", (), {"slave-priority": 80}, "more.conf sets it too"),
    ],
)
def test_an_overridden_setting_is_refused_by_name(
    make_server: ServerFactory, push: Push, settings: str, arguments: tuple[str, ...], asked: Any, reason: str
) -> None:
    server = make_server("set-proc-title no\n", arguments)
    (server.directory / "more.conf").write_text("replica-priority 70\n", encoding="utf-8")
    with server.file.open("a", encoding="utf-8") as stream:
        stream.write(settings.format(directory=server.directory))
    failed = push(server, asked)
    assert failed["failed"]
    assert reason in failed["msg"]
    assert not failed["unseen"]


@every_engine
def test_an_include_is_found_where_the_server_finds_it(make_server: ServerFactory, push: Push) -> None:
    """Relative, in an included file, from the folder that ``dir`` names: a file of the same name beside the server's is not it."""
    server = make_server()
    server.process.stop()
    data = server.directory / "data"
    data.mkdir()
    (data / "near.conf").write_text("include deep.conf\n", encoding="utf-8")
    (data / "deep.conf").write_text("slave-priority 70\n", encoding="utf-8")
    (server.directory / "near.conf").write_text("hz 17\n", encoding="utf-8")
    with server.file.open("a", encoding="utf-8") as stream:
        stream.write("set-proc-title no\ndir data\ninclude near.conf\n")
    server.start()
    assert (server.value("slave-priority"), server.value("hz")) == ("70", "10")
    failed = push(server, {"replica-priority": 80, "hz": 20})
    assert f"replica-priority: the included file {data}/deep.conf sets it too" in failed["msg"]
    assert "hz: " not in failed["msg"]
    assert not failed["unseen"]


def test_a_server_without_a_file_is_refused(make_server: ServerFactory, push: Push) -> None:
    server = make_server(with_file=False)
    failed = push(server, {"hz": 20}, check=True)
    assert "without a configuration file" in failed["msg"]
    assert server.value("hz") == "10"


def as_nobody(server: Server) -> None:
    """Start the server again as another user than the module's."""
    server.process.stop()
    server.process.log_file.chmod(0o666)
    words = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    server.process = Process("server", server.directory, (*words, *server.process.command))
    server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a server as another user")
def test_a_folder_that_the_server_cannot_write_is_refused(make_server: ServerFactory, push: Push) -> None:
    server = make_server()
    server.directory.chmod(0o755)
    os.chown(server.file, NOBODY, NOBODY)
    as_nobody(server)
    for check in (True, False):
        failed = push(server, {"hz": 20}, check=check)
        assert "cannot write in the folder" in failed["msg"]
    assert server.value("hz") == "10"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a server as another user")
def test_a_value_that_fails_only_when_applied_leaves_all_as_it_was(make_server: ServerFactory, push: Push) -> None:
    """That it may not protect itself from the kernel's OOM killer, the server learns when it tries."""
    server = make_server()
    for path in (server.directory, server.file):
        os.chown(path, NOBODY, NOBODY)
    as_nobody(server)
    failed = push(server, {"timeout": 77, "oom-score-adj": "absolute", "oom-score-adj-values": "-1000 -1000 -1000"})
    assert "took none of" in failed["msg"]
    assert not failed["changed"]
    assert server.value("timeout") == "0"
    assert "timeout 77" not in server.text()
    assert push(server, {"timeout": 77})["changed"]
    assert server.file.owner() == "nobody"


def test_more_clients_than_files_are_refused_before_the_server_tries(make_server: ServerFactory, push: Push) -> None:
    """Seen: asked for two thousand million clients, the server answers nobody while it counts down what it may have."""
    server = make_server()
    assert "LimitNOFILE" in push(server, {"maxclients": 2000000000})["msg"]


def test_a_rewrite_by_somebody_else_puts_pending_back_and_it_shows(make_server: ServerFactory, push: Push) -> None:
    server = make_server()
    assert push(server, {"databases": 32}, write_pending=True)["written"] == ["databases"]
    with server.client() as client:
        client.config_rewrite()
    shown = push(server, {"databases": 32})
    assert shown["pending"] == ["databases"]
    assert shown["settings"][0]["persisted"] == "16"
    assert push(server, {"databases": 32}, write_pending=True)["written"] == ["databases"]


@every_engine
def test_what_runs_and_is_not_in_the_file_is_saved_there(make_server: ServerFactory, push: Push) -> None:
    """Set by somebody else without CONFIG REWRITE, once beside a line and once without; and a start-only setting edited."""
    server = make_server("repl-backlog-size 3mb\ndatabases 32\n")
    with server.client() as client:
        client.config_set("repl-backlog-size", "5mb")
        client.config_set("hz", "20")
    wanted = {"repl-backlog-size": "5mb", "hz": 20, "databases": 32}
    server.file.write_text(server.text().replace("databases 32", "databases 64"), encoding="utf-8")
    foreseen = push(server, wanted, check=True)
    assert foreseen["unsaved"] == ["repl-backlog-size", "hz", "databases"]
    assert foreseen["changed"]
    assert "databases 64" in server.text()

    saved = push(server, wanted)
    assert (saved["live"], saved["pending"], saved["changed"]) == ([], [], True)
    for line in ("repl-backlog-size 5mb", "hz 20", "databases 32"):
        assert line in server.text().splitlines()
    again = push(server, wanted)
    assert (again["unsaved"], again["changed"]) == ([], False)


def test_line_ends_stay(make_server: ServerFactory, push: Push) -> None:
    server = make_server()
    server.file.write_bytes(server.file.read_bytes().replace(b"\n", b"\r\n"))
    before = server.file.read_bytes()
    assert push(server, {"databases": 32}, write_pending=True)["written"] == ["databases"]
    assert server.file.read_bytes() == before + b"databases 32\n"


def test_min_replicas_above_the_good_ones_is_refused(make_server: ServerFactory, push: Push) -> None:
    server = make_server()
    assert "min-replicas-to-write" in push(server, {"min-replicas-to-write": 1})["msg"]
    # Whatever was seen of the group before: it is this node that would refuse every write.
    assert "min-replicas-to-write" in push(server, {"min-replicas-to-write": 1}, good_replicas=1)["msg"]


@every_engine
def test_a_failed_rewrite_takes_the_live_values_back(make_server: ServerFactory, push: Push) -> None:
    """CONFIG REWRITE alone is not permitted, so that setting works and persisting does not."""
    server = make_server()
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "default", "-config|rewrite")
    failed = push(server, {"hz": 20})
    assert "in force again" in failed["msg"]
    assert not failed["changed"]
    assert server.value("hz") == "10"


def test_a_server_that_is_gone(make_server: ServerFactory, push: Push) -> None:
    server = make_server()
    server.process.kill()
    wait_until(lambda: None if not server.process.is_running() else "it runs", 10, "the end of the server")
    failed = push(server, {"hz": 20})
    assert f"127.0.0.1:{server.port}" in failed["msg"]
    assert failed["settings"] == []
