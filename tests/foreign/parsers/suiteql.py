"""Reads SuiteQL as what it is, SQL in Oracle's dialect, by sqlglot.

Each line in is `{"target": ..., "body": ...}` as it would be sent; each line out has the literals, unescaped, and the
shape: all the rest, which a key must not change. What cannot be read is an `error`.
"""

import json
import sys

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError


def read(line):
    sent = json.loads(line["body"])
    [tree] = sqlglot.parse(sent.pop("q"), read="oracle")
    literals = []

    def without(node):
        if isinstance(node, exp.Literal) and node.is_string:
            literals.append(node.this)
            return exp.Placeholder()
        return node

    # Comments are written into the text again, so that one would be seen.
    return {"shape": [line["target"], sent, tree.transform(without).sql(dialect="oracle")], "literals": literals}


for line in sys.stdin:
    try:
        print(json.dumps(read(json.loads(line))))
    except (SqlglotError, ValueError) as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
