"""Reads OData filters by odata-query: its grammar decides what is a literal and what is not.

Each line in is `{"target": ...}` as it would be sent; each line out has the literals, unescaped, and the shape: all
the rest, which a key must not change. What cannot be read is an `error`.
"""

import dataclasses
import json
import sys
from urllib.parse import parse_qsl, urlsplit

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser


def read(target):
    options = parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing=True)
    text = dict(options)["$filter"]
    literals = []
    tree = ODataParser().parse(ODataLexer().tokenize(text))
    others = [(name, value) for name, value in options if name != "$filter"]
    return {"shape": [urlsplit(target).path, others, without(tree, literals)], "literals": literals}


def without(node, literals):
    if isinstance(node, ast.String):
        literals.append(node.val)
        return "?"
    if isinstance(node, list):
        return [without(item, literals) for item in node]
    if dataclasses.is_dataclass(node):
        members = {field.name: without(getattr(node, field.name), literals) for field in dataclasses.fields(node)}
        return [type(node).__name__, members]
    return node


for line in sys.stdin:
    try:
        print(json.dumps(read(json.loads(line)["target"])))
    except (ODataException, ValueError) as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
