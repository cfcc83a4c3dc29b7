#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the classes of the tables of encodings, one a line: each is a test."""
import re
import sys

seen = dict.fromkeys(m[1] for path in sys.argv[1:] for line in open(path, encoding="utf-8")
                     if (m := re.match(r"\[(\w+)\]", line)))
print("\n".join(seen))
