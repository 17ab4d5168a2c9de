# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_report
short_description: Sum up looks at Redis groups to the report of an audit
version_added: 0.1.0
author:
  - The steadyhand.redis authors (@steadyhand)
description:
  - Takes for each group the better of two looks, the one at all groups together and the one from a host of the group's own, where there is one.
  - A group of which there is none is V(unknown), with the reason.
positional: together, alone, fail_from
options:
  _input:
    description: The groups, as P(steadyhand.redis.groups_of_run#filter) returns them.
    type: list
    elements: dict
    required: true
  together:
    description: What M(steadyhand.redis.audit) returned for all groups; empty where no host could be reached.
    type: dict
    required: true
  alone:
    description: By label, what it returned for one group.
    type: dict
    default: {}
  fail_from:
    description: The severity from which on the run is to fail, or V(never).
    type: str
    choices: [advice, degraded, unsafe, unknown, never]
    default: degraded
seealso:
  - module: steadyhand.redis.audit
"""

EXAMPLES = r"""
- name: Show the table
  ansible.builtin.debug:
    msg: "{{ (groups | steadyhand.redis.groups_of_run(hostvars, ansible_play_hosts_all) | steadyhand.redis.audit_report(found)).table }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
  contains:
    report:
      description: RV(steadyhand.redis.audit#module:severity), C(verdict), C(exit_code), C(counts), C(groups) and C(others), as the module returns them.
      type: dict
    table:
      description: Lines of at most 88 characters for people.
      type: list
      elements: str
    again:
      description: Labels of groups of which something could not be reached, so that another look from their own hosts may see more.
      type: list
      elements: str
    failure:
      description: Why the run is to fail; empty where it is not.
      type: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.steadyhand.redis.plugins.plugin_utils import _audit_report, _audit_table


def audit_report(
    run_groups: Sequence[Mapping[str, Any]],
    together: Mapping[str, Any],
    alone: Mapping[str, Mapping[str, Any]] | None = None,
    fail_from: str = "degraded",
) -> dict[str, Any]:
    """The filter."""
    report = _audit_report.report(run_groups, together, alone or {})
    return {
        "report": report,
        "table": _audit_table.lines(report),
        "again": _audit_report.out_of_reach(together, run_groups),
        "failure": _audit_report.why_failed(report, fail_from),
    }


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters in this file."""
        return {"audit_report": audit_report}
