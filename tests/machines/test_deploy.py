# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group that is deployed on blank machines, by the roles, and what a later run does to it.

On one distribution everybody logs in as the user default, on the other with ACL users.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hosts.distribution import DISTRIBUTIONS
from hosts.hosts import GROUP
from lab.waiting import wait_until

from .blank import PASSWORDS, SETTINGS, Blank, deploy
from .seen import nothing_restarts

pytestmark = pytest.mark.long
FAILOVER_TIMEOUT = 120.0
"""Seconds until a failover has ended on a busy machine."""


@pytest.fixture(scope="module", params=DISTRIBUTIONS)
def suite_hosts(request: pytest.FixtureRequest) -> Iterator[Blank]:
    """Made once for the tests of this file."""
    with Blank(request.param, blank=True) as hosts:
        hosts.keep_blank()
        yield hosts


@pytest.fixture
def deployed(suite_hosts: Blank) -> Blank:
    """The group, deployed and whole."""
    if any(node.role_if_reachable() is None for node in suite_hosts.nodes):
        suite_hosts.make_blank()
        run = deploy(suite_hosts)
        assert run.code == 0, run.failure()
    suite_hosts.wait_converged()
    return suite_hosts


@pytest.mark.timeout(1200)
def test_a_group_is_deployed_on_blank_machines_and_a_second_run_changes_nothing(suite_hosts: Blank) -> None:
    first = deploy(suite_hosts)
    assert first.code == 0, first.failure()
    suite_hosts.wait_converged()
    assert suite_hosts.primary is suite_hosts.nodes[0]
    for node in suite_hosts.nodes:
        assert node.config("databases") == "20", "what is read at the start, read by a node that is new"
        assert node.config("masterauth") == (PASSWORDS["replica"] if suite_hosts.has_users else node.password)
        assert node.config("maxmemory") == str(32 * 1024**2)
        shown = node.machine.run(f"systemctl show --property=Restart --value {node.distribution.unit}")
        assert shown.strip() == "no", "a crashed primary does not come back by itself"

    with nothing_restarts(suite_hosts):
        second = deploy(suite_hosts)
    assert second.code == 0, second.failure()
    assert second.changes == []


@pytest.mark.timeout(1200)
def test_after_a_failover_a_run_moves_nothing_and_changes_nothing(deployed: Blank) -> None:
    old = deployed.primary
    with deployed.sentinels[0].client() as client:
        client.execute_command("SENTINEL", "FAILOVER", GROUP)
    wait_until(
        lambda: (
            None
            if [node.name for node in deployed.nodes if node.role_if_reachable() == "master"] not in ([old.name], [])
            else "no other primary"
        ),
        FAILOVER_TIMEOUT,
        "the failover",
    )
    deployed.wait_converged()
    assert deployed.primary is not old

    with nothing_restarts(deployed):
        run = deploy(deployed)
    assert run.code == 0, run.failure()
    assert run.changes == []
    assert f"replicaof {deployed.primary.endpoint.host} {deployed.primary.port}" in old.conf()


@pytest.mark.timeout(600)
def test_a_changed_setting_is_set_live_and_one_that_needs_a_restart_waits(deployed: Blank) -> None:
    changed = {**SETTINGS, "repl-backlog-size": "3mb", "databases": 24}
    before = {node.config("repl-backlog-size") for node in deployed.nodes}
    wish = {"redis_node_settings": changed, "redis_sentinel_parallel_syncs": 2}
    with nothing_restarts(deployed):
        foreseen = deploy(deployed, wish, "--check")
        assert {node.config("repl-backlog-size") for node in deployed.nodes} == before
        run = deploy(deployed, wish)
    assert run.code == 0, run.failure()
    assert foreseen.code == 0, foreseen.failure()
    assert {(one.host, one.task) for one in foreseen.changes} == {(one.host, one.task) for one in run.changes}
    assert run.said("databases take effect at the next start")
    assert {result.host for result in run.changes} == {
        *(n.name for n in deployed.nodes),
        *(s.name for s in deployed.sentinels),
    }
    for node in deployed.nodes:
        assert (node.config("databases"), node.config("repl-backlog-size")) == ("20", str(3 * 1024**2))


