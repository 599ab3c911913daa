"""Near-duplicates by datatrove: reads documents of one folder of JSON Lines, prints processor seconds and the ids that are left as one JSON object."""

import json
import os
import sys
import time

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import minhash
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


class Whitespace:
    """The cheapest words: what stands between white space."""

    def word_tokenize(self, text):
        return text.split()


def main(folder):
    minhash.load_word_tokenizer = lambda language: Whitespace()
    config = minhash.MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)
    work = os.path.join(folder, "work")
    reader = JsonlReader(os.path.join(folder, "documents"))
    steps = [
        [reader, minhash.MinhashDedupSignature(f"{work}/signatures", config)],
        [minhash.MinhashDedupBuckets(f"{work}/signatures", f"{work}/buckets", config=config)],
        [minhash.MinhashDedupCluster(f"{work}/buckets", f"{work}/remove", config=config)],
        [reader, minhash.MinhashDedupFilter(f"{work}/remove"), JsonlWriter(f"{work}/kept", compression=None)],
    ]
    started = time.process_time()
    for number, pipeline in enumerate(steps):
        # One worker runs in this process, so that its time is ours.
        LocalPipelineExecutor(pipeline, tasks=14 if number == 1 else 1, workers=1, logging_dir=f"{work}/logs/{number}").run()
    seconds = time.process_time() - started
    kept = []
    for root, _, files in os.walk(f"{work}/kept"):
        for name in files:
            with open(os.path.join(root, name), encoding="utf-8") as lines:
                kept.extend(json.loads(line)["id"] for line in lines)
    print(json.dumps({"seconds": seconds, "kept": kept}))


main(sys.argv[1])
