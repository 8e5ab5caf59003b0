"""Every check of scim2-tester against a collector; one that fails is printed.

First and last day are texts of one form, and the one mail address is the one
for work: a program that fills everything with what is random cannot know it, so
these values are named here.
"""

import sys

import scim2_tester.filling
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

url, token = sys.argv[1:]

random_value = scim2_tester.filling.get_random_example_value
VALUES = {
    "firstday": "2026-09-01",
    "lastday": "2027-03-31",
    "type": "work",
    "primary": True,
}


def fitting(path):
    name = str(path).split(":")[-1].split(".")[-1].replace("_", "").lower()
    return VALUES.get(name) or random_value(path)


scim2_tester.filling.get_random_example_value = fitting

client = Client(base_url=url + "/scim/v2", headers={"Authorization": "Bearer " + token})
results = check_server(SyncSCIMClient(client))
passed = sum(result.status == Status.SUCCESS for result in results)
failed = [r for r in results if r.status not in (Status.SUCCESS, Status.SKIPPED)]
for result in failed:
    print(f"{result.status.name} {result.title}: {result.reason}")
skipped = [r for r in results if r.status == Status.SKIPPED]
for result in skipped:
    print(f"skipped {result.title}: {result.reason}")
print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
sys.exit(1 if failed or passed < 20 else 0)
