# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group that is deployed with TLS and ACL users everywhere: certificates and passwords that are renewed while it serves, and
guards."""

from __future__ import annotations

import hashlib
import json
import secrets
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts.guarding import (
    PROGRAM,
    guard,
    impatient,
    journal,
    owned,
    readable_secrets,
    settings_of,
    tried,
    wait_until_armed,
    wait_until_said,
)
from hosts.hosts import GROUP
from lab.tls import TlsFiles, issue, make_authority
from lab.traffic.load import Load
from lab.traffic.traffic import Traffic
from playbooks.run import play

from .blank import PASSWORDS, Blank, deploy
from .seen import nothing_restarts

NEW = {name: secrets.token_urlsafe(18) for name in PASSWORDS}
USERS = {"replica": "replica", "sentinel": "sentinel", "peer": "sentinel-peer"}
"""Whose the passwords are; the last is a user of the Sentinels."""


class WithTls(Blank):
    """Machines whose servers shall speak TLS only."""

    def variables(self) -> dict[str, object]:
        """With where the certificates are."""
        files = self.certificates
        return {
            **super().variables(),
            **{
                f"{role}_tls_{name}": file
                for role in ("redis_node", "redis_sentinel")
                for name, file in {
                    "authorities": files.ca,
                    "certificate": files.server_cert,
                    "key": files.server_key,
                }.items()
            },
        }

    @property
    def has_users(self) -> bool:
        """On any distribution."""
        return True

    @property
    def secrets(self) -> set[str]:
        """Those to come, too."""
        return super().secrets | set(NEW.values())

    def set_users(self, sign: str, passwords: dict[str, str]) -> None:
        """Give the users these passwords, too (`>`), or take them away (`<`), for good."""
        for node in self.nodes:
            with node.client() as client:
                for name in ("replica", "sentinel"):
                    client.execute_command("ACL", "SETUSER", USERS[name], f"{sign}{passwords[name]}")
                client.execute_command("ACL", "SAVE")
        for sentinel in self.sentinels:
            with sentinel.client() as client:
                client.execute_command("ACL", "SETUSER", USERS["peer"], f"{sign}{passwords['peer']}")
                client.execute_command("SENTINEL", "FLUSHCONFIG")

    def drop_users(self) -> None:
        """Close every connection of theirs: they have to log in again."""
        at_nodes, at_sentinels = (USERS["replica"], USERS["sentinel"]), (USERS["peer"],)
        for server, users in [
            *((one, at_nodes) for one in self.nodes),
            *((one, at_sentinels) for one in self.sentinels),
        ]:
            with server.client() as client:
                for user in users:
                    client.execute_command("CLIENT", "KILL", "USER", user)

    @property
    def certificates(self) -> TlsFiles:
        """Of all machines."""
        assert self.tls is not None
        return self.tls

    def presented(self) -> set[str]:
        """The certificates that nodes and Sentinels present, by fingerprint."""
        servers = [*self.nodes, *self.sentinels]
        return {self._presented_at(server.endpoint.host, server.endpoint.port) for server in servers}

    def in_file(self) -> str:
        """The fingerprint of the certificate that they should present."""
        text = Path(self.certificates.server_cert).read_text(encoding="ascii")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()

    def _presented_at(self, host: str, port: int) -> str:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, port)))).hexdigest()


@pytest.fixture(scope="module", params=["debian-12-redis"])
def suite_hosts(request: pytest.FixtureRequest) -> Iterator[WithTls]:
    """Made once for the tests of this file."""
    with WithTls(request.param, blank=True, tls=True) as hosts:
        yield hosts


@pytest.fixture
def deployed(suite_hosts: WithTls) -> WithTls:
    """The group, deployed and whole."""
    if suite_hosts.nodes[0].role_if_reachable() is None:
        run = deploy(suite_hosts)
        assert run.code == 0, run.failure()
    suite_hosts.wait_converged()
    return suite_hosts


@pytest.mark.timeout(2400)
def test_everybody_speaks_tls_and_a_renewed_certificate_is_presented_without_a_restart_of_a_node(
    suite_hosts: WithTls,
) -> None:
    first = deploy(suite_hosts)
    assert first.code == 0, first.failure()
    suite_hosts.wait_converged()
    for node in suite_hosts.nodes:
        assert (node.config("port"), node.config("tls-replication")) == ("0", "yes")
    assert suite_hosts.presented() == {suite_hosts.in_file()}

    old = suite_hosts.in_file()
    issue(suite_hosts.directory / "tls", "server")
    with nothing_restarts(suite_hosts):
        renewed = deploy(suite_hosts)
    assert renewed.code == 0, renewed.failure()
    assert suite_hosts.in_file() != old
    assert suite_hosts.presented() == {suite_hosts.in_file()}
    suite_hosts.wait_converged()

    with nothing_restarts(suite_hosts):
        again = deploy(suite_hosts)
    assert again.code == 0, again.failure()
    assert again.changes == []


@pytest.mark.timeout(1200)
def test_certificates_that_others_would_not_accept_are_refused_and_do_not_take_the_place_of_the_one_in_use(
    deployed: WithTls,
) -> None:
    before, place = deployed.presented(), deployed.directory / "tls"
    make_authority(place, "other")
    issue(place, "foreign", authority="other")
    issue(place, "expired", days="-1")
    given = {"a": ("foreign", "ca"), "b": ("foreign", "other"), "c": ("expired", "ca")}
    files = {
        node.name: {"certificate": f"{name}.crt", "key": f"{name}.key", "authorities": f"{authority}.crt"}
        for node, (name, authority) in zip(deployed.nodes, given.values(), strict=True)
    }
    wish = {
        f"redis_node_tls_{kind}": f"{place}/{{{{ {json.dumps(files)}[inventory_hostname].{kind} }}}}"
        for kind in ("certificate", "key", "authorities")
    }
    run = deploy(deployed, wish)
    assert run.code != 0
    reasons = ("unable to get local issuer certificate", "do not change all at once", "certificate has expired")
    for node, reason in zip(deployed.nodes, reasons, strict=True):
        assert reason in run.failure(node.name)
    assert deployed.presented() == before
    digests = deployed.run("cmp --quiet /etc/redis/tls/given/server.crt /etc/redis/tls/server.crt || echo another\n")
    assert digests == ["another\n"] * 3


@pytest.mark.timeout(2400)
def test_an_expired_certificate_in_use_is_named_and_renewed_as_it_is_told(deployed: WithTls) -> None:
    late, place = deployed.replicas[0], deployed.directory / "tls"
    issue(place, "server", days="-1")
    with late.client() as client:
        for name in ("crt", "key"):
            late.machine.run(
                f"cat > /etc/redis/tls/server.{name} <<'END'\n{(place / f'server.{name}').read_text()}END\n"
            )
        paths = {
            f"tls-{kind}-file": client.config_get(f"tls-{kind}-file")[f"tls-{kind}-file"] for kind in ("cert", "key")
        }
        client.execute_command("CONFIG", "SET", *(word for pair in paths.items() for word in pair))
    audited = play(deployed, "audit")
    issue(place, "server")
    with nothing_restarts(deployed):
        refused = deploy(deployed)
        renewed = deploy(deployed, {"redis_validate_certs": False, "redis_sentinel_validate_certs": False})
    assert audited.code != 0
    assert refused.code != 0
    for told in (audited.text, "\n".join(refused.messages)):
        assert f"{late.address}: the TLS certificate was not accepted: " in told
        assert "certificate has expired" in told
        assert "can be asked only with validate_certs=false (in an inventory redis_validate_certs" in told
    assert renewed.code == 0, renewed.failure()
    assert deployed.presented() == {deployed.in_file()}
    deployed.wait_converged()


@pytest.mark.timeout(3600)
def test_guards_hold_and_hand_over_by_certificates_and_as_the_collections_user_and_show_no_secret(
    deployed: WithTls,
) -> None:
    """A stop that would harm is held, and nothing secret is seen while it is; a stop of the primary hands over."""
    hosts, old, unit = deployed, deployed.primary, deployed.distribution.unit
    run = guard(hosts, hosts.variables(), stop_seconds=120, stable_seconds=3)
    assert run.code == 0, run.failure()
    other = hosts.replicas[0]
    other.process.freeze()
    try:
        with impatient(old):
            old.machine.run(f"systemctl stop --no-block {unit}")
            wait_until_said(old, "against it: node_unreachable")
            processes = old.machine.run("ps axww")
            wait_until_said(old, "was called off after")
    finally:
        other.process.thaw()
    assert old.role_if_reachable() == "master"
    assert f"{PROGRAM} --service {unit} hold" in processes
    assert (owned(PROGRAM, old), owned(settings_of(old), old)) == ("755 root", "600 root")
    wait_until_armed(old)
    hosts.wait_converged()

    traffic = Traffic.start(hosts, Load(value_size=100, writes_per_second=100.0, messages_per_second=5.0))
    try:
        stopped = tried(old, f"systemctl stop {unit}")
        old.start()
        hosts.wait_converged()
    finally:
        report = traffic.stop()
    assert stopped.code == 0, stopped.output
    assert report.check(hosts) == []
    assert hosts.primary.name != old.name
    assert "has taken over, nothing was lost" in journal(old)

    everything = processes + old.machine.run("journalctl --quiet --no-pager")
    assert not [secret for secret in hosts.secrets if secret in everything]
    assert [readable_secrets(node, hosts.secrets) for node in hosts.nodes] == [set()] * 3


@pytest.mark.timeout(2400)
def test_passwords_are_changed_without_a_gap_and_not_at_all_before_every_node_takes_the_new_ones(
    deployed: WithTls,
) -> None:
    wish = {
        "redis_node_replica_password": NEW["replica"],
        "redis_node_sentinel_password": NEW["sentinel"],
        "redis_sentinel_peer_password": NEW["peer"],
    }
    refused = deploy(deployed, wish)
    assert refused.code != 0
    assert refused.changes == []
    for user in ("replica", "sentinel"):
        assert refused.said(f"(user {user})")
    assert {node.config("masterauth") for node in deployed.nodes} == {PASSWORDS["replica"]}

    traffic = Traffic.start(deployed, Load(value_size=100, writes_per_second=100.0, messages_per_second=5.0))
    try:
        deployed.set_users(">", NEW)
        for sentinel in deployed.sentinels:
            with sentinel.client() as client:
                client.execute_command("SENTINEL", "CONFIG", "SET", "sentinel-pass", NEW["peer"])
        with nothing_restarts(deployed):
            run = deploy(deployed, wish)
            deployed.set_users("<", PASSWORDS)
        traffic.wait_for_writes(GROUP, 10)
    finally:
        report = traffic.stop()
    # After the users: a primary whose replicas are all on their way back takes no write (min-replicas-to-write).
    deployed.drop_users()
    deployed.wait_converged()
    assert run.code == 0, run.failure()
    assert {node.config("masterauth") for node in deployed.nodes} == {NEW["replica"]}
    assert report.check(deployed) == []
    assert all(effect.failed == 0 for effect in report.effects)
