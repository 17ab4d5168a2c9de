# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The closed list of things that can be wrong with a group: how bad each is, what it means, what it will do, and when.

Codes are stable: users write them into ``redis_accept``. What Sentinels do, and after how long, is from
sentinel.c (Redis 6.2 to 8.0, Valkey 8.1 and 9.1): a replica that says it is a primary is demoted once its INFO has said so
for 8 s (4 publish periods), one that copies another primary once it has done so for the failover-timeout; replicas and
Sentinels are never forgotten; of two addresses under one name the one with the higher configuration epoch wins, by a hello
each 2 s.
"""

from __future__ import annotations

from typing import NamedTuple

HEALTHY = "healthy"
ADVICE = "advice"
DEGRADED = "degraded"
UNSAFE = "unsafe"
UNKNOWN = "unknown"

# From best to worst. Advice is of the audit alone, and leaves a group healthy.
SEVERITIES = (ADVICE, DEGRADED, UNSAFE, UNKNOWN)

NOW = "now"
NEXT_FAILOVER = "at the next failover"
NEXT_RESTART = "at the next restart"
WHILE_IT_LASTS = "as long as it lasts"


class Code(NamedTuple):
    """What a code says by itself; a problem with better evidence says better what it will do, and when.

    ``of_audit``: found by the audit alone, and by nothing that decides whether a group may be touched.
    """

    severity: str
    meaning: str
    outlook: str
    when: str
    of_audit: bool = False


def _audit(severity: str, meaning: str, outlook: str, when: str) -> Code:
    return Code(severity, meaning, outlook, when, of_audit=True)


# Sorted; documented in the README, in docs/problems.md, and in M(steadyhand.redis.group_info) and M(steadyhand.redis.audit).
CODES: dict[str, Code] = {
    "aof_write_failed": Code(
        UNSAFE,
        "the last write to the append-only file failed",
        "The node refuses writes, as a primary those of all users",
        NOW,
    ),
    "chained_replica": Code(
        DEGRADED,
        "a replica copies another replica instead of the primary",
        "It lags twice, is lost with the replica that it copies, and no Sentinel knows of it",
        "when the replica that it copies fails",
    ),
    "down_after_unwise": _audit(
        ADVICE,
        "a Sentinel takes a primary for down after too short or too long a silence",
        "Failovers without need (a fork, a long script), or a long time without a primary",
        "at the next silence of the primary",
    ),
    "failover_in_progress": Code(
        UNSAFE,
        "a failover is under way",
        "The primary changes; writes may be lost to the old one",
        "within the failover-timeout",
    ),
    "failover_timeout_unwise": _audit(
        ADVICE,
        "a Sentinel gives a failover too little or too much time",
        "A failover is given up before its end, or is tried again only after a very long time",
        NEXT_FAILOVER,
    ),
    "foreign_member": Code(
        UNSAFE,
        "a primary in the inventory is no member of the group",
        "Whatever treats the group as the inventory has it treats another group",
        "at the next maintenance",
    ),
    "foreign_replica_attached": _audit(
        UNSAFE,
        "a node of another group copies a node of this one",
        "The Sentinels of this group learn of it, and may promote it; its own data is replaced already",
        "within 10 s; promoted at the next failover",
    ),
    "foreign_replica_entry": _audit(
        UNSAFE,
        "a Sentinel holds a node of another group for a replica of this one",
        "Sentinel makes it a replica of this group's primary, and with that its data is lost",
        "about 10 s after Sentinel has reached it",
    ),
    "foreign_sentinel": _audit(
        UNSAFE,
        "a Sentinel of another set takes part in this group",
        "It counts for majorities and votes; two sets that know one name agree on one primary for both",
        "at the next failover of either group",
    ),
    "full_syncs_growing": Code(
        UNSAFE,
        "replicas keep starting full synchronisations",
        "They never catch up, and the primary forks again and again",
        NOW,
    ),
    "hosts_unreachable": _audit(
        UNKNOWN, "Ansible reaches no host of the group", "Nothing is known of the group, and it is not touched", NOW
    ),
    "last_save_failed": Code(
        DEGRADED,
        "the last RDB save failed",
        "The node has only its older file to start from, and may refuse writes",
        NEXT_RESTART,
    ),
    "machine_shared": _audit(
        ADVICE,
        "nodes of a group share a machine",
        "One machine takes several of them away at once",
        "when that machine fails",
    ),
    "maxmemory_beyond_machine": _audit(
        DEGRADED,
        "the nodes on a machine may use more memory than it has",
        "The kernel kills one of them, most likely the largest",
        "when they have grown that far",
    ),
    "maxmemory_differs": _audit(
        DEGRADED,
        "nodes of a group have another maxmemory or another policy",
        "A replica with less evicts keys as soon as it leads, or refuses writes",
        NEXT_FAILOVER,
    ),
    "maxmemory_unset": _audit(
        ADVICE,
        "a node has no memory limit",
        "It grows until the machine has no memory left and the kernel kills it",
        "when memory runs out",
    ),
    "min_replicas_lag_unwise": _audit(
        ADVICE,
        "an isolated primary takes writes longer than its Sentinels wait",
        "Two primaries take writes at the same time; those of the old one are lost",
        "when the primary is cut off",
    ),
    "min_replicas_too_many": _audit(
        DEGRADED,
        "min-replicas-to-write needs every replica of the group",
        "The primary refuses all writes as soon as one replica is away",
        "at the next restart or loss of a replica",
    ),
    "min_replicas_unmet": Code(
        UNSAFE, "the primary refuses writes for lack of good replicas", "No write succeeds", NOW
    ),
    "min_replicas_unset": _audit(
        ADVICE,
        "an isolated primary takes writes for ever",
        "What clients on its side write meanwhile is acknowledged and lost when it comes back",
        "when the primary is cut off",
    ),
    "name_with_two_groups": _audit(
        UNSAFE,
        "two groups have one name, and their Sentinels hear one another",
        "The Sentinels agree on one primary for both, and the nodes of the other become its replicas, without their data",
        "about 10 s after the first hello, or at the next failover",
    ),
    "never_saved": _audit(
        ADVICE,
        "nothing of what a node holds has ever been saved",
        "A primary that its service manager restarts comes back empty, and its replicas copy the emptiness",
        "when the primary's process ends and comes back before it is held for down",
    ),
    "no_healthy_replica": Code(
        UNSAFE, "no replica could take over", "The group is lost with its primary", "when the primary fails"
    ),
    "no_primary": Code(UNSAFE, "no answering node is a primary", "No write succeeds", NOW),
    "no_room_for_full_sync": Code(
        DEGRADED,
        "a full synchronisation, should a hand-over need one, would not fit",
        "The replica does not come back, or the primary is killed for lack of memory",
        "when a replica needs a full synchronisation",
    ),
    "node_denied": Code(
        UNKNOWN,
        "a node answers but refuses our login or a command",
        "Nothing is known of it, and it is not touched",
        NOW,
    ),
    "node_is_sentinel": Code(
        UNKNOWN,
        "a node of the inventory is a Sentinel",
        "The group is judged and treated without one of its nodes",
        NOW,
    ),
    "node_listed_twice": _audit(
        UNSAFE,
        "one server has two names in the inventory",
        "It is counted twice, and restarted while it seems to be another one",
        "at the next maintenance",
    ),
    "node_loading": Code(
        UNSAFE, "a node is loading its data set", "It serves nobody until it has ended", WHILE_IT_LASTS
    ),
    "node_settings_differ": _audit(
        ADVICE,
        "nodes of a group have other settings",
        "The group behaves in another way when another node leads",
        NEXT_FAILOVER,
    ),
    "node_unreachable": Code(
        UNKNOWN, "a node does not answer", "It may be down, or cut off and take writes that will be lost", NOW
    ),
    "not_observed": _audit(
        UNKNOWN, "the group could not be looked at", "Nothing is known of the group, and it is not touched", NOW
    ),
    "parallel_syncs_unwise": _audit(
        ADVICE,
        "all replicas may begin to copy a new primary at the same time",
        "No replica serves reads or could take over while they load the data set",
        NEXT_FAILOVER,
    ),
    "primary_with_two_names": _audit(
        UNSAFE,
        "Sentinels know one primary under two names",
        "A failover under one name leaves the other with the old primary, and the two tear the group apart",
        NEXT_FAILOVER,
    ),
    "quorum_below_majority": _audit(
        DEGRADED,
        "fewer Sentinels than the majority may call a primary down",
        "A Sentinel that is cut off begins elections for a primary that is well",
        "when a part of the Sentinels cannot reach the primary",
    ),
    "quorum_needs_all": _audit(
        DEGRADED,
        "all Sentinels must agree that a primary is down",
        "Without any one of them no failover begins",
        "when a Sentinel is away while the primary fails",
    ),
    "replica_lagging": Code(
        DEGRADED,
        "a replica is further behind than the limit",
        "What it lacks is lost if it is promoted",
        "when the primary fails",
    ),
    "replica_link_down": Code(
        DEGRADED,
        "a replica has lost its primary",
        "It falls behind, and Sentinel does not promote it after some time",
        NOW,
    ),
    "replica_of_other_group": _audit(
        UNSAFE,
        "a node copies a node of another group",
        "Its data has been replaced by the other group's; Sentinel brings it back, with a full synchronisation",
        "after the failover-timeout",
    ),
    "replica_of_stranger": Code(
        UNSAFE,
        "a replica copies a node that is not the primary of the group",
        "It has or gets other data than the group's, until Sentinel brings it back",
        "after the failover-timeout",
    ),
    "replica_syncing": Code(
        DEGRADED, "a replica is in a full synchronisation", "It could not take over meanwhile", WHILE_IT_LASTS
    ),
    "replica_writable": Code(
        DEGRADED, "a replica accepts writes of clients", "What it takes is lost at its next full synchronisation", NOW
    ),
    "restarts_empty": _audit(
        DEGRADED,
        "a node that may lead keeps nothing on disk",
        "A primary that its service manager restarts comes back empty, and its replicas copy the emptiness",
        "when the primary's process ends and comes back before it is held for down",
    ),
    "routing_unfinished": Code(
        DEGRADED,
        "the primary has changed and clients were not seen moved to it",
        "Clients may write to the old address in vain",
        NOW,
    ),
    "run_id_differs": _audit(
        DEGRADED,
        "Sentinels see different processes behind one address",
        "The address leads to another server from some places; they decide about different servers",
        "after 10 s, when it is not only a restart",
    ),
    "sentinel_cannot_write": _audit(
        DEGRADED,
        "a Sentinel cannot write its configuration",
        "After its restart it knows what it knew long ago: an old primary, an old epoch, votes that it gave are forgotten",
        "at its next restart",
    ),
    "sentinel_cross_wired": _audit(
        UNSAFE,
        "a Sentinel watches a node of another group under this group's name",
        "With the next epoch it takes nodes of the one group for replicas of the other, and their data is overwritten",
        "at the next failover of either group",
    ),
    "sentinel_denied": Code(
        UNKNOWN, "a Sentinel answers but refuses our login or a command", "Nothing is known of what it would do", NOW
    ),
    "sentinel_disagrees": Code(
        UNSAFE,
        "Sentinels name different primaries or epochs",
        "Clients are sent to different nodes; the higher epoch wins as soon as the Sentinels hear one another",
        "now, or within seconds of the next hello",
    ),
    "sentinel_id_shared": _audit(
        UNSAFE,
        "two Sentinels have one id",
        "The others take them for one, and its vote is counted for either",
        NEXT_FAILOVER,
    ),
    "sentinel_is_node": Code(
        UNKNOWN,
        "the address of a Sentinel in the inventory belongs to no Sentinel",
        "The group is judged without one of its Sentinels",
        NOW,
    ),
    "sentinel_listed_twice": _audit(
        DEGRADED,
        "one Sentinel has two names in the inventory",
        "Majorities are counted wrongly",
        "when quorums are set by the inventory",
    ),
    "sentinel_member_unsettled": Code(
        DEGRADED,
        "a Sentinel has not yet asked a node since its start or change of role",
        "It passes by itself",
        "within 10 s",
    ),
    "sentinel_misses_member": Code(
        UNSAFE,
        "a Sentinel does not know a node of the group",
        "It neither promotes the node nor brings it to a new primary",
        NEXT_FAILOVER,
    ),
    "sentinel_no_quorum": Code(
        UNSAFE, "a Sentinel cannot reach the quorum or the majority", "No failover happens", "when the primary fails"
    ),
    "sentinel_not_watching": Code(
        UNSAFE,
        "a Sentinel does not watch the group",
        "Clients that ask it get no answer, and it does not count for a failover",
        NOW,
    ),
    "sentinel_peer_missing": Code(
        DEGRADED, "a Sentinel does not see all other Sentinels", "It may not reach a majority", "when the primary fails"
    ),
    "sentinel_primary_silent": _audit(
        UNSAFE,
        "a Sentinel names a primary that does not answer",
        "A failover, if a majority of the Sentinels sees it so; else clients are sent to a dead address for ever",
        "after down-after-milliseconds",
    ),
    "sentinel_sees_down": Code(
        DEGRADED,
        "a Sentinel holds a member for down",
        "It does not promote it; enough of them fail a primary over",
        NOW,
    ),
    "sentinel_settings_differ": _audit(
        DEGRADED,
        "Sentinels watch a group by different settings",
        "What happens depends on which of them leads the failover",
        NEXT_FAILOVER,
    ),
    "sentinel_tilt": Code(
        UNSAFE,
        "a Sentinel is in TILT and does not act",
        "It takes part in no failover; it ends 30 s after the clock is steady",
        WHILE_IT_LASTS,
    ),
    "sentinel_unreachable": Code(
        UNKNOWN, "a Sentinel does not answer", "It may act all the same, by what it knew when it was last heard", NOW
    ),
    "sentinel_wrong_primary": Code(
        UNSAFE,
        "a Sentinel names a node that is not the primary",
        "Clients that ask it write to a replica and are refused, or to a dead address",
        NOW,
    ),
    "sentinels_even": _audit(
        ADVICE,
        "an even number of Sentinels watches a group",
        "Cut into halves none of them has a majority; one less would bear as many losses",
        "when the network is cut in two",
    ),
    "sentinels_too_few": _audit(
        DEGRADED,
        "fewer than three Sentinels watch a group",
        "The loss of one leaves no majority, and no failover",
        "when a Sentinel is lost",
    ),
    "settings_borrowed": Code(
        DEGRADED,
        "a hand-over that was cut off left borrowed settings behind",
        "The node or the Sentinel goes on with values that were meant for seconds",
        "until the next hand-over of the group",
    ),
    "settings_not_persisted": _audit(
        DEGRADED,
        "a server runs with other settings than its file has",
        "It comes back with the settings of its file",
        NEXT_RESTART,
    ),
    "shutting_down": Code(UNSAFE, "a node is shutting down", "It is gone soon, and writes to it may be held", NOW),
    "stale_entry": Code(
        DEGRADED,
        "a Sentinel keeps an entry for a node that is gone",
        "A server that gets this address is made a replica of this group, and its data is lost; a Sentinel counts for majorities",
        "about 10 s after the address is used again, be it in years",
    ),
    "two_primaries": Code(
        UNSAFE,
        "more than one node is a primary",
        "Both acknowledge writes; those of one of them are lost when it is demoted",
        "now; Sentinel demotes one that it knows as replica within about 10 s",
    ),
    "unlisted_group": _audit(
        ADVICE,
        "a Sentinel watches a group that the inventory lacks",
        "It fails over and demotes nodes of that name without anybody knowing",
        NEXT_FAILOVER,
    ),
    "unlisted_member": Code(
        UNSAFE,
        "a live member of the group is missing from the inventory",
        "It may be promoted, and is neither configured nor restarted with the group",
        NEXT_FAILOVER,
    ),
    "users_differ": _audit(
        DEGRADED,
        "nodes of a group have other ACL users",
        "Clients, replicas or Sentinels are refused when another node leads",
        NEXT_FAILOVER,
    ),
    "versions_differ": _audit(
        ADVICE,
        "nodes of a group run different versions",
        "An older replica may be unable to load what a newer primary sends it",
        "at the next full synchronisation",
    ),
    "zone_has_majority": _audit(
        DEGRADED,
        "one zone holds all nodes of a group, or so many Sentinels that the others are no majority",
        "Without that zone the group is gone, or nobody may fail it over",
        "when that zone fails",
    ),
    "zone_shared": _audit(
        ADVICE,
        "nodes or Sentinels of a group share a zone",
        "One zone takes several of them away at once",
        "when that zone fails",
    ),
}
