"""Loads an export with the tools of lm-evaluation-harness and prints what they see as JSON."""

import contextlib
import io
import json
import sys
from pathlib import Path

with contextlib.redirect_stdout(io.StringIO()):
    from datasets import load_dataset
    from lm_eval import utils

folder = Path(sys.argv[1])
files = sorted(str(p) for p in folder.rglob("*") if p.is_file())
results_file = utils.get_latest_filename(utils.get_results_filenames(files))
results = json.loads(Path(results_file).read_text(encoding="utf-8"))
out = {
    "version": __import__("importlib.metadata").metadata.version("lm_eval"),
    "folder": utils.sanitize_model_name(results["model_name"]),
    "time": utils.get_file_datetime(Path(results_file).name).removesuffix(".json"),
    "table": utils.make_table(results),
    "groups": utils.make_table(results, "groups") if "groups" in results else "",
    "tasks": {},
}
for name in utils.get_sample_results_filenames(files):
    rows = load_dataset("json", data_files=name, split="train", cache_dir=sys.argv[2])
    task = utils.get_file_task_name(Path(name).name)
    rows = [dict(row) for row in rows]
    out["tasks"][task] = {
        "time": utils.get_file_datetime(Path(name).name),
        "rows": len(rows),
        # As evaluation_tracker.py computes it.
        "hash": utils.hash_string("".join(r["doc_hash"] + r["prompt_hash"] + r["target_hash"] for r in rows)),
        "target_hashes": all(utils.hash_string(r["target"]) == r["target_hash"] for r in rows),
        "means": {m: sum(r[m] for r in rows) / len(rows) for m in (rows[0]["metrics"] if rows else [])},
    }
out["task_hashes"] = results["task_hashes"]
print(json.dumps(out, ensure_ascii=False))
