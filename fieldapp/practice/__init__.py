"""Practice as data: record definitions, measures, programmes, vocabularies, and the rules that read them.

`shipped()` is the door: it loads everything once and refuses a wrong file with its name, the place and the
reason. The rules (`forms`, `scoring`, `due`, `goals`, `gas`) are pure and have twins of the same names in
JavaScript.
"""

from fieldapp.practice.library import Practice, load, shipped
from fieldapp.practice.refusal import DefinitionError

__all__ = ["DefinitionError", "Practice", "load", "shipped"]
