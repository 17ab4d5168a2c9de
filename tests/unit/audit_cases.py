# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scene for everything that only an audit finds; each names exactly the problems that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.steadyhand.redis.plugins.module_utils._model.address import Address
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.host_look import HostLook
from ansible_collections.steadyhand.redis.plugins.module_utils._model.audit.scene import Place, Scene
from ansible_collections.steadyhand.redis.plugins.module_utils._model.group import GroupView
from ansible_collections.steadyhand.redis.plugins.module_utils._model.sentinel import (
    ReplicaEntry,
    SentinelAccount,
    SentinelFacts,
)
from unit.audit_builders import FIRST, PLACES, SECOND, scene, second_address, with_table
from unit.builders import (
    MIB,
    NOW,
    attached,
    facts_of,
    peer_entry,
    primary_entry,
    replica_entry,
    with_account,
    with_all_sentinels,
    with_link,
    with_memory,
    with_node,
    with_persistence,
    with_sentinel,
    with_settings,
)

STRANGER = Address("10.9.9.9", 6379)
DOWN = frozenset({"slave", "s_down", "disconnected"})


@dataclass(frozen=True)
class Case:
    """A scene, and the ``label: code subject`` lines that it must give, and no other ones."""

    problems: tuple[str, ...]
    make: Callable[[], Scene]


def _second_has(member: str, **overrides: Any) -> ReplicaEntry:
    """A node of the second group in the table of a Sentinel."""
    return replica_entry("b", **{"address": second_address(member), "run_id": f"run-{member}", **overrides})


def _with_replica(view: GroupView, *more: ReplicaEntry) -> GroupView:
    """``s1`` holds more nodes for replicas."""
    return with_sentinel(view, "s1", replicas=(replica_entry("b"), replica_entry("c"), *more))


def cross_wired(epoch: int) -> Scene:
    """``s1`` watches the primary of the second group under the name of the first, and its replicas with it."""
    entry = primary_entry(address=second_address("x"), run_id="run-x", config_epoch=epoch)
    others = tuple(_second_has(name, primary=second_address("x")) for name in ("y", "z"))
    return scene(first=lambda view: with_sentinel(view, "s1", primary=entry, replicas=others))


CROSS_WIRED = (
    "presence-1: sentinel_cross_wired s1",
    "presence-1: sentinel_disagrees presence-1",
)


def _strayed(view: GroupView) -> GroupView:
    """``z`` of the second group copies ``a``."""
    view = with_node(with_link(view, "z", primary=Address("10.0.0.1", 6379)), "z", replication_id="1" * 40)
    return with_node(view, "x", replicas=facts_of(view, "x").replicas[:1])


def _with_guest(view: GroupView) -> GroupView:
    """``z`` is attached to ``a``."""
    guest = attached("b", address=second_address("z"))
    return with_node(view, "a", replicas=(*facts_of(view, "a").replicas, guest))


def _watched_by_s9(view: GroupView) -> GroupView:
    """``s9`` watches in the place of ``s3``."""
    third = view.sentinels[2]
    view = replace(view, sentinels=(*view.sentinels[:2], replace(third, name="s9", facts=_known_as(third, "run-s9"))))
    for name, other in (("s1", "s2"), ("s2", "s1")):
        view = with_sentinel(view, name, peers=(peer_entry(other), peer_entry("s3", run_id="run-s9")))
    return view


def _cloned(view: GroupView) -> GroupView:
    """``s2`` has the id of ``s1``."""
    view = with_sentinel(
        with_sentinel(view, "s1", run_id="1", peers=(peer_entry("s3"),)), "s2", my_id="run-s1", run_id="2"
    )
    view = with_sentinel(view, "s2", peers=(peer_entry("s3"),))
    return with_sentinel(view, "s3", peers=(peer_entry("s1"),))


