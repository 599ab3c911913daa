"""Opens a plain dataset folder as trainers do, offline, and prints what it found as JSON."""
import json
import os
import sys

os.environ["HF_DATASETS_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"
from datasets import get_dataset_config_names, load_dataset  # noqa: E402
import mlcroissant  # noqa: E402
from trl.data_utils import is_conversational, maybe_extract_prompt, maybe_unpair_preference_dataset  # noqa: E402

folder, cache, records_too = sys.argv[1:4]
found = {"configs": {}, "croissant": {}, "trl": {}}
for config in get_dataset_config_names(folder):
    data = load_dataset(folder, config, cache_dir=cache)
    found["configs"][config] = {
        split: {"rows": rows.num_rows, "types": {name: str(kind) for name, kind in rows.features.items()}, "first": rows[0]["id"]}
        for split, rows in data.items()
    }
    if config in ("kto", "dpo"):
        # What TRL's trainers do before they tokenise: rows of kto go through as they are, a pair becomes two of them.
        columns = ["prompt", "completion", "label"] if config == "kto" else ["prompt", "chosen", "rejected"]
        wanted = {split: rows.select_columns(columns) for split, rows in data.items()}
        assert not any(is_conversational(rows[0]) for rows in wanted.values())
        assert all(maybe_extract_prompt(rows[0]) == rows[0] for rows in wanted.values())
        unpaired = {split: maybe_unpair_preference_dataset(rows) for split, rows in wanted.items()}
        assert all(isinstance(label, bool) for rows in unpaired.values() for label in rows["label"])
        found["trl"][config] = {split: rows.num_rows for split, rows in unpaired.items()}
    if config == "dpo":
        found["dpo"] = [{"chosen": row["chosen"], "rejected": row["rejected"], "reason": row["reason"]} for split in data.values() for row in split]

described = mlcroissant.Dataset(jsonld=os.path.join(folder, "croissant.json"))
found["problems"] = {"errors": sorted(described.metadata.issues.errors), "warnings": sorted(described.metadata.issues.warnings)}
for records in described.metadata.record_sets:
    if records.data is not None or records_too != "records":
        continue
    found["croissant"][records.id or records.name] = sum(1 for _ in described.records(records.id or records.name))
print(json.dumps(found, default=str))
