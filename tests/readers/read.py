"""Reads what the collector writes, with other people's libraries.

read.py metrics FILE   OpenMetrics, by Prometheus' own parser
read.py ocsf FILE      one event a line, by the schema of the version it names

Prints one line for each thing that was read; fails on the first mistake.
"""

import json
import sys


def metrics(path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    with open(path, encoding="utf-8") as file:
        for family in text_string_to_metric_families(file.read()):
            assert family.documentation, family.name
            print(family.type, family.name, len(family.samples))


def without_patterns(schema):
    """fastjsonschema takes `$` within brackets for the end of a text."""
    if isinstance(schema, dict):
        kept = {name: part for name, part in schema.items() if name != "pattern" or isinstance(part, dict)}
        return {name: without_patterns(part) for name, part in kept.items()}
    if isinstance(schema, list):
        return [without_patterns(part) for part in schema]
    return schema


def ocsf(path):
    import fastjsonschema
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schemas, checks = {}, {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            version, uid = event["metadata"]["version"], event["class_uid"]
            if version not in schemas:
                schemas[version] = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
            if uid not in checks:
                name = schemas[version].lookup_class_name_from_uid(uid)
                schema = without_patterns(schemas[version].get_class_schema(name))
                checks[uid] = fastjsonschema.compile(schema)
            checks[uid](event)
            print(uid, event["type_name"])


{"metrics": metrics, "ocsf": ocsf}[sys.argv[1]](sys.argv[2])