BETWEEN_CASES = {
    "two well-tuned groups": Case((), scene),
    "a Sentinel is wired to another group": Case(CROSS_WIRED, lambda: cross_wired(7)),
    "a primary of another group among the replicas": Case(
        ("presence-1: foreign_replica_entry s1",),
        lambda: scene(
            first=lambda view: _with_replica(view, _second_has("x", role_reported="master", role_age_ms=3000))
        ),
    ),
    "a primary of another group among the replicas, which the Sentinel still takes for one": Case(
        ("presence-1: foreign_replica_entry s1",),
        lambda: scene(first=lambda view: _with_replica(view, _second_has("x", info_age_ms=4000))),
    ),
    "a replica of another group among the replicas": Case(
        ("presence-1: foreign_replica_entry s1",),
        lambda: scene(first=lambda view: _with_replica(view, _second_has("y", primary=second_address("x")))),
    ),
    "a node of another group among the replicas, and it is down": Case(
        ("presence-1: foreign_replica_entry s1",),
        lambda: scene(first=lambda view: _with_replica(view, _second_has("y", flags=DOWN))),
    ),
    "the address of a dead replica is another group's now": Case(
        ("presence-1: foreign_replica_entry s1",),
        lambda: scene(
            first=lambda view: _with_replica(
                view, replica_entry("b", address=second_address("x"), run_id="run-dead", flags=DOWN)
            )
        ),
    ),
    "an unknown primary among the replicas": Case(
        ("presence-1: foreign_replica_entry s1",),
        lambda: scene(
            first=lambda view: _with_replica(
                view, replica_entry("b", address=STRANGER, run_id="run-?", role_reported="master")
            )
        ),
    ),
    "an unknown node that copies something else": Case(
        ("presence-1: foreign_replica_entry s1",),
        lambda: scene(
            first=lambda view: _with_replica(
                view, replica_entry("b", address=STRANGER, run_id="run-?", primary=Address("10.9.9.1", 6379))
            )
        ),
    ),
    "an unknown node that copies our primary is no foreign one": Case(
        ("presence-1: unlisted_member s1",),
        lambda: scene(first=lambda view: _with_replica(view, replica_entry("b", address=STRANGER, run_id="run-?"))),
    ),
    "an entry that nothing is behind any more": Case(
        ("presence-1: stale_entry s1",),
        lambda: scene(
            first=lambda view: _with_replica(view, replica_entry("b", address=STRANGER, run_id="run-?", flags=DOWN))
        ),
    ),
    "a Sentinel of another set": Case(
        # It counts, so the quorum of two is none of the majority of four any more.
        ("presence-1: foreign_sentinel s1", "presence-1: quorum_below_majority s1"),
        lambda: scene(
            first=lambda view: with_sentinel(
                view, "s1", peers=(*(peer_entry(name) for name in ("s2", "s3")), peer_entry("s3", run_id="run-s9"))
            ),
            second=_watched_by_s9,
        ),
    ),
    "a replica has gone over to another group": Case(
        ("presence-1: foreign_replica_attached a", "presence-2: replica_of_other_group z"),
        lambda: scene(first=_with_guest, second=_strayed),
    ),
    "a replica has gone over, and somebody unknown beside it": Case(
        (
            "presence-1: foreign_replica_attached a",
            "presence-1: unlisted_member a",
            "presence-2: replica_of_other_group z",
        ),
        lambda: scene(
            first=lambda view: with_node(
                _with_guest(view),
                "a",
                replicas=(*facts_of(_with_guest(view), "a").replicas, attached("b", address=STRANGER)),
            ),
            second=_strayed,
        ),
    ),
    "one primary with two names in one Sentinel": Case(
        ("presence-1: primary_with_two_names a",), lambda: with_table(scene(), "old-name", primary_entry())
    ),
    "one primary with two names, of which one never got an answer": Case(
        ("presence-1: primary_with_two_names a",), lambda: with_table(scene(), "old-name", primary_entry(run_id=""))
    ),
    "one name for two groups that hear one another": Case(
        ("of-s: name_with_two_groups presence-1", "of-t: name_with_two_groups presence-1"),
        lambda: replace(
            scene(second=lambda view: replace(view, name=FIRST), names=("of-s", "of-t")),
        ),
    ),
    "a group that only Sentinels know": Case(
        (": unlisted_group forgotten",),
        lambda: with_table(scene(), "forgotten", primary_entry(address=STRANGER, run_id="run-?")),
    ),
    "a group that only Sentinels know, where not all groups were given": Case(
        (), lambda: with_table(scene(complete=False), "forgotten", primary_entry(address=STRANGER, run_id="run-?"))
    ),
    "one node in two groups": Case(
        (
            "presence-1: node_listed_twice c",
            "presence-2: node_listed_twice z",
            "presence-2: replica_of_stranger z",
            *(f"presence-2: sentinel_member_unsettled {name}" for name in ("s1", "s2", "s3")),
        ),
        lambda: scene(
            second=lambda view: with_account(
                with_node(_strayed(view), "z", run_id="run-c"), "z", address=Address("10.0.7.7", 6379)
            )
        ),
    ),
}


