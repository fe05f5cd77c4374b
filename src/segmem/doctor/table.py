"""Every code there is, and the table of them in the documentation."""

from importlib import import_module
from pkgutil import iter_modules

from segmem import doctor
from segmem.doctor.finding import ORDER, Code


def codes() -> list[Code]:
    """All codes that the doctor's files declare, most severe first, then by name."""
    found = {
        value.code: value
        for module in iter_modules(doctor.__path__)
        for value in vars(import_module(f"{doctor.__name__}.{module.name}")).values()
        if isinstance(value, Code)
    }
    return sorted(found.values(), key=lambda one: (ORDER.index(one.severity), one.code))


def markdown() -> str:
    """The table for `docs/doctor.md`."""
    rows = [
        f"| `{one.code}` | {one.severity} | {one.title} | {one.why} | {one.do} | {'yes' if one.fixable else ''} |"
        for one in codes()
    ]
    head = [
        "| code | severity | what it is | why it matters | what to do | `--fix` |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":  # to renew the documentation
    print(markdown(), end="")
