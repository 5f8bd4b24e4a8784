# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: the main job on real input, start to end.

`clip` fetches the film clip, `edit` builds an edit in real Blender and generates through the add-on's operator,
`contact_sheet` puts generated and true frames side by side and measures them.
"""

import sys

from tools import check_system

if sys.argv[:1] == ["-m"]:  # one of these is being started: `python -m demo.…`
    check_system.explain_absences()
