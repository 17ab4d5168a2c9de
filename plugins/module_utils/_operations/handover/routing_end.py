# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a hand-over without Sentinels whose traffic is moved by others: release clients, or hand the role back.

Nothing that the first call said is needed: who leads, who stepped down, and that somebody began to move traffic is asked
from the servers and the ledger. So it ends a routing, too, that another run was cut off from.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..._model.address import Address
from ..._model.borrowed import Borrowed, ledger_key
from ..._model.drivers import BARE
from ..._model.errors import ConditionTimeout, Refused, SteadyhandError
from ..._model.group import GroupView, Member, attached_replicas
from ..._model.handover import DONE, HANDED_BACK, REFUSED, UNKNOWN, Evidence, HandOverResult
from ..._model.health import Limits
from ..._model.lock import LockWish
from ..._model.preflight import Preflight, announced_or_raise
from ..._model.routing import Routing, unfinished_routing
from ..lock import held, take_or_renew, unix_ms
from .bare_driver import BareDriver, Route
from .fence import PING_PERIOD
from .ledger import Ledger, return_leftovers, return_one
from .passage import Passage, Passed
from .record import Recorder
from .settling import settle
from .undertaking import Undertaking


@dataclass(frozen=True)
class RoutingWish:
    """``moved``: whether the traffic is where the primary is now. With a ``route``, that is to be moved first."""

    lock: LockWish
    moved: bool = True
    route: Route | None = None
    limits: Limits = field(default_factory=Limits)
    accept: tuple[str, ...] = ()
    settle_timeout: float = 120.0
    keep_lock: bool = False


