# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ACL rules of every user that a group under Sentinel needs, with the reason of each: the least that they can do their work with.

A rule comes with the commands that need it, in the form in which they are sent, so that a server can be asked beforehand
(ACL DRYRUN) whether it would obey. docs/permissions.md is this table for users; tests/engine proves on real servers that
nothing is missing and that nothing is too much.
"""

from __future__ import annotations

from dataclasses import dataclass

from .borrowed import ledger_key
from .errors import BadInput
from .last_handover import last_handover_key
from .lock import lock_key
from .versions import REDIS, VALKEY

Command = tuple[str, ...]

HELLO_CHANNEL = "__sentinel__:hello"

COLLECTION = "collection"
COLLECTION_ON_SENTINEL = "collection_on_sentinel"
SENTINEL = "sentinel"
SENTINEL_PEER = "sentinel_peer"
REPLICA = "replica"

ENGINES = (REDIS, VALKEY)

# A new user has no rights, but for channels where acl-pubsub-default says so (Redis 6.2); one that is there has what it had.
_NOTHING = ("resetkeys", "resetchannels", "-@all")


@dataclass(frozen=True)
class Permission:
    """One ACL rule: ``+command``, ``+command|subcommand``, ``~keys`` or ``&channels``, and what for.

    ``commands`` need it. ``exchange``: only where nodes exchange their roles by the engine's FAILOVER. ``repair``: to end a split
    brain, and, unless an exchange needs it too, for nothing else. ``engine``: only that engine needs it.
    """

    rule: str
    reason: str
    commands: tuple[Command, ...] = ()
    exchange: bool = False
    engine: str | None = None
    repair: bool = False


@dataclass(frozen=True)
class Part:
    """Whose permissions they are, and on which servers."""

    title: str
    permissions: tuple[Permission, ...]


def part_of(name: str, group: str = "*") -> Part:
    """A part of the table, for the keys of one group or of all. Raises BadInput."""
    if name not in tuple(PARTS):  # a playbook can ask for a list, which no mapping looks up
        raise BadInput(f"there are no permissions for {name!r}: choose one of {', '.join(PARTS)}")
    return PARTS[name](group)


def acl_rules(name: str, engine: str) -> str:
    """What stands in an ACL file, or in ACL SETUSER, after the user's name, ``on`` and the password. Raises BadInput."""
    if engine not in ENGINES:
        raise BadInput(f"there is no engine {engine!r}: choose one of {', '.join(ENGINES)}")
    wanted = [one.rule for one in part_of(name).permissions if one.engine in (None, engine)]
    keys, channels, commands = ([rule for rule in wanted if rule[0] == kind] for kind in "~&+")
    everything, nowhere, nothing = _NOTHING
    return " ".join([everything, *keys, nowhere, *channels, nothing, *commands])


