# SPDX-License-Identifier: Apache-2.0
"""Programs to which the modes of files mean something, also where the tests run as root."""
import os
import shutil

NOBODY = 65534


def as_nobody(program, folder):
    """`program` for a user who is not root: what to run, and more arguments for subprocess. The folder becomes that user's,
    because the clone may be where only root can go."""
    if os.geteuid() != 0:
        return program, {}
    own = shutil.copy(program, folder)
    os.chown(folder, NOBODY, NOBODY)
    return own, {"user": NOBODY, "group": NOBODY, "extra_groups": []}
