"""FAISS's exact flat index under the names of `mvmr bench neighbours`, one JSON object a line.

    pip install faiss-cpu numpy
    python bench_faiss.py --threads 1
"""

import argparse
import json
import time

import faiss
import numpy as np

options = argparse.ArgumentParser()
options.add_argument("--threads", type=int, default=1)
options.add_argument("--repeat", type=int, default=7)
options = options.parse_args()
faiss.omp_set_num_threads(options.threads)

generator = np.random.default_rng(0)
references = generator.standard_normal((50_000, 512), dtype=np.float32)
queries = generator.standard_normal((2_000, 512), dtype=np.float32)
index = faiss.IndexFlatL2(512)
index.add(references)
for k in [1, 20, 200]:
    index.search(queries, k)
    rates, processor = [], []
    for _ in range(options.repeat):
        start, used = time.perf_counter(), time.process_time()
        index.search(queries, k)
        rates.append(len(queries) / (time.perf_counter() - start))
        processor.append(len(queries) / (time.process_time() - used))
    print(
        json.dumps(
            {
                "name": f"neighbours/50000x512-k{k}",
                "value": float(np.median(rates)),
                "unit": "queries/s",
                "threads": options.threads,
                "low": min(rates),
                "high": max(rates),
                "processor": float(np.median(processor)),
            }
        )
    )