def _collection(group: str) -> Part:
    lock, ledger, record = lock_key(group), ledger_key(group), last_handover_key(group)
    return Part(
        "This collection on the data nodes",
        (
            Permission(f"~{lock}", "the maintenance lock"),
            Permission(f"~{ledger}", "the ledger of what a hand-over has borrowed"),
            Permission(f"~{record}", "how the last hand-over ended"),
            Permission("+ping", "whether a node answers", (("PING",),)),
            Permission("+info", "what a node is, and how far it is", (("INFO",), ("INFO", "replication"))),
            Permission("+config|get", "its settings", (("CONFIG", "GET", "maxmemory"),)),
            Permission("+acl|list", "whether a replica has the same users as the primary", (("ACL", "LIST"),)),
            Permission(
                "+acl|dryrun",
                "whether everything that a hand-over needs is permitted, before it begins",
                (("ACL", "DRYRUN", "default", "PING"),),
            ),
            Permission("+time", "since when the lock is held, by the clock of the primary", (("TIME",),)),
            Permission("+get", "read the lock and the end of the last hand-over", (("GET", lock), ("GET", record))),
            Permission("+pttl", "when the lock ends", (("PTTL", lock),)),
            Permission(
                "+set",
                "take the lock, and write down how a hand-over ends",
                (("SET", lock, "x", "NX", "PX", "1000"), ("SET", record, "x", "EX", "1")),
            ),
            Permission("+pexpire", "renew the lock", (("PEXPIRE", lock, "1000"),)),
            Permission("+del", "give the lock back", (("DEL", lock),)),
            Permission("+watch", "renew or give back only a lock that is still our own", (("WATCH", lock),)),
            Permission("+unwatch", "the same, where it is not", (("UNWATCH",),)),
            Permission("+multi", "steps that must not be torn apart", (("MULTI",),)),
            Permission("+exec", "the same", (("EXEC",),)),
            Permission("+hgetall", "read the ledger", (("HGETALL", ledger),)),
            Permission("+hset", "write down what is borrowed, before it is", (("HSET", ledger, "x", "x"),)),
            Permission("+hdel", "strike off what was returned", (("HDEL", ledger, "x"),)),
            Permission(
                "+config|set",
                "push settings, and borrow some for a hand-over",
                (
                    ("CONFIG", "SET", "repl-ping-replica-period", "10"),
                    ("CONFIG", "SET", "replica-priority", "100"),
                ),
            ),
            Permission("+config|rewrite", "have the node write its file", (("CONFIG", "REWRITE"),)),
            Permission("+client|pause", "hold writes during a hand-over", (("CLIENT", "PAUSE", "100", "WRITE"),)),
            Permission("+client|unpause", "let them go on", (("CLIENT", "UNPAUSE"),)),
            Permission(
                "+client|kill",
                "send the clients of the old primary to the new one",
                (("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub")),
            ),
            Permission("+replicaof", "demote the old primary, and re-point replicas", (("REPLICAOF", "NO", "ONE"),)),
            Permission(
                "+failover",
                "exchange the roles of two nodes, or call that off",
                (("FAILOVER", "ABORT"),),
                exchange=True,
            ),
            Permission(
                "+replconf",
                "have a replica say at once how far it is, and have a node send its data",
                (("REPLCONF", "GETACK", "*"),),
                exchange=True,
                repair=True,
            ),
            Permission(
                "+client|list",
                "see the connections of Sentinels: whether there are any, and as which user they come",
                (("CLIENT", "LIST"),),
                exchange=True,
                repair=True,
            ),
            Permission("+sync", "copy the data of a primary that is given up into a file", (("SYNC",),), repair=True),
        ),
    )


def _collection_on_sentinel(group: str) -> Part:
    return Part(
        "This collection on the Sentinels",
        (
            Permission("+ping", "whether a Sentinel answers", (("PING",),)),
            Permission("+info", "its version, and whether it is in TILT", (("INFO",), ("INFO", "sentinel"))),
            Permission(
                "+acl|dryrun",
                "whether everything that a hand-over needs is permitted, before it begins",
                (("ACL", "DRYRUN", "default", "PING"),),
            ),
            Permission("+sentinel|myid", "which Sentinel it is", (("SENTINEL", "MYID"),)),
            Permission("+sentinel|master", "what it knows of the primary", (("SENTINEL", "MASTER", group),)),
            Permission("+sentinel|replicas", "what it knows of the replicas", (("SENTINEL", "REPLICAS", group),)),
            Permission("+sentinel|sentinels", "which other Sentinels it sees", (("SENTINEL", "SENTINELS", group),)),
            Permission("+sentinel|ckquorum", "whether they could fail over", (("SENTINEL", "CKQUORUM", group),)),
            Permission(
                "+sentinel|get-master-addr-by-name",
                "where it sends clients",
                (("SENTINEL", "GET-MASTER-ADDR-BY-NAME", group),),
            ),
            Permission("+sentinel|failover", "hand over", (("SENTINEL", "FAILOVER", group),)),
            Permission("+sentinel|reset", "call a failover off", (("SENTINEL", "RESET", group),)),
            Permission(
                "+sentinel|set",
                "borrow a longer down-after-milliseconds or a shorter failover-timeout",
                (("SENTINEL", "SET", group, "down-after-milliseconds", "5000"),),
            ),
            Permission(
                "+sentinel|masters", "which groups it watches, before it gets one more", (("SENTINEL", "MASTERS"),)
            ),
            Permission(
                "+sentinel|monitor", "have it watch a group", (("SENTINEL", "MONITOR", group, "127.0.0.1", "1", "1"),)
            ),
            Permission("+sentinel|remove", "have it forget one", (("SENTINEL", "REMOVE", group),)),
        ),
    )


