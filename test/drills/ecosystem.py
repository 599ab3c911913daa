"""Opens a plain dataset folder as trainers do, offline, and prints what it found as JSON."""
import json
import os
import sys

os.environ["HF_DATASETS_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"
from datasets import get_dataset_config_names, load_dataset  # noqa: E402
import mlcroissant  # noqa: E402

folder, cache = sys.argv[1:3]
found = {"configs": {}, "croissant": {}}
for config in get_dataset_config_names(folder):
    data = load_dataset(folder, config, cache_dir=cache)
    found["configs"][config] = {
        split: {"rows": rows.num_rows, "types": {name: str(kind) for name, kind in rows.features.items()}, "first": rows[0]["id"]}
        for split, rows in data.items()
    }
    if config == "dpo":
        found["dpo"] = [{"chosen": row["chosen"], "rejected": row["rejected"], "reason": row["reason"]} for split in data.values() for row in split]

described = mlcroissant.Dataset(jsonld=os.path.join(folder, "croissant.json"))
found["problems"] = {"errors": sorted(described.metadata.issues.errors), "warnings": sorted(described.metadata.issues.warnings)}
for records in described.metadata.record_sets:
    if records.data is not None:
        continue
    found["croissant"][records.id or records.name] = sum(1 for _ in described.records(records.id or records.name))
print(json.dumps(found, default=str))
