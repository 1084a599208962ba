"""Sentences that are kept as data, with the names of published figures where their numbers go."""

import string
from collections.abc import Callable

from keepsafe.values.named import Sentence, Value, say


def filled(template: str, named: Callable[[str], Value]) -> Sentence:
    """A sentence whose fields are names of values, each looked up.

    Parameters
    ----------
    template : Markdown with a name in each field: "{L110.cse.total.count} young people".
    named : gives the value of a name, such as `reproduced(...)` or `recall`.

    Raises
    ------
    InputError, as `named` does, for a name that it does not know.

    Examples
    --------
    >>> from keepsafe.values import value
    >>> print(filled("{cse.n} young people", lambda name: value(54, name)))
    54 young people
    """
    fields = {field for _, field, _, _ in string.Formatter().parse(template) if field}
    return say(template, **{field: named(field) for field in sorted(fields)})