@pytest.mark.timeout(600)
def test_no_secret_is_in_a_journal_in_a_process_or_in_a_file_that_others_may_read(deployed: Blank) -> None:
    words = "\n".join(sorted(deployed.secrets))
    script = f"""\
cat > /var/tmp/secrets <<'END'
{words}
END
chmod 600 /var/tmp/secrets
found() {{ if [ "$1" = 0 ]; then echo "$2"; fi; }}
set +e
journalctl --no-pager | grep --quiet --fixed-strings --file=/var/tmp/secrets; found $? journal
cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep --quiet --fixed-strings --file=/var/tmp/secrets; found $? arguments
grep --recursive --files-with-matches --fixed-strings --file=/var/tmp/secrets /etc /var/log /tmp /run /home /usr/local 2>/dev/null \
  | while read file; do su -s /bin/sh nobody -c "test -r '$file'" && echo "$file"; done
rm /var/tmp/secrets
true
"""
    assert deployed.run(script) == ["", "", ""]


@pytest.mark.timeout(600)
def test_nobody_else_restarts_or_upgrades_the_server(deployed: Blank) -> None:
    engine = deployed.distribution.engine
    for machine in deployed.machines():
        held = set(machine.run("apt-mark showhold").split())
        assert held == {f"{engine}-server", f"{engine}-sentinel", f"{engine}-tools"}
        blacklist = machine.run("apt-config dump Unattended-Upgrade::Package-Blacklist")
        assert f'"^{engine}-"' in blacklist
        judged = (
            "our %nrconf; do '/etc/needrestart/conf.d/steadyhand-redis.conf' or die; my ($rule) = keys %{$nrconf{override_rc}};"
            f"print join ' ', map {{ /$rule/ ? 'left' : 'restarted' }} qw({engine}-server.service {engine}-sentinel.service ssh.service)"
        )
        assert machine.run(f'perl -e "{judged.replace("$", chr(92) + "$")}"') == "left left restarted"


@pytest.mark.timeout(600)
def test_a_run_is_refused_with_a_reason_while_it_is_not_certain_who_leads(deployed: Blank) -> None:
    stopped = deployed.replicas[0]
    others = [node for node in deployed.nodes if node is not stopped]
    before = [node.config("repl-backlog-size") for node in others]
    stopped.machine.run(f"systemctl stop {stopped.distribution.unit}\n")
    try:
        run = deploy(deployed, {"redis_node_settings": {**SETTINGS, "repl-backlog-size": "5mb"}})
    finally:
        stopped.start()
    assert run.code != 0
    assert run.changes == []
    assert f"{stopped.name} was deployed before and does not answer" in run.failure()
    assert "it may hold the only copy of the data" in run.failure()
    assert [node.config("repl-backlog-size") for node in others] == before


@pytest.mark.timeout(600)
def test_a_wrong_password_is_named_as_such(deployed: Blank) -> None:
    run = deploy(deployed, {"redis_login_password": "of-yesterday"})
    assert run.code != 0
    assert run.changes == []
    assert "does not permit the connection attempt" in run.failure()
    assert "invalid username-password pair" in run.failure()
    assert "no primary of it answers" not in run.failure()


@pytest.mark.timeout(1200)
def test_a_primary_that_vanishes_in_the_middle_ends_the_run_and_is_followed_by_no_second_one(
    suite_hosts: Blank,
) -> None:
    suite_hosts.make_blank()
    first = suite_hosts.nodes[0]

    def kill(line: str) -> None:
        if line.startswith("TASK [") and "Observe the group from this node again" in line:
            first.machine.run(f"systemctl kill --signal=KILL {first.distribution.unit}\n")

    run = deploy(suite_hosts, on_line=kill)
    assert run.code != 0
    assert run.said(f"was not started: it was to join {first.name}")
    assert [node.role_if_reachable() for node in suite_hosts.nodes] == [None, None, None]

    again = deploy(suite_hosts)
    assert again.code == 0, again.failure()
    suite_hosts.wait_converged()


@pytest.mark.timeout(600)
def test_a_port_that_another_process_has_is_refused_before_anything_is_started(suite_hosts: Blank) -> None:
    suite_hosts.make_blank()
    taken = suite_hosts.nodes[1]
    taken.machine.run(f"systemd-run --quiet --unit=taken python3 -m http.server {taken.port}\n")
    try:
        wait_until(
            lambda: None if f":{taken.port}" in taken.machine.run("ss --listening --numeric --tcp") else "not yet",
            60.0,
            "the port",
        )
        run = deploy(suite_hosts)
    finally:
        taken.machine.run("systemctl stop taken\n")
    assert run.code != 0
    assert f"the port of {taken.name} is in use by python3" in run.failure()
    assert [node.role_if_reachable() for node in suite_hosts.nodes if node is not taken] == [None, None]