class RoutingEnd(Undertaking[RoutingWish]):
    """The end of one routing of one group."""

    def plan(self) -> tuple[GroupView, Routing]:
        """Observe; who leads and who does not, in the direction in which traffic must move. Raises Refused."""
        view = self._connections.observe()
        primary = view.primary
        if primary is None:
            names = ", ".join(member.name for member in view.primaries) or "no answering node"
            raise Refused(f"group {self._group} has no single primary", [f"{names} leads"])
        found = unfinished_routing(primary.facts.borrowed)
        if found is None:
            raise Refused(f"no routing is under way in group {self._group}", [f"{primary.name} has none in its ledger"])
        if primary.name not in (found.old, found.new):
            reason = f"traffic was moved from {found.old} to {found.new}, and {primary.name} leads"
            raise Refused("somebody else has changed the roles since", [reason])
        return view, found

    def run(self) -> HandOverResult:
        """End it. Never raises for what servers do: the outcome says it."""
        recorder = Recorder(self._connections, self._wish.lock)
        result = self._run(recorder)
        # Otherwise clients may still wait for the primary's role to come back, and nothing may be written to it.
        ended = recorder.end(result) if result.outcome in (DONE, HANDED_BACK) else []
        return replace(result, reasons=(*result.reasons, *ended))

    def _run(self, recorder: Recorder) -> HandOverResult:
        try:
            view, found = self.plan()
            pair = _pair(view, found)
            recorder.go_on(pair.leader.facts.last_handover)
            self._require_lock(pair, found)
        except Refused as refusal:
            return HandOverResult(REFUSED, refusal.reasons, Evidence())
        except SteadyhandError as error:
            return HandOverResult(REFUSED, (str(error),), Evidence())
        ledger = Ledger(self._connections, pair.leader.name)
        # Those that copy one of the two, by whose exchange they came to copy a replica; others do so because they shall.
        following = (*attached_replicas(view, pair.leader), *attached_replicas(view, pair.other))
        others = tuple(member for member in following if member is not pair.other)
        plan = Preflight(pair.other, (pair.leader, *others), pair.leader, (), BARE, attached=(pair.leader, *others))
        passage = Passage(self._urgent, self._clock, plan, ledger, self._wish.lock.owner, self._phases)
        driver = BareDriver(passage, None, 0.0, found)
        if not self._wish.moved and pair.leader.name == found.old:
            reason = (
                f"{found.old} leads again with everything, and traffic was not moved back: it may be at {found.new}"
            )
            return self._result(pair, Passed(UNKNOWN, (reason,)))
        if not self._wish.moved:
            return self._result(pair, driver.hand_back())
        if self._wish.route is not None:
            routed = self._routed(pair, self._wish.route)
            if routed is not None:
                return self._result(pair, routed)
        return self._ended(pair, driver.release())

    def _routed(self, pair: _Pair, route: Route) -> Passed | None:
        """Run the command; what it failed with, or None."""
        try:
            route(pair.old_address, pair.new_address)
        except Refused as error:
            note = f"{pair.leader.name} leads with everything; traffic could not be moved to it"
            return Passed(UNKNOWN, (note, *error.reasons))
        return None

    def _require_lock(self, pair: _Pair, found: Routing) -> None:
        """The lock must be ours or free, or that of a run that this one continues: then it is taken over.

        Nothing is written while writes may still be held: see bare_driver.py on what may be written when. Until then, too,
        the call that exchanged the roles may be at work, and it survives those who started it. Its record is ended only by
        ours, whether it lives or not.
        """
        node, wish = self._connections.node(pair.leader.name), self._wish.lock
        lock = held(node, self._group)
        if lock is not None and lock.record.owner == wish.owner:
            return
        left_ms = found.until_ms - self._connections.ask_node(found.old, unix_ms)
        if left_ms <= 0:
            take_or_renew(node, self._group, wish, handover_over=True)
        elif lock is not None:
            until = f"its traffic may be under way for {-(-left_ms // 1000)} s yet: try again then"
            continued = [until] if lock.record.owner in wish.continues else []
            raise Refused(f"group {self._group} is under maintenance", [*continued, str(lock)])

    def _ended(self, pair: _Pair, passed: Passed) -> HandOverResult:
        if passed.outcome != DONE:
            return self._result(pair, passed)
        wish, notes = self._wish, list(passed.reasons)
        started = self._clock.now()
        try:
            take_or_renew(self._connections.node(pair.leader.name), self._group, wish.lock)
            notes += self._return_ping_periods(pair)
            return_leftovers(self._connections, self._connections.observe(), notes.append)
            settle(
                self._connections,
                self._clock,
                pair.leader.name,
                wish.settle_timeout,
                wish.limits,
                wish.accept,
                wish.lock,
            )
        except ConditionTimeout as error:
            return self._result(
                pair, replace(passed, outcome=UNKNOWN, reasons=(f"nothing was lost, but {error}", *notes))
            )
        except SteadyhandError as error:
            return self._result(pair, replace(passed, outcome=UNKNOWN, reasons=(str(error), *notes)))
        self._phases["settle"] = self._since(started)
        if not wish.keep_lock:
            notes += self._give_lock_back(pair.leader.name, wish.lock.owner)
        return self._result(pair, replace(passed, reasons=tuple(notes)))

    def _return_ping_periods(self, pair: _Pair) -> list[str]:
        """Return what this hand-over borrowed, whose proof there is: as a leftover it would tell of a loss (ledger.py)."""
        notes = []
        for text, value in sorted(pair.leader.facts.borrowed.items()):
            borrowed = Borrowed.decode(text)
            if (
                borrowed is not None
                and borrowed.setting == PING_PERIOD
                and borrowed.owner in (pair.leader.name, pair.other.name)
            ):
                note = return_one(self._connections, pair.leader.name, borrowed, value)
                notes += [f"{borrowed}: {note}"] if note else []
        return notes

    def _result(self, pair: _Pair, passed: Passed) -> HandOverResult:
        back = passed.outcome == HANDED_BACK
        evidence = Evidence(
            driver=BARE,
            old_primary=(pair.leader if back else pair.other).name,
            new_primary=(pair.other if back else pair.leader).name,
            fence_offset=passed.fence.offset if passed.fence else None,
            replication_id=passed.fence.replication_id if passed.fence else "",
            inherited_id=passed.proof.inherited_id if passed.proof else "",
            inherited_offset=passed.proof.inherited_offset if passed.proof else None,
            final_offset=passed.proof.final_offset if passed.proof else None,
            pause_ms=passed.pause_ms,
            phases_ms=dict(self._phases),
        )
        return HandOverResult(passed.outcome, passed.reasons, evidence)


@dataclass(frozen=True)
class _Pair:
    """The two nodes between which traffic is moved: who leads, and the other."""

    leader: Member
    other: Member

    @property
    def old_address(self) -> Address:
        return announced_or_raise(self.other)

    @property
    def new_address(self) -> Address:
        return announced_or_raise(self.leader)


def _pair(view: GroupView, found: Routing) -> _Pair:
    """Raises Refused when the other node does not answer: whether its clients wait cannot be seen."""
    members = {name: view.member(name) for name in (found.old, found.new)}
    leader = next(member for member in members.values() if member is not None and member.facts.is_primary)
    other = members[found.towards(leader.name).old]
    if other is None:
        name = found.towards(leader.name).old
        way_out = (
            f"bring it back, or remove the field {found.field} from {ledger_key(view.name)} when it is gone for good"
        )
        raise Refused("the end of the routing", [f"{name} does not answer: {way_out}"])
    return _Pair(leader, other)