def _quorum(*quorums: int) -> Scene:
    def change(view: GroupView) -> GroupView:
        for name, quorum in zip(("s1", "s2", "s3"), quorums, strict=True):
            view = with_sentinel(view, name, primary=primary_entry(quorum=quorum))
        return view

    return scene(first=change)


def _watched_by(*names: str, places: Mapping[str, Place] = PLACES) -> Scene:
    """Just these Sentinels, all of which know one another. Those beyond the third are like that."""

    def change(view: GroupView) -> GroupView:
        third = view.sentinels[2]
        known = {one.name: one for one in view.sentinels}
        every = [known.get(name) or replace(third, name=name, facts=_known_as(third, f"run-{name}")) for name in names]
        view = replace(view, sentinels=tuple(every))
        for name in names:
            peers = tuple(peer_entry("s1", run_id=f"run-{other}") for other in names if other != name)
            view = with_sentinel(view, name, peers=peers, primary=primary_entry(quorum=len(names) // 2 + 1))
        return view

    return scene(first=change, places={"s4": Place("zone-4"), "s5": Place("zone-5"), **places})


def _known_as(account: SentinelAccount, my_id: str) -> SentinelFacts:
    assert account.facts is not None
    return replace(account.facts, my_id=my_id)


def silent_primary(**entry: Any) -> Scene:
    """``a`` does not answer, and ``s1`` says this of it."""
    return scene(
        first=lambda view: with_sentinel(
            with_account(view, "a", facts=None, error="refused"), "s1", primary=primary_entry(**entry)
        )
    )


def _elsewhere(name: str, **place: str) -> Scene:
    return scene(places={**PLACES, name: replace(PLACES[name], **place)})


SENTINEL_CASES = {
    "two Sentinels": Case(("presence-1: sentinels_too_few presence-1",), lambda: _watched_by("s1", "s2")),
    "four Sentinels": Case(("presence-1: sentinels_even presence-1",), lambda: _watched_by("s1", "s2", "s3", "s4")),
    "a quorum below the majority everywhere": Case(
        ("presence-1: quorum_below_majority presence-1",), lambda: _quorum(1, 1, 1)
    ),
    "a quorum below the majority in one of them": Case(
        ("presence-1: quorum_below_majority s2", "presence-1: sentinel_settings_differ presence-1"),
        lambda: _quorum(2, 1, 2),
    ),
    "a quorum that needs all": Case(("presence-1: quorum_needs_all presence-1",), lambda: _quorum(3, 3, 3)),
    "another time until down": Case(
        ("presence-1: sentinel_settings_differ presence-1",),
        lambda: scene(first=lambda view: with_sentinel(view, "s3", primary=primary_entry(down_after_ms=6000))),
    ),
    "one id for two Sentinels": Case(
        tuple(f"{label}: sentinel_id_shared s2" for label in (FIRST, SECOND)),
        lambda: scene(first=_cloned, second=_cloned),
    ),
    "one Sentinel under two names": Case(
        ("presence-1: sentinel_listed_twice s9", "presence-1: sentinels_even presence-1"),
        lambda: scene(
            first=lambda view: replace(view, sentinels=(*view.sentinels, replace(view.sentinels[2], name="s9"))),
            places={**PLACES, "s9": Place("zone-9")},
        ),
    ),
    "another process behind the address of the primary": Case(
        ("presence-1: run_id_differs s1",),
        lambda: scene(first=lambda view: with_sentinel(view, "s1", primary=primary_entry(run_id="run-?"))),
    ),
    "another process behind the address of the primary, which has just been started": Case(
        ("presence-1: sentinel_member_unsettled s1",),
        lambda: scene(
            first=lambda view: with_node(
                with_sentinel(view, "s1", primary=primary_entry(run_id="run-?")), "a", uptime_seconds=20
            )
        ),
    ),
    "the primary is silent": Case(
        (
            "presence-1: no_primary presence-1",
            "presence-1: node_unreachable a",
            *(f"presence-1: sentinel_primary_silent {name}" for name in ("s1", "s2", "s3")),
        ),
        silent_primary,
    ),
}

PARAMETER_CASES = {
    "no replicas are needed to write": Case(
        ("presence-1: min_replicas_unset presence-1", "presence-1: node_settings_differ presence-1"),
        lambda: scene(first=lambda view: with_settings(view, "a", min_replicas_to_write="0")),
    ),
    "the lag of replicas does not count": Case(
        ("presence-1: min_replicas_unset presence-1", "presence-1: node_settings_differ presence-1"),
        lambda: scene(first=lambda view: with_settings(view, "a", min_replicas_max_lag="0")),
    ),
    "every replica is needed to write": Case(
        ("presence-1: min_replicas_too_many presence-1",),
        lambda: scene(first=lambda view: _every(view, min_replicas_to_write="2")),
    ),
    "an isolated primary takes writes for longer than it leads": Case(
        ("presence-1: min_replicas_lag_unwise presence-1",),
        lambda: scene(first=lambda view: _every(view, min_replicas_max_lag="6")),
    ),
    "an isolated primary takes writes for just as long as it leads": Case(
        (), lambda: scene(first=lambda view: _every(view, min_replicas_max_lag="5"))
    ),
    "down too soon": Case(
        ("presence-1: down_after_unwise presence-1", "presence-1: min_replicas_lag_unwise presence-1"),
        lambda: _watching(down_after_ms=1999),
    ),
    "down too late": Case(
        ("presence-1: down_after_unwise presence-1",),
        lambda: _watching(down_after_ms=60001, failover_timeout_ms=180000),
    ),
    "a failover has less than two silences": Case(
        ("presence-1: failover_timeout_unwise presence-1",),
        lambda: _watching(failover_timeout_ms=59999, down_after_ms=30000),
    ),
    "a failover is tried again after an hour": Case(
        ("presence-1: failover_timeout_unwise presence-1",), lambda: _watching(failover_timeout_ms=1800000)
    ),
    "all replicas that are left copy at once": Case((), lambda: _watching(parallel_syncs=1)),
    "all of two replicas that are left copy at once": Case(
        ("presence-1: node_unreachable d", "presence-1: parallel_syncs_unwise presence-1"),
        lambda: scene(
            first=lambda view: with_all_sentinels(
                replace(
                    view,
                    nodes=(
                        *view.nodes,
                        replace(view.nodes[2], name="d", facts=None, declared=STRANGER, error="refused"),
                    ),
                ),
                primary=primary_entry(parallel_syncs=2),
            )
        ),
    ),
}


def _every(view: GroupView, **settings: str) -> GroupView:
    for name in ("a", "b", "c"):
        view = with_settings(view, name, **settings)
    return view


def _watching(**entry: Any) -> Scene:
    return scene(first=lambda view: with_all_sentinels(view, primary=primary_entry(**entry)))


PLACE_CASES = {
    "two nodes in one zone": Case(("presence-1: zone_shared presence-1",), lambda: _elsewhere("a", zone="zone-b")),
    "all nodes in one zone": Case(
        ("presence-1: zone_has_majority presence-1",),
        lambda: scene(places={**PLACES, **{name: replace(PLACES[name], zone="here") for name in ("a", "b", "c")}}),
    ),
    "two of three Sentinels in one zone": Case(
        tuple(f"{label}: zone_has_majority {label}" for label in (FIRST, SECOND)),
        lambda: _elsewhere("s1", zone="zone-2"),
    ),
    "two of five Sentinels in one zone": Case(
        ("presence-1: zone_shared presence-1",),
        lambda: _watched_by("s1", "s2", "s3", "s4", "s5", places={**PLACES, "s4": Place("zone-1")}),
    ),
    "two nodes on one machine": Case(
        ("presence-1: machine_shared presence-1",), lambda: _elsewhere("a", machine="machine-b")
    ),
}

MEMORY_CASES = {
    "no limit": Case(
        ("presence-1: maxmemory_unset presence-1",), lambda: scene(first=lambda view: _memory(view, limit=0))
    ),
    "no limit on one node": Case(
        ("presence-1: maxmemory_differs presence-1", "presence-1: maxmemory_unset b"),
        lambda: scene(first=lambda view: with_memory(view, "b", limit=0)),
    ),
    "another policy on one node": Case(
        ("presence-1: maxmemory_differs presence-1",),
        lambda: scene(first=lambda view: with_memory(view, "b", policy="allkeys-lru")),
    ),
    "two groups fill one machine": Case(
        ("presence-1: maxmemory_beyond_machine machine-a", "presence-2: maxmemory_beyond_machine machine-a"),
        lambda: scene(
            first=lambda view: _memory(view, limit=1000 * MIB),
            places={**PLACES, "x": replace(PLACES["x"], machine="machine-a")},
        ),
    ),
    "a node fills its machine": Case((), lambda: scene(first=lambda view: _memory(view, limit=1024 * MIB))),
}


def _memory(view: GroupView, **memory: Any) -> GroupView:
    for name in ("a", "b", "c"):
        view = with_memory(view, name, **memory)
    return view


def _unsaved(view: GroupView, **kept: Any) -> GroupView:
    return with_persistence(view, "a", **{"loaded_keys": 0, **kept})


NODE_CASES = {
    "nothing on disk": Case(
        ("presence-1: restarts_empty presence-1",), lambda: scene(first=lambda view: _every(view, save=""))
    ),
    "nothing on disk of a node that never leads": Case(
        ("presence-1: node_settings_differ presence-1",),
        lambda: scene(first=lambda view: with_settings(view, "b", save="", replica_priority="0")),
    ),
    "keys that were never saved": Case(
        ("presence-1: never_saved a",), lambda: scene(first=lambda view: _unsaved(view, last_save_at=NOW - 86400))
    ),
    "keys that were saved once": Case((), lambda: scene(first=lambda view: _unsaved(view, last_save_at=NOW - 86398))),
    "keys that were loaded": Case(
        (), lambda: scene(first=lambda view: _unsaved(view, last_save_at=NOW - 86400, loaded_keys=5))
    ),
    "keys of a server that does not tell what it loaded": Case(
        (), lambda: scene(first=lambda view: _unsaved(view, last_save_at=NOW - 86400, loaded_keys=None))
    ),
    "no keys": Case(
        (), lambda: scene(first=lambda view: with_node(_unsaved(view, last_save_at=NOW - 86400), "a", keys=0))
    ),
    "an append-only file alone": Case(
        (),
        lambda: scene(
            first=lambda view: with_persistence(
                with_persistence(with_persistence(_every(view, save=""), "a", aof=True), "b", aof=True), "c", aof=True
            )
        ),
    ),
    "another setting": Case(
        ("presence-1: node_settings_differ presence-1",),
        lambda: scene(first=lambda view: with_settings(view, "c", maxclients="9")),
    ),
    "no password for a new primary": Case(
        ("presence-1: node_settings_differ presence-1",),
        lambda: scene(first=lambda view: with_node(view, "c", secrets_set=frozenset({"masterauth"}))),
    ),
    "other users": Case(
        ("presence-1: users_differ presence-1",),
        lambda: scene(first=lambda view: with_node(view, "c", acl={"default": "digest", "app": "another"})),
    ),
    "another version": Case(
        ("presence-1: versions_differ presence-1",),
        lambda: scene(first=lambda view: with_node(view, "c", version="7.0.14")),
    ),
}

FILE_CASES = {
    "a node's file has another value": Case(
        ("presence-1: settings_not_persisted b",), lambda: _seen("b", differing=("hz is 10, the file has 20",))
    ),
    "a Sentinel's file cannot be written": Case(
        tuple(f"{label}: sentinel_cannot_write s1" for label in (FIRST, SECOND)),
        lambda: _seen("s1", unwritable="its user cannot write in the folder /etc"),
    ),
    "a Sentinel's file is of long ago": Case(
        tuple(f"{label}: sentinel_cannot_write s1" for label in (FIRST, SECOND)),
        lambda: _seen("s1", differing=("presence-1: the epoch is 7, the file has 3",)),
    ),
    "a file that could not be read": Case((), lambda: _seen("b", error="not its host")),
}


def _seen(name: str, **look: Any) -> Scene:
    return scene(looks={**{one: HostLook() for one in PLACES}, name: HostLook(**{"path": "/etc/x.conf", **look})})


CASES = {
    **BETWEEN_CASES,
    **SENTINEL_CASES,
    **PARAMETER_CASES,
    **PLACE_CASES,
    **MEMORY_CASES,
    **NODE_CASES,
    **FILE_CASES,
}
