"""On the path while xtcocotools 1.14.3 is built: its setup.py runs a version file with exec() and then reads locals().

Since Python 3.13 (PEP 667) exec() in a function no longer changes what locals() returns; here it does.
"""

import builtins
import sys

_exec = builtins.exec


def _into_the_caller(code, *scopes, **more):
    caller = sys._getframe(1)
    if scopes or more:
        _exec(code, *scopes, **more)
        return
    if caller.f_locals is caller.f_globals:
        _exec(code, caller.f_globals)
        return
    found = dict(caller.f_locals)
    _exec(code, caller.f_globals, found)
    caller.f_locals.update(found)


if sys.version_info >= (3, 13):
    builtins.exec = _into_the_caller
