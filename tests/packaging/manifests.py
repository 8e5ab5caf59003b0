"""What is written for Kubernetes, Helm, Terraform and Compose, held against
schemas, against each other, and against the collector itself.

    manifests.py FOLDER PROGRAM

FOLDER is packaging/, PROGRAM the collector, which says whether it knows the
variables. Prints a line for each thing seen; exits 1 at the first that is wrong.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import hcl2
import kubernetes_validate
import yaml

folder, program = sys.argv[1:]
KUBERNETES = "1.37"


def saw(text):
    print("  ", text)


def die(text):
    sys.exit(f"manifests: {text}")


def run(*command, cwd=None, env=None):
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        die(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def documents(text):
    return [one for one in yaml.safe_load_all(text) if one]


# --- kustomize: as much of it as these overlays use -------------------------

KEYS = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath", "ports": "containerPort"}


def merged(into, patch, name=""):
    if isinstance(into, dict) and isinstance(patch, dict):
        both = dict(into)
        for key, value in patch.items():
            both[key] = merged(into[key], value, key) if key in into else value
        return both
    if isinstance(into, list) and isinstance(patch, list) and name in KEYS:
        key = KEYS[name]
        both = {one[key]: one for one in into}
        for one in patch:
            both[one[key]] = merged(both[one[key]], one) if one[key] in both else one
        return list(both.values())
    return patch


def built(path):
    plan = yaml.safe_load(open(os.path.join(path, "kustomization.yaml")))
    unknown = set(plan) - {"apiVersion", "kind", "resources", "patches"}
    if unknown:
        die(f"{path}: {unknown} is more than this check reads")
    found = []
    for name in plan["resources"]:
        at = os.path.join(path, name)
        found += built(at) if os.path.isdir(at) else documents(open(at).read())
    for patch in plan.get("patches", []):
        for one in documents(open(os.path.join(path, patch["path"])).read()):
            same = [i for i, it in enumerate(found) if identity(it) == identity(one)]
            if len(same) != 1:
                die(f"{path}: {patch['path']} changes nothing")
            found[same[0]] = merged(found[same[0]], one)
    return found


def identity(one):
    return one["apiVersion"], one["kind"], one["metadata"]["name"]


def normal(list_of_objects):
    """The same objects in one order, whoever wrote them."""

    def sort(value):
        if isinstance(value, dict):
            return {key: sort(value[key]) for key in sorted(value)}
        if isinstance(value, list):
            return sorted((sort(one) for one in value), key=lambda one: json.dumps(one))
        return value

    return sorted((sort(one) for one in list_of_objects), key=identity)


def same(what, one, other):
    one, other = normal(one), normal(other)
    if one == other:
        saw(f"{what}: the same {len(one)} objects")
        return
    lines = lambda it: yaml.safe_dump(it).splitlines()
    import difflib

    die(f"{what} differ:\n" + "\n".join(difflib.unified_diff(lines(one), lines(other), lineterm="", n=1)))


# --- Helm: as much of its language as this chart uses ------------------------


def rendered(template, values):
    """Actions of this chart: `if`, `if not`, `end`, and values, also quoted."""
    out, keep = [], [True]
    for part in re.split(r"(\{\{.*?\}\})", re.sub(r"\s*\{\{-", "{{-", template)):
        action = re.fullmatch(r"\{\{-?\s*(.*?)\s*-?\}\}", part)
        if not action:
            if keep[-1]:
                out.append(part)
            continue
        words = action[1].split()
        value = lambda name: values[name.removeprefix(".Values.")]
        if words[0] == "if":
            holds = not value(words[2]) if words[1] == "not" else bool(value(words[1]))
            keep.append(keep[-1] and holds)
        elif words == ["end"]:
            keep.pop()
        elif words[0].startswith(".Values.") and words[1:] in ([], ["|", "quote"]):
            if keep[-1]:
                found = value(words[0])
                out.append(json.dumps(found) if words[1:] else str(found))
        else:
            die(f"the chart says `{action[1]}`, which is more than this check reads")
    if keep != [True]:
        die("the chart has an `if` without `end`")
    return "".join(out)


# --- what every collector in a cluster must be -------------------------------


def strictly(objects):
    for one in objects:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)


def hardened(where, objects):
    pods = [one["spec"]["template"]["spec"] for one in objects if one["kind"] == "StatefulSet"]
    (pod,) = pods
    (container,) = pod["containers"]
    own, all_ = container["securityContext"], pod["securityContext"]
    for what, holds in {
        "runs as somebody without privileges": all_["runAsNonRoot"] is True and all_["runAsUser"] == 65532,
        "cannot gain any": own["allowPrivilegeEscalation"] is False and own["capabilities"] == {"drop": ["ALL"]},
        "has a read-only root": own["readOnlyRootFilesystem"] is True,
        "has its system calls filtered": all_["seccompProfile"]["type"] == "RuntimeDefault",
        "has an account of its own": pod["serviceAccountName"] == "muster-server",
        "has no token": pod["automountServiceAccountToken"] is False,
        "gets no variables of services": pod["enableServiceLinks"] is False,
        "is probed": {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container),
        "is limited": "memory" in container["resources"]["limits"],
        "is behind a network policy": any(one["kind"] == "NetworkPolicy" for one in objects),
    }.items():
        if not holds:
            die(f"{where}: the collector should be one that {what}")
    known_to_the_collector(where, {one["name"]: one["value"] for one in container["env"]})


def known_to_the_collector(where, variables):
    """The collector itself reads the variables, without starting."""
    mine = {name: value for name, value in variables.items() if name.startswith("MUSTER_")}
    run(program, "config", "check", env=mine | {"MUSTER_CONFIG": "/dev/null"})
    saw(f"{where}: the collector takes {', '.join(sorted(mine))}")


def kubernetes():
    overlays = {}
    for name in ("sqlite", "postgres"):
        path = os.path.join(folder, "kubernetes/overlays", name)
        overlays[name] = built(path)
        strictly(overlays[name])
        hardened(f"kubernetes/{name}", overlays[name])
        if shutil.which("kubectl"):
            same(f"kubernetes/{name}, as built here and by kubectl", overlays[name], documents(run("kubectl", "kustomize", path)))
        else:
            saw(f"kubernetes/{name}: not built by kubectl, which is not here")
    kinds = sorted(one["kind"] for one in overlays["postgres"])
    saw(f"kubernetes/postgres: {', '.join(kinds)}; strict against the schemas of {KUBERNETES}")
    for what, plant in {
        "a key that does not exist": lambda it: it["spec"]["template"]["spec"].update(runAsRoot=True),
        "a word where a number belongs": lambda it: it["spec"].update(replicas="two"),
        "a list where a map belongs": lambda it: it["spec"].update(selector=[]),
    }.items():
        faulty = json.loads(json.dumps(overlays["postgres"]))
        plant(next(one for one in faulty if one["kind"] == "StatefulSet"))
        try:
            strictly(faulty)
        except kubernetes_validate.ValidationError:
            saw(f"a planted fault is caught: {what}")
        else:
            die(f"a planted fault was not caught: {what}")
    return overlays


POSTGRES = {"database": "postgres://muster@db.company.example/muster", "replicas": 2, "storage": "1Gi"}


def helm(overlays):
    chart = os.path.join(folder, "helm/muster-server")
    values = yaml.safe_load(open(os.path.join(chart, "values.yaml")))
    template = open(os.path.join(chart, "templates/muster.yaml")).read()
    unused = [name for name in values if f".Values.{name}" not in template]
    if unused:
        die(f"helm: {unused} in values.yaml is never used")
    same("helm and kubernetes/sqlite", documents(rendered(template, values)), overlays["sqlite"])
    same("helm and kubernetes/postgres", documents(rendered(template, values | POSTGRES)), overlays["postgres"])
    saw("helm: rendered by this check, not by helm, which could not be had")


def terraform(overlays):
    modules = os.path.join(folder, "terraform")
    for name in ("kubernetes", "vm"):
        with open(os.path.join(modules, name, "main.tf")) as file:
            blocks = hcl2.load(file)
        saw(f"terraform/{name}: parsed, {len(blocks['variable'])} variables, {len(blocks['output'])} outputs")
    if not shutil.which("terraform"):
        saw("terraform: not validated and not applied, because terraform is not here")
        return
    run("terraform", "fmt", "-check", "-recursive", modules)
    same("terraform and kubernetes/sqlite", applied("kubernetes", {"public_url": "https://muster.company.example"}, "yaml"), overlays["sqlite"])
    several = {"public_url": "https://muster.company.example"} | POSTGRES
    same("terraform and kubernetes/postgres", applied("kubernetes", several, "yaml"), overlays["postgres"])
    secret = {"muster.tls.key": "-----KEY-----"}
    variables = {
        "public_url": "https://muster.company.example",
        "package_url": "https://files.company.example/muster-server.deb",
        "package_sha256": "0" * 64,
        "credentials": json.dumps(secret),
    }
    (machine,) = applied("vm", variables, "user_data")
    files = {one["path"]: one for one in machine["write_files"]}
    key = files["/etc/credstore/muster.tls.key"]
    if (key["permissions"], key["content"]) != ("0600", "-----KEY-----"):
        die("terraform/vm: the key is not kept to root")
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as settings:
        settings.write(files["/etc/muster/muster.toml"]["content"])
        settings.flush()
        run(program, "config", "check", "--config", settings.name, env={})
    saw(f"terraform/vm: the collector takes the settings; {len(machine['runcmd'])} commands, {len(files)} files")


def applied(module, variables, output):
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(os.path.join(folder, "terraform", module), place, dirs_exist_ok=True)
        run("terraform", "init", "-backend=false", "-input=false", cwd=place)
        run("terraform", "validate", cwd=place)
        given = [f"-var={name}={value}" for name, value in variables.items()]
        run("terraform", "apply", "-auto-approve", "-input=false", *given, cwd=place)
        return documents(run("terraform", "output", "-raw", output, cwd=place))


def compose():
    both = [yaml.safe_load(open(os.path.join(folder, "compose", name))) for name in ("compose.yaml", "compose.postgres.yaml")]
    collector = both[0]["services"]["muster-server"]
    for key, wanted in {
        "user": "65532:65532",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }.items():
        if collector.get(key) != wanted:
            die(f"compose.yaml: `{key}` should be {wanted}")
    declared = {name for one in both for name in one["volumes"]}
    used = {volume.split(":")[0] for one in both for it in one["services"].values() for volume in it.get("volumes", [])}
    if declared != {name for name in used if not name.startswith(".")}:
        die(f"compose: volumes {declared} are declared, {used} are used")
    variables = collector["environment"] | both[1]["services"]["muster-server"]["environment"]
    variables["MUSTER_PUBLIC_URL"] = "https://muster.company.example"
    known_to_the_collector("compose", variables)
    saw("compose: parsed and checked here, not by docker compose")


def one_version():
    """Whatever names the image names the version that is built here."""
    with open(os.path.join(folder, "../Cargo.toml")) as file:
        version = re.search(r'^version = "(.*)"$', file.read(), re.M)[1]
    named = 0
    for place, _, names in os.walk(folder):
        if os.path.relpath(place, folder).split("/")[0] not in ("kubernetes", "helm", "terraform", "compose", "container"):
            continue
        for name in names:
            text = open(os.path.join(place, name)).read()
            for found in re.findall(r"muster-server:(\d[0-9.]*\d)|^(?:appVersion|version): \"?(\d[0-9.]*\d)", text, re.M):
                named += 1
                if version not in found:
                    die(f"{os.path.join(place, name)} names version {''.join(found)}, but Cargo.toml says {version}")
    saw(f"version {version} is named {named} times, and no other")


one_version()
overlays = kubernetes()
helm(overlays)
terraform(overlays)
compose()