def _sentinel(_group: str) -> Part:
    return Part(
        "Sentinels on the data nodes (`sentinel auth-user`)",
        (
            Permission("&" + HELLO_CHANNEL, "the channel on which Sentinels find one another"),
            Permission("+ping", "whether a node answers", (("PING",),)),
            Permission("+info", "its role, its replicas and how far it is", (("INFO",),)),
            Permission("+publish", "tell other Sentinels of itself", (("PUBLISH", HELLO_CHANNEL, "x"),)),
            Permission("+subscribe", "hear of other Sentinels", (("SUBSCRIBE", HELLO_CHANNEL),)),
            Permission("+client|setname", "be recognised by its connections", (("CLIENT", "SETNAME", "x"),)),
            Permission("+multi", "change a role in one step", (("MULTI",),)),
            Permission("+exec", "the same", (("EXEC",),)),
            Permission("+slaveof", "change a role", (("SLAVEOF", "NO", "ONE"),)),
            Permission("+config|rewrite", "have the node remember it", (("CONFIG", "REWRITE"),)),
            Permission(
                "+client|kill",
                "send its clients away",
                (("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub")),
            ),
            Permission("+script|kill", "end a script that blocks the node", (("SCRIPT", "KILL"),)),
            Permission(
                "+failover",
                "coordinate a failover",
                (("FAILOVER", "TO", "127.0.0.1", "1", "TIMEOUT", "1"),),
                exchange=True,
                engine=VALKEY,
            ),
            Permission(
                "+client|pause",
                "hold writes while it does",
                (("CLIENT", "PAUSE", "100", "WRITE"),),
                exchange=True,
                engine=VALKEY,
            ),
            Permission("+client|unpause", "let them go on", (("CLIENT", "UNPAUSE"),), exchange=True, engine=VALKEY),
        ),
    )


def _sentinel_peer(_group: str) -> Part:
    return Part(
        "Sentinels on one another (`sentinel sentinel-user`)",
        (
            Permission("&" + HELLO_CHANNEL, "the channel that what they tell one another is named after"),
            Permission("+ping", "whether another Sentinel answers", (("PING",),)),
            Permission("+client|setname", "be recognised by its connections", (("CLIENT", "SETNAME", "x"),)),
            Permission("+publish", "tell it of the primary", (("PUBLISH", HELLO_CHANNEL, "x"),)),
            Permission(
                "+sentinel|is-master-down-by-addr",
                "ask for its opinion, and for its vote",
                (("SENTINEL", "IS-MASTER-DOWN-BY-ADDR", "127.0.0.1", "1", "0", "*"),),
            ),
        ),
    )


def _replica(_group: str) -> Part:
    return Part(
        "Replicas on their primary (`masteruser`)",
        (
            Permission("+replconf", "who the replica is, and how far", (("REPLCONF", "listening-port", "1"),)),
            Permission("+psync", "copy the data", (("PSYNC", "?", "-1"),)),
            Permission(
                "+sync",
                "copy them over a second channel (`dual-channel-replication-enabled`)",
                (("SYNC",),),
                engine=VALKEY,
            ),
        ),
    )


PARTS = {
    COLLECTION: _collection,
    COLLECTION_ON_SENTINEL: _collection_on_sentinel,
    SENTINEL: _sentinel,
    SENTINEL_PEER: _sentinel_peer,
    REPLICA: _replica,
}
