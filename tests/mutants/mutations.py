"""What may be wrong in a C file: one small change each, as (offset, length, text)."""
import collections
import pathlib
import re

Mutation = collections.namedtuple("Mutation", "path line start length text")

BINARY = {" == ": [" != "], " != ": [" == "], " < ": [" <= ", " >= "], " <= ": [" < ", " > "],
          " > ": [" >= ", " <= "], " >= ": [" > ", " < "], " && ": [" || "], " || ": [" && "],
          " + ": [" - "], " - ": [" + "], " += ": [" -= "], " ? ": [" && false ? ", " || true ? "]}
# What a broken program would say where it should not: every constant of its kind becomes it too.
PASSING = {"VERDICT_PASS", "DANE_MATCH_EE", "DANE_MATCH_TA", "TLSA_SECURE", "TLSA_ABSENT",
           "LOOKUP_NOERROR", "LOOKUP_NODATA", "TRANSPORT_OK", "TRANSPORT_UNTRIED", "EXIT_SECURE",
           "TLSA_USABLE", "EXCESS_NONE", "HANDSHAKE_DONE", "RECORD_MATCH_FITS", "CHECK_OK",
           "DS_MATCHES", "DS_NOT_COMPARED", "FINDING_WARNING", "FINDING_NOTICE"}


def masked(text):
    """The text with comments, strings and preprocessor lines as blanks, as long as before."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    pattern = r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|^#(?:[^\n]*\\\n)*[^\n]*"
    return re.sub(pattern, blank, text, flags=re.S | re.M)


def families(*texts):
    """constant -> all constants of its enum."""
    result = {}
    for text in texts:
        for body in re.findall(r"enum\s*\w*\s*\{([^}]*)\}", masked(text)):
            names = re.findall(r"\b[A-Z][A-Z0-9_]+\b(?=\s*(?:=|,|$|\n|\}))", body)
            result.update((name, names) for name in names)
    return result


def parenthesis(text, start):
    """The offset behind the parenthesis that opens at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def conditions(code):
    """`if` taken always and never; a loop never begun."""
    for match in re.finditer(r"\b(if|while) \(", code):
        end = parenthesis(code, match.end() - 1)
        for value in ("true", "false") if match[1] == "if" else ("false",):
            yield match.end(), end - 1 - match.end(), value


def operators(code):
    for match in re.finditer(r" (?:==|!=|<=|>=|<|>|&&|\|\||\+=|\+|-|\?) ", code):
        for text in BINARY[match[0]]:
            yield match.start(), len(match[0]), text
    for match in re.finditer(r"!(?=[\w(*])", code):
        yield match.start(), 1, ""
    for match in re.finditer(r"\+\+|--", code):
        yield match.start(), 2, "--" if match[0] == "++" else "++"


def constants(code):
    for match in re.finditer(r"\b(?:true|false|NULL|\d+)\b(?!\.)", code):
        swap = {"true": ["false"], "false": ["true"], "NULL": [], "0": ["1"], "1": ["0", "2"]}
        for text in swap.get(match[0], [str(int(match[0]) + 1)] if match[0].isdigit() else []):
            yield match.start(), len(match[0]), text


def enumerated(code, known):
    for match in re.finditer(r"\b[A-Z][A-Z0-9_]+\b", code):
        names = known.get(match[0], [])
        others = {names[(names.index(match[0]) + 1) % len(names)]} if names else set()
        for name in sorted((others | PASSING & set(names)) - {match[0]}):
            yield match.start(), len(match[0]), name


def statements(code):
    """A call or an assignment left out; what a function returns by a constant."""
    for match in re.finditer(r"^[ ]+((?:[a-z_*(+-][^;{}\n]*\n?)(?:[^;{}\n]+\n)*[^;{}\n]*);$", code, re.M):
        text = match[1]
        if text.startswith("return "):
            for value in ("true", "false", "NULL"):
                if text != f"return {value}":
                    yield match.start(1), len(text), f"return {value}"
        elif not re.match(r"(?:const|struct|enum|static|return|goto|break|continue|case)\b", text):
            yield match.start(1), len(text), "(void)0"


def of_file(path, root):
    """Every mutation of one file, each once."""
    text = (root / path).read_text()
    code = masked(text)
    headers = [header.read_text() for header in [*root.glob("include/*/*.h"), *root.glob("src/*/*.h")]]
    known = families(text, *headers)
    assert PASSING <= known.keys(), PASSING - known.keys()
    seen = set()
    found = [*conditions(code), *operators(code), *constants(code), *enumerated(code, known),
             *statements(code)]
    for start, length, new in sorted(found):
        if (start, length, new) not in seen:
            seen.add((start, length, new))
            yield Mutation(pathlib.Path(path), code.count("\n", 0, start) + 1, start, length, new)


def apply(mutation, text):
    return text[:mutation.start] + mutation.text + text[mutation.start + mutation.length:]


def words(mutation, text):
    """What changes, as two lines without their indent: it stays the same when lines move."""
    first = text.rfind("\n", 0, mutation.start) + 1
    last = text.find("\n", mutation.start + mutation.length)
    before = text[first:last]
    after = apply(mutation, text)[first:last + len(mutation.text) - mutation.length]
    return " ".join(before.split()), " ".join(after.split())


def function(mutation, text):
    """The name of the function that it is in; empty: none."""
    before = masked(text)[:mutation.start]
    names = re.findall(r"^\w[^;\n=]*?(\w+)\([^;{]*\)\s*\{", before, re.M)
    return names[-1] if names and before.rfind("\n}") < before.rfind("\n{") else ""


def leans_to_pass(mutation, text):
    """Whether it might let something pass that fails: it says what passes, or leaves out what fails.
    Only a reader can be sure."""
    before, _ = words(mutation, text)
    behind = text[mutation.start:text.find("\n\n", mutation.start)].split("\n", 2)[:2]
    refuses = re.search(r"fail|FAIL|false|MISMATCH|EXPIRED|ERROR|excess|EXCESS|UNTESTED", " ".join(behind))
    return (mutation.text in PASSING or mutation.text == "return true" or
            bool(refuses) and (mutation.text in ("(void)0", "false") or before.startswith("if ")))
