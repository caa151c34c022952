"""Runs a command on a terminal of its own, 80 columns wide: what comes by stdin is typed there, what it shows goes to stdout."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

ROWS, COLUMNS = 24, 80


def write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def run(command: list[str]) -> int:
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvp(command[0], command)
    watched = [terminal, 0]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if terminal in ready:
            try:
                shown = os.read(terminal, 65_536)
            except OSError:  # how Linux says that nobody has the terminal open any more
                break
            if not shown:
                break
            write_all(1, shown)
        if 0 in ready:
            typed = os.read(0, 65_536)
            if typed:
                write_all(terminal, typed)
            else:
                watched.remove(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


sys.exit(run(sys.argv[1:]))
