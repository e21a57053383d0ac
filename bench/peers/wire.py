"""Answers requests on standard input, a line of JSON each, as bench/src/engine/wire.ts says."""

import json
import os
import resource
import sys
import time

import numpy as np

DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "bool": np.uint8}


def settle_cores():
    """Keeps the process to as many cores as `--cores` says, before a library counts them."""
    if "--cores" not in sys.argv:
        return None
    cores = int(sys.argv[sys.argv.index("--cores") + 1])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    return cores


def read(task):
    """The arrays of a task, by name."""
    return {
        name: np.fromfile(spec["path"], DTYPES[spec["dtype"]]).reshape(spec["shape"])
        for name, spec in task["arrays"].items()
    }


def outputs(by, results):
    """What engines are compared by: the norm of a value; or the loss, and the norm of each gradient."""
    norm = lambda x: float(np.linalg.norm(np.asarray(x, np.float64).ravel()))
    if not by:
        return {"value": norm(results[0])}
    return {"loss": float(results[0]), **{name: norm(x) for name, x in zip(by, results[1:])}}


def peak_resident_bytes():
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmHWM:"))
        return 1024 * int(line.split()[1])
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(prepare):
    """`prepare(task, arrays)` gives a function that does the task and returns its results as arrays of NumPy."""
    out, sys.stdout = sys.stdout, sys.stderr
    step = None

    def answer(request):
        nonlocal step
        if request["ask"] == "prepare":
            task = request["task"]
            arrays = read(task)
            start = time.perf_counter()
            step = prepare(task, arrays)
            results = step()
            first = 1000 * (time.perf_counter() - start)
            return {"firstMs": first, "outputs": outputs(task["by"], results)}
        if request["ask"] == "round":
            start = time.perf_counter()
            for _ in range(request["repeats"]):
                step()
            return {"ms": 1000 * (time.perf_counter() - start) / request["repeats"]}
        return {"peakResidentBytes": peak_resident_bytes()}

    for line in sys.stdin:
        request = json.loads(line)
        try:
            said = {"ok": answer(request)}
        except Exception as error:
            said = {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(said), file=out, flush=True)
        if request["ask"] == "close":
            break
