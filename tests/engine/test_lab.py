# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab itself: what the other tests stand on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import lab.ports
import pytest
import redis
from engine.engines import WITHOUT_TLS, not_on
from lab.client import connected
from lab.convergence import why_group_is_not_whole
from lab.errors import LabError, StartError
from lab.lab import Lab
from lab.probe import Endpoint
from lab.process import lives, processes_below
from lab.restart import DELAY_FILE, FAILURE_SWITCH, RESTARTS_FILE
from lab.waiting import wait_until

LabFactory = Callable[..., Lab]
TESTS_DIRECTORY = Path(__file__).resolve().parent.parent


def restart(lab: Lab, name: str) -> subprocess.CompletedProcess[str]:
    """What Ansible does with `redis_restart_command`."""
    return subprocess.run(
        [str(lab.node(name).directory / "restart")], capture_output=True, text=True, timeout=30, check=False, cwd="/"
    )


def test_a_started_lab_has_converged(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=2, replicas=1)
    for group in ("group-1", "group-2"):
        assert lab.primary_of(group).name == f"{group}-a"
        assert [node.name for node in lab.replicas_of(group)] == [f"{group}-b"]
        for sentinel in lab.sentinels:
            assert sentinel.primary_address(group) == ("127.0.0.1", lab.node(f"{group}-a").state.port)
            assert sentinel.group_state(group)["num-other-sentinels"] == "2"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"secured": True}, id="secured"),
        pytest.param({"host": "::1"}, id="ipv6"),
        pytest.param({"tls": True, "secured": True}, id="TLS only", marks=not_on(*WITHOUT_TLS)),
        pytest.param({"announce_host": "localhost"}, id="announced hostname"),
        pytest.param({"persistence": "aof"}, id="append-only file"),
    ],
)
def test_every_kind_of_lab_converges_and_fails_over(lab_factory: LabFactory, options: dict[str, object]) -> None:
    """The old primary is demoted by hand: Sentinel would take ten seconds more."""
    lab = lab_factory(groups=1, replicas=2, **options)
    old = lab.primary_of("group-1")
    with lab.sentinel("sentinel-a").client() as client:
        client.execute_command("SENTINEL", "FAILOVER", "group-1")

    def reason() -> str | None:
        address = {sentinel.primary_address("group-1") for sentinel in lab.sentinels}
        return None if len(address) == 1 and old.state.announced not in address else f"primary is at {address}"

    wait_until(reason, 15, "failover")
    with old.client() as client:
        client.execute_command("REPLICAOF", *lab.sentinels[0].primary_address("group-1"))
    wait_until(lambda: why_group_is_not_whole(lab.nodes), 15, "the old primary as a replica")


