"""What the document cannot say: values that only the collector gives.

A cursor is `next` of the page before, `If-Match` the ETag of the object as it
is, and an idempotency key is new for each request. Where schemathesis invents
one that would be valid by its form, the real one is put in its place; what is
invalid, missing or too much stays as it is.
"""

import re
import uuid

import requests
import schemathesis

KEY = re.compile(r"[A-Za-z0-9_.:-]{16,128}")
VERSION = re.compile(r'"[0-9]{1,18}\.[A-Za-z0-9_-]{1,32}"')


class Known:
    """What the first request finds out about the token that is used."""

    me = None


def own(case, kwargs):
    """Account and token of whoever asks."""
    if Known.me is None:
        base = case.operation.schema.get_base_url().rstrip("/")
        headers = {"Authorization": kwargs.get("headers", {}).get("Authorization", "")}
        Known.me = requests.get(base + "/api/v1/me", headers=headers, timeout=20).json()
    return Known.me


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers
    cursor = (case.query or {}).get("cursor")
    if isinstance(cursor, str) and 1 <= len(cursor) <= 2048:
        del case.query["cursor"]
    if KEY.fullmatch(str((headers or {}).get("Idempotency-Key", ""))):
        headers["Idempotency-Key"] = str(uuid.uuid4())
    path = case.operation.path
    named = (case.path_parameters or {}).get("id")
    if case.method == "DELETE" and path == "/api/v1/tokens/{id}":
        # Without its token it would try nothing any more.
        if named == own(case, kwargs).get("credential"):
            case.path_parameters["id"] = "none"
    if case.method == "PATCH" and path == "/api/v1/accounts/{id}":
        if named == own(case, kwargs).get("account"):
            case.path_parameters["id"] = "none"
        elif VERSION.fullmatch(str((headers or {}).get("If-Match", ""))):
            base = case.operation.schema.get_base_url().rstrip("/")
            token = {"Authorization": kwargs.get("headers", {}).get("Authorization", "")}
            address = f"{base}/api/v1/accounts/{named}"
            found = requests.get(address, headers=token, timeout=20)
            if found.status_code == 200:
                headers["If-Match"] = found.headers["ETag"]
