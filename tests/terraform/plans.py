"""Plans of the modules beside this file, made by Terraform itself; `make test-terraform` makes them anew and compares.

Planning KMS keys needs no account: the AWS provider is told to check nothing, and what is deployed is written into a
state file. The provider is taken from a local mirror, whose folder TF_PLUGIN_DIR names.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MODULES = sorted(path.parent for path in HERE.glob("*/main.tf"))
_VOLATILE = ("timestamp", "terraform_version", "relevant_attributes", "prior_state", "planned_values")
_AS_CREATED: dict[str, dict[str, Any]] = {
    "aws_kms_key": {
        "bypass_policy_lockout_safety_check": False,
        "customer_master_key_spec": "SYMMETRIC_DEFAULT",
        "description": "",
        "enable_key_rotation": False,
        "is_enabled": True,
        "key_usage": "ENCRYPT_DECRYPT",
        "multi_region": False,
    }
}
"""What a state has of a key that was made with nothing but a policy; without it Terraform would replace the key."""

_SOURCE = re.compile(r"[a-z.]+/(hashicorp/aws)")


def make_plan(module: Path) -> str:
    """Return the plan of a module as `terraform show -json` prints it, without what differs from run to run."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(module, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.json"))
        plugins = os.environ.get("TF_PLUGIN_DIR")
        _terraform(folder, "init", "-backend=false", *([f"-plugin-dir={plugins}"] if plugins else []))
        _deploy(folder, module / "deployed.json")
        _terraform(folder, "plan", "-refresh=false", "-out=plan.out")
        plan = json.loads(_terraform(folder, "show", "-json", "plan.out"))
    kept = {name: value for name, value in plan.items() if name not in _VOLATILE}
    return _SOURCE.sub(r"\1", json.dumps(kept, indent=1, sort_keys=True)) + "\n"


def _deploy(folder: Path, deployed: Path) -> None:
    """Write a state file with the resources that are deployed; the provider is named as the lock file has it."""
    if not deployed.exists():
        return
    lock = (folder / ".terraform.lock.hcl").read_text(encoding="utf-8")
    source = re.findall(r'provider "([^"]+)"', lock)[0]
    resources: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in json.loads(deployed.read_text(encoding="utf-8")):
        place = one.get("module", ""), one["type"], one["name"]
        provider = f'provider["{source}"]'
        named = {"mode": "managed", "type": place[1], "name": place[2], "provider": provider, "instances": []}
        named |= {"module": place[0]} if place[0] else {}
        attributes = {**_AS_CREATED.get(place[1], {}), **one["attributes"]}
        if "policy" in attributes:
            attributes["policy"] = json.dumps(attributes["policy"])
        instance = {"schema_version": 0, "attributes": attributes}
        if one.get("index") is not None:
            instance["index_key"] = one["index"]
            named["each"] = "map"
        resources.setdefault(place, named)["instances"].append(instance)
    state = {"version": 4, "serial": 1, "lineage": "example", "resources": list(resources.values())}
    (folder / "terraform.tfstate").write_text(json.dumps(state), encoding="utf-8")


def _terraform(folder: Path, *arguments: str) -> str:
    command = ["terraform", arguments[0], *(["-no-color"] if arguments[0] != "show" else []), *arguments[1:]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"terraform {arguments[0]}: {done.stderr or done.stdout}")
    return done.stdout


def main() -> int:
    """Make every plan anew; report those that differ from the ones that are kept, and keep them with --write."""
    differing = []
    for module in MODULES:
        plan, kept = make_plan(module), module / "plan.json"
        if not kept.exists() or kept.read_text(encoding="utf-8") != plan:
            differing.append(module.name)
            if "--write" in sys.argv:
                kept.write_text(plan, encoding="utf-8")
    sys.stdout.write(f"{len(MODULES)} plans made by Terraform, {len(differing)} differ: {' '.join(differing)}\n")
    return 0 if not differing or "--write" in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
