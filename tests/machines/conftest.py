# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One group on three machines for the whole suite, of each distribution; what shares no machines runs side by side."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hosts.distribution import DISTRIBUTIONS
from hosts.hosts import Hosts
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ONE_DISTRIBUTION = {"test_deploy.py": "debian-13-valkey", "test_guard.py": "debian-12-redis"}
"""Files that take long and find the same on each, with the one on which `--one-distribution` runs them."""
MACHINES_OF_THEIR_OWN = ("test_deploy.py", "test_deploy_growing.py", "test_deploy_tls.py", "test_removal.py")
"""Files whose tests use none of those that the suite starts."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--one-distribution`."""
    parser.addoption("--one-distribution", action="store_true", help="run the files that take long on one of them each")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the others out."""
    if config.getoption("one_distribution"):
        left_out = [
            item
            for item in items
            if item.path.name in ONE_DISTRIBUTION and not item.name.endswith(f"[{ONE_DISTRIBUTION[item.path.name]}]")
        ]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class ByMachines(LoadScopeScheduling):
    """All tests that share machines go to one worker, which starts them once."""

    def _split_scope(self, nodeid: str) -> str:
        file, distribution = nodeid.partition("::")[0], nodeid.rpartition("[")[2].removesuffix("]")
        return f"{file} {distribution}" if Path(file).name in MACHINES_OF_THEIR_OWN else distribution


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByMachines:
    """Not `--dist loadgroup`, whose marks this pytest's ids do not take up."""
    return ByMachines(config, log)


@pytest.fixture(scope="session", params=DISTRIBUTIONS)
def suite_hosts(request: pytest.FixtureRequest) -> Iterator[Hosts]:
    """Started once."""
    with Hosts(request.param) as hosts:
        yield hosts


@pytest.fixture
def hosts(suite_hosts: Hosts) -> Hosts:
    """The group, whole: what a test broke, it has mended."""
    suite_hosts.wait_converged()
    return suite_hosts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its machines said."""
    report = yield
    hosts = getattr(item, "funcargs", {}).get("suite_hosts")
    if report.failed and call.when != "teardown" and hosts is not None:
        report.sections.append(("machines", hosts.dump_logs()))
    return report
