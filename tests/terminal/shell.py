"""A shell of a few lines: it starts a program in the foreground and takes the terminal back."""

SHELL = """
import os, signal, sys

def wait(pid):
    _, status = os.waitpid(pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if os.WIFSTOPPED(status):
        print(f"[stopped by {os.WSTOPSIG(status)}]", flush=True)
        return True
    print(f"[ended with {os.waitstatus_to_exitcode(status)}]", flush=True)
    return False

signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.signal(signal.SIGTSTP, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    for number in (signal.SIGTTOU, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
while wait(pid):
    for line in sys.stdin:
        word = line.strip()
        if word == "fg":
            os.tcsetpgrp(0, pid)
            os.killpg(pid, signal.SIGCONT)
            break
        if word == "bg":
            os.killpg(pid, signal.SIGCONT)
            break
        if word.startswith("kill"):
            os.killpg(pid, signal.Signals[word.split()[1]])
            os.killpg(pid, signal.SIGCONT)
            break
"""
"""Its arguments are those of the interpreter that it starts. It understands `fg`, `bg` and
`kill SIGTERM`, and says what became of the program."""
