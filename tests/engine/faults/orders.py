# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load, faults, hand-overs and restarts in any order, on real servers: the rules, and how they are run.

The seed is printed at the start of the run; `--hypothesis-seed` repeats its orders, `--examples` and `--steps` make it
longer. What servers do in between is not repeated: a failure tells its history, step by step, with the servers' logs.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from engine.faults.ordeal import DEATHS, FAULTS, Ordeal, Strike
from engine.faults.steps import STEPS
from engine.faults.trial import LOAD, hurry
from engine.subjects import GROUP
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from lab.lab import Lab
from lab.traffic.load import Client, Load

WHICH = st.integers(0, 1)
LOADS = (
    LOAD,
    Load(value_size=200, writes_per_second=2000.0, messages_per_second=20.0),
    Load(value_size=5000, writes_per_second=200.0, ballast_clients=1, ballast_value_size=20_000),
    Load(clients=(Client("multi", follows=True), Client("eval", follows=True)), value_size=50, writes_per_second=None),
)
SETTINGS = (
    ("repl-backlog-size", "16384"),
    ("repl-backlog-size", "16777216"),
    ("client-output-buffer-limit", "replica 64mb 16mb 60"),
    ("min-replicas-to-write", "1"),
    ("appendonly", "yes"),
    ("appendonly", "no"),
    ("hz", "50"),
)


class Orders(RuleBasedStateMachine):
    """Its rules in any order. Nothing is drawn by what servers say, so that a seed means the same orders each time."""

    lab: ClassVar[Lab]
    drivers: ClassVar[tuple[str, ...]]
    outcomes: ClassVar[Counter[str]]
    failed: ClassVar[tuple[int, BaseException] | None]
    """The step that failed, and how. Hypothesis runs a failed order once more to print it; servers would do something
    else then, so that time nothing is done and the failure is repeated."""

    def __init__(self) -> None:
        super().__init__()
        self._step = 0
        self._ordeal: Ordeal | None = None
        if self.failed is None:
            self._do(lambda _ordeal: None)

    def _do(self, what: Callable[[Ordeal], object]) -> None:
        kind = type(self)
        self._step += 1
        if kind.failed is not None:
            if kind.failed[0] == self._step:
                raise kind.failed[1]
            return
        try:
            if self._ordeal is None:
                self._ordeal = Ordeal(self.lab, GROUP)
            what(self._ordeal)
        except BaseException as error:
            kind.failed = (self._step, error)
            if self._ordeal is not None:
                error.add_note("\n".join(self._ordeal.history))
            raise

    @property
    def ordeal(self) -> Ordeal:
        assert self._ordeal is not None
        return self._ordeal

    @rule()
    def a_group_is_healed(self) -> None:
        """The shortest step and first by its name: Hypothesis begins with an order of nothing else."""
        self._do(Ordeal.heal)

    @rule()
    def a_hand_over(self) -> None:
        def hand_over(ordeal: Ordeal) -> None:
            ordeal.heal()
            ordeal.hand_over(self._driver(0), 0, 0, (), rival=False)

        self._do(hand_over)

    @rule(
        number=st.integers(0, 1),
        which=WHICH,
        leader=st.one_of(st.integers(0, 2), st.none()),
        rival=st.sampled_from([False] * 4 + [True]),
        heal_first=st.sampled_from([True] * 4 + [False]),
    )
    def a_hand_over_of_any_kind(
        self, number: int, which: int, leader: int | None, rival: bool, heal_first: bool
    ) -> None:
        def hand_over(ordeal: Ordeal) -> None:
            if heal_first:
                ordeal.heal()
            ordeal.hand_over(self._driver(number), which, leader, (), rival)

        self._do(hand_over)

    @rule(data=st.data(), number=st.integers(0, 1), which=WHICH, leader=st.integers(0, 2))
    def a_hand_over_with_faults_in_its_middle(self, data: Any, number: int, which: int, leader: int) -> None:
        driver = self._driver(number)
        steps = st.sampled_from(STEPS[driver])
        kinds = data.draw(st.sampled_from([(FAULTS,), (DEATHS,), (FAULTS, DEATHS)]))
        strikes = [data.draw(st.builds(Strike, steps, st.sampled_from(list(kind)))) for kind in kinds]

        def hand_over(ordeal: Ordeal) -> None:
            ordeal.heal()
            ordeal.hand_over(driver, which, leader, strikes, rival=False)

        self._do(hand_over)

    @rule(
        data=st.data(),
        number=st.integers(0, 1),
        sent=st.sampled_from([signal.SIGKILL, signal.SIGSTOP]),
        heal_first=st.sampled_from([True] * 4 + [False]),
    )
    def a_hand_over_in_a_process_that_is_struck(
        self, data: Any, number: int, sent: signal.Signals, heal_first: bool
    ) -> None:
        driver = self._driver(number)
        step = data.draw(st.sampled_from(STEPS[driver]))

        def hand_over(ordeal: Ordeal) -> None:
            if heal_first:
                ordeal.heal()
            ordeal.hand_over_in_a_process_that(driver, step, sent)

        self._do(hand_over)

    @rule()
    def a_primary_dies(self) -> None:
        self._do(Ordeal.kill_primary)

    @rule(fault=st.sampled_from([*FAULTS, *DEATHS]), which=WHICH)
    def a_server_fails(self, fault: str, which: int) -> None:
        self._do(lambda ordeal: ordeal.damage(fault, which))

    @rule(which=WHICH)
    def a_replica_is_restarted(self, which: int) -> None:
        self._do(lambda ordeal: ordeal.restart_replica(which))

    @rule(which=st.integers(0, 2), setting=st.sampled_from(SETTINGS))
    def a_setting_is_changed(self, which: int, setting: tuple[str, str]) -> None:
        self._do(lambda ordeal: ordeal.change_setting(which, *setting))

    @rule(load=st.sampled_from(LOADS))
    def another_load_comes(self, load: Load) -> None:
        self._do(lambda ordeal: ordeal.change_load(load))

    @invariant()
    def no_pause_outlives_its_fence(self) -> None:
        self._do(Ordeal.check_now)

    def teardown(self) -> None:
        if self.failed is None:
            self._do(Ordeal.check_in_the_end)
            self.outcomes.update(self.ordeal.outcomes)
        elif self._ordeal is not None:
            self._ordeal.abandon()
        else:
            self._do(lambda _ordeal: None)

    def _driver(self, number: int) -> str:
        return self.drivers[number % len(self.drivers)]


def run_orders(request: pytest.FixtureRequest, made: Lab, ways: tuple[str, ...]) -> None:
    """As many orders as the run was told to, on a lab of one group, with those drivers."""
    hurry(made)

    class OrdersHere(Orders):
        lab = made
        drivers = ways
        outcomes: ClassVar[Counter[str]] = Counter()
        failed = None

    run_state_machine_as_test(
        OrdersHere,
        settings=settings(
            max_examples=request.config.getoption("examples"),
            stateful_step_count=request.config.getoption("steps"),
            # Shrinking would ask the servers hundreds of times; a stored example would not fail a second time for sure.
            phases=[Phase.generate],
            database=None,
            deadline=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(OrdersHere.outcomes.items()))
    request.node.user_properties.append(("told", f"{request.node.name}: hand-overs: {told}"))
    assert OrdersHere.outcomes["done"] > 0
