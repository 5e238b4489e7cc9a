"""Makes the parser of the SCIM engine's filters and paths for the layer: `python parser.py`.

The layer is on PYTHONPATH. Its compiled libraries may be for another processor, so of the engine
only the grammar is imported, without the models around it.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from rollcall.start import PARSER, built_parser

engine = find_spec("scim2_models")
if engine is None or not engine.submodule_search_locations:
    sys.exit("scim2-models is not in the layer")
folder = engine.submodule_search_locations[0]
for name, path in (("scim2_models", folder), ("scim2_models.path", f"{folder}/path")):
    package = ModuleType(name)
    package.__path__ = [path]
    sys.modules[name] = package
errors = ModuleType("scim2_models.exceptions")
errors.InvalidFilterException = errors.InvalidPathException = ValueError
sys.modules[errors.__name__] = errors

with built_parser(make=True):
    import_module("scim2_models.path.grammar")
if not PARSER.exists():
    sys.exit(f"{PARSER} was not made")
