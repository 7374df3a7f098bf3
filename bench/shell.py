"""How fast the command line answers: a whole netvane, and a question about what can come next."""

import subprocess
import time

from harness.daemon import built

from figures import Figure, median
from programs import Ours
from reactions import settled_sandbox

QUESTIONS = 1000


def answer_ms(sandbox, env, *arguments, **options):
    begin = time.monotonic()
    sandbox.run(built("netvane"), *arguments, env=env, **options)
    return (time.monotonic() - begin) * 1000


def process_ms(env, *arguments):
    """From the start of the process to its exit; the socket needs no namespace."""
    begin = time.monotonic()
    subprocess.run([built("netvane"), *arguments], env=env, stdout=subprocess.DEVNULL, check=True)
    return (time.monotonic() - begin) * 1000


def shell(directory, binds, runs):
    with settled_sandbox(directory, binds) as sandbox:
        ours = Ours(sandbox, plugins=None)
        ours.start()
        env = {"NETVANE_SOCKET": str(ours.daemon.control)}
        version = [process_ms(env, "show", "version") for _ in range(5 * runs)]
        lines = "show ?\n" * QUESTIONS
        alone = median([answer_ms(sandbox, env, "-f", "-", input="") for _ in range(runs)])
        asked = median([answer_ms(sandbox, env, "-f", "-", input=lines) for _ in range(runs)])
        ours.stop()
    return [Figure("netvane show version", "ms", median(version), limit=10),
            Figure("answer of a completion", "ms", (asked - alone) / QUESTIONS, limit=2)]