def test_a_secured_lab_refuses_strangers_and_gives_every_node_its_own_password(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, secured=True)
    for server in (lab.node("group-1-a"), lab.sentinel("sentinel-a")):
        with (
            connected(Endpoint(server.state.host, server.state.port)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.info()
    one, other = (node.state.credentials for node in lab.nodes)
    assert one is not None
    assert other is not None
    assert one.maintenance_password != other.maintenance_password
    assert one.application_password == other.application_password
    assert one.maintenance_password in lab.inventory_file.read_text(encoding="utf-8")
    assert lab.inventory_file.stat().st_mode & 0o077 == 0


def test_the_restart_command_restarts_that_very_node(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1)
    node, other = lab.node("group-1-b"), lab.node("group-1-a")
    run_id, other_run_id, started = node.run_id(), other.run_id(), node.process.started_at()
    with node.client() as client:
        client.config_set("maxmemory", "64mb")
        client.config_rewrite()

    result = restart(lab, "group-1-b")

    assert (result.returncode, result.stderr) == (0, "")
    assert node.run_id() != run_id
    assert other.run_id() == other_run_id
    assert node.process.started_at() > started
    assert node.config("maxmemory") == str(64 * 1024**2), "the server's own file survives the restart"
    assert len((node.directory / RESTARTS_FILE).read_text(encoding="ascii").splitlines()) == 1
    lab.wait_converged()


def test_the_restart_command_can_be_made_slow_and_to_fail(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=1)
    node = lab.node("group-1-b")
    (node.directory / DELAY_FILE).write_text("0.5", encoding="ascii")
    assert restart(lab, node.name).returncode == 0
    stopped, started = map(float, (node.directory / RESTARTS_FILE).read_text(encoding="ascii").split())
    assert started - stopped >= 0.5

    (node.directory / FAILURE_SWITCH).touch()
    failed = restart(lab, node.name)
    assert failed.returncode == 1
    assert FAILURE_SWITCH in failed.stderr
    assert not node.process.is_running()


def test_a_server_that_does_not_come_up_says_why(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=1)
    node = lab.node("group-1-b")
    node.stop()
    with node.state.conf_file.open("a", encoding="utf-8") as conf:
        conf.write("no-such-setting 1\n")
    with pytest.raises(StartError, match="no-such-setting"):
        node.start()
    failed = restart(lab, node.name)
    assert failed.returncode == 1
    assert "no-such-setting" in failed.stderr


def test_another_process_can_load_the_lab(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=1, secured=True)
    loaded = Lab.load(lab.directory)
    assert [node.run_id() for node in loaded.nodes] == [node.run_id() for node in lab.nodes]
    assert loaded.options == lab.options


def test_stop_ends_all_and_start_continues_with_the_data(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=1)
    with lab.primary_of("group-1").client() as client:
        client.set("kept", "1")
    lab.stop()
    assert [process.name for process in processes_below(lab.directory) if process.is_running()] == []
    lab.start()
    with lab.primary_of("group-1").client() as client:
        assert client.get("kept") == "1"


def test_a_frozen_node_is_ended_as_well(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=1, sentinels=1)
    node = lab.node("group-1-b")
    node.process.freeze()
    assert node.process.is_running()
    node.stop()
    assert not node.process.is_running()


def test_a_foreign_process_with_a_recorded_pid_is_left_alone(lab_factory: LabFactory) -> None:
    lab = lab_factory(groups=1, replicas=0, sentinels=1)
    node = lab.node("group-1-a")
    node.stop()
    node.process.pid_file.write_text(f"{os.getpid()} 1\n", encoding="ascii")
    assert not node.process.is_running()
    with pytest.raises(LabError, match="does not run"):
        node.process.send_signal(signal.SIGTERM)


def test_a_lab_ends_with_its_owner_even_by_sigkill(tmp_path: Path) -> None:
    """Also the node that somebody else (a restart command) started."""
    directory = tmp_path / "lab"
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import json, subprocess, sys; from pathlib import Path; from lab.lab import Lab\n"
            "lab = Lab.create(Path(sys.argv[1]), groups=1, replicas=1, sentinels=1); lab.start()\n"
            "subprocess.run([lab.node('group-1-b').directory / 'restart'], check=True)\n"
            "print(json.dumps([node.process.pid() for node in (*lab.nodes, *lab.sentinels)]), flush=True)\n"
            "sys.stdin.read()",
            str(directory),
        ],
        cwd=TESTS_DIRECTORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        processes = processes_below(directory) if (pids := json.loads(owner.stdout.readline())) else []
        assert sorted(process.pid() or 0 for process in processes) == sorted(pids)
        owner.kill()
    wait_until(lambda: f"{directory} exists" if directory.exists() else None, 10, "end of the lab")
    assert [pid for pid in pids if lives(pid)] == []


def test_a_port_that_was_taken_in_the_meantime_is_replaced(
    lab_factory: LabFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding a free port and binding it anybody can be faster: here for the primary, whose port others need."""
    with socket.create_server(("127.0.0.1", 0)) as somebody_else:
        taken = somebody_else.getsockname()[1]
        real = lab.ports.reserve_port
        answers = iter([taken])
        monkeypatch.setattr("lab.layout.reserve_port", lambda *arguments: next(answers, None) or real(*arguments))
        made = lab_factory(groups=1, replicas=1, sentinels=1)
        assert made.node("group-1-a").state.port != taken
        assert str(made.node("group-1-a").state.port) in made.inventory_file.read_text(encoding="utf-8")
        assert Lab.load(made.directory).primary_of("group-1").name == "group-1-a"


def test_a_node_can_have_another_binary(lab_factory: LabFactory, tmp_path: Path) -> None:
    usual = shutil.which(os.environ.get("LAB_REDIS_SERVER", "redis-server"))
    other = tmp_path / "another-redis-server"
    other.write_text(f'#!/bin/sh\nexec {usual} "$@" --latency-monitor-threshold 7\n', encoding="utf-8")
    other.chmod(0o755)
    made = lab_factory(groups=1, replicas=1, sentinels=1, node_binaries={"group-1-b": str(other)})
    assert restart(made, "group-1-b").returncode == 0
    assert made.node("group-1-b").config("latency-monitor-threshold") == "7"
    assert made.node("group-1-a").info("server")["executable"] != str(other)


def test_a_lab_that_cannot_be_laid_out_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no server program 'no-such-server'"):
        Lab.create(tmp_path / "lab", groups=1, node_binaries={"sentinel-a": "no-such-server"})
    assert list(tmp_path.iterdir()) == []
    held = [file.read_text(encoding="utf-8") for file in lab.ports.reservations_directory().glob("*")]
    assert str(tmp_path / "lab") not in held


@pytest.mark.parametrize(
    ("host", "advice"),
    [
        # Addresses for documentation, which no machine has.
        pytest.param("2001:db8::1", "give its loopback interface IPv6", id="ipv6"),
        pytest.param("192.0.2.1", "", id="ipv4"),
    ],
)
def test_a_lab_at_an_address_that_the_machine_lacks_says_so(tmp_path: Path, host: str, advice: str) -> None:
    with pytest.raises(LabError, match=f"cannot listen at {host}.*{advice}"):
        Lab.create(tmp_path / "lab", groups=1, host=host)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_test_shows_the_logs_of_its_servers(tmp_path: Path) -> None:
    """By running one, with the fixtures that the suites use."""
    (tmp_path / "conftest.py").write_text("from tests_conftest import *\n", encoding="ascii")
    (tmp_path / "tests_conftest.py").symlink_to(TESTS_DIRECTORY / "conftest.py")
    (tmp_path / "test_failing.py").write_text(
        "def test_own(lab_factory): lab_factory(groups=1, replicas=0, sentinels=1); assert False\n"
        "def test_shared(shared_lab): assert False\n",
        encoding="ascii",
    )
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(TESTS_DIRECTORY)])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "2 failed" in result.stdout, result.stdout + result.stderr
    assert result.stdout.count("nodes/group-1-a/log") == 2
    assert result.stdout.count("sentinels/sentinel-c/log") == 1
    assert result.stdout.count("Ready to accept connections") == 4


def test_what_is_no_lab_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious", encoding="ascii")
    with pytest.raises(LabError, match="not empty"):
        Lab.create(tmp_path)
    with pytest.raises(LabError, match="no lab"):
        Lab.load(tmp_path)
    with pytest.raises(LabError, match="is not a lab"):
        Lab.destroy(Lab(tmp_path, None))  # type: ignore[arg-type]
    assert (tmp_path / "mine").exists()
