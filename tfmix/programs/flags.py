"""The flags of one program, apart from those of every other in the same process."""

import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from absl import flags
from ml_collections import config_flags

# What ml_collections says of a key, as it is or in the form of a Python literal.
_NO_KEY = re.compile(r"""[\\'"]*(\w+)[\\'"]*(?:(?:\n|\\n)Did you mean \\?"(\w+).*)?""", re.DOTALL)


def _defines(define: Callable[..., flags.FlagHolder]) -> Callable[..., flags.FlagHolder]:
    def method(self: "Flags", *arguments: Any, **keywords: Any) -> flags.FlagHolder:
        return define(*arguments, flag_values=self._values, **keywords)

    method.__doc__ = define.__doc__
    return method


class Flags:
    """Defines flags as absl does: `FLAGS.string(name, default, help)` gives a holder of the value.

    absl's own registry is one for the whole process: it refuses a second program's --model, and
    its help lists the flags of every imported package.
    """

    string = _defines(flags.DEFINE_string)
    integer = _defines(flags.DEFINE_integer)
    integers = _defines(flags.DEFINE_multi_integer)
    number = _defines(flags.DEFINE_float)
    boolean = _defines(flags.DEFINE_bool)
    list = _defines(flags.DEFINE_list)
    enum = _defines(flags.DEFINE_enum)
    config_file = _defines(config_flags.DEFINE_config_file)

    def __init__(self):
        self._values = flags.FlagValues()
        self._words: flags.FlagHolder | None = None

    def words(self, name: str, text: str) -> flags.FlagHolder:
        """A flag of several words, as in --compare A B C; --compare=A,B,C is the same."""
        self._words = self.list(name, None, text)
        return self._words

    def require(self, *names: str) -> None:
        """Refuses to parse where one of these flags is not given."""
        flags.mark_flags_as_required(names, flag_values=self._values)

    def require_one_of(self, *names: str) -> None:
        """Refuses to parse where none or more than one of these flags is given."""
        flags.mark_flags_as_mutual_exclusive(names, required=True, flag_values=self._values)

    def __getitem__(self, name: str) -> flags.Flag:
        return self._values[name]

    def parse(self) -> None:
        """Reads sys.argv; raises a ValueError where a flag, or a value of the config, is wrong."""
        for name in [*self._values]:  # of a call before, in the same process
            if "." in name:
                delattr(self._values, name)
            else:
                self._values[name].unparse()
        try:
            stray = self._values(sys.argv)[1:]
        except flags.Error as error:
            raise ValueError(str(error)) from error
        # A config file is read while flags are parsed, and is a program: anything may be raised.
        except (Exception, SystemExit) as error:
            raise ValueError(_of_config(error)) from error
        if stray and self._words is not None and self._words.present:
            words = self._values[self._words.name]
            words.value = [*words.value, *stray]
        elif stray:
            raise ValueError(
                f"Stray arguments: {' '.join(stray)}. Every argument is a flag, --name=value."
            )

    def help(self, text: str) -> str:
        """What --help prints, given the program's docstring."""
        lines = [inspect.cleandoc(text), "", "Flags:"]
        for name in (each for each in self._values if "." not in each):
            flag = self._values[name]
            shown = (flag.default_as_str or str(flag.default)).strip("'")
            default = "" if flag.default in (None, False, "") else f" Default: {shown}."
            lines.append(f"  --{name}" + ("" if flag.boolean else "=..."))
            indents = {"initial_indent": " " * 6, "subsequent_indent": " " * 6}
            kept = {"break_on_hyphens": False, "break_long_words": False}
            lines += textwrap.wrap(flag.help + default, width=88, **indents, **kept)
        return "\n".join(lines)


def _of_config(error: BaseException) -> str:
    """What is wrong with a config, of an exception that it raised."""
    key = _NO_KEY.fullmatch(str(error))
    if isinstance(error, AttributeError | KeyError) and key:
        near = f" One near it is '{key[2]}'." if key[2] else ""
        return (
            f"This config has no key '{key[1]}'.{near} tfmix/programs/presets.py lists the keys "
            "that every config has; what else a block's class takes can be set in a config file."
        )
    return f"The config cannot be read: {type(error).__name__}: {str(error) or repr(error)}"
