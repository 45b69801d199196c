"""Passes what the program prints to the grammar of the trace (tests/grammar)."""
import pathlib
import subprocess

OTHER_OUTPUT = ("-g", "--grep", "--format", "-h", "--help", "-V", "--version")


def is_trace(options):
    """Whether options make whole blocks of a trace, without colour."""
    colored = "always" in options[1:] and options[options.index("always") - 1] == "--color"
    return not colored and not any(option.startswith(OTHER_OUTPUT) for option in options)


def complaints(binary, options, out):
    """The line of `out` that is none of a trace; nothing where there is no such line."""
    if not is_trace(options):
        return []
    checker = pathlib.Path(binary).parent / "grammar" / "trace"
    result = subprocess.run([checker], input=out, stdout=subprocess.PIPE, check=False)
    return [] if result.returncode == 0 else [f"grammar: {result.stdout.decode().strip()}"]
