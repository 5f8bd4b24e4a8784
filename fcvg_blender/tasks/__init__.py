# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs beside the edit and is no job: `background` holds the commands that run (installer, downloads, doctor),
`engine_state` says what stands between the artist and a working engine, `error_report` writes the reports that artists
send."""
