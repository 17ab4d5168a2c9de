# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tools`, which is what `./dev` starts."""

import signal
import sys

from tools.commands import main

signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `./dev ... | head` ends without a traceback
sys.exit(main(sys.argv[1:]))
