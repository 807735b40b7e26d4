"""Run every training script in test/fixtures/training before and after the edit, and look at the optimizers it made.

    $PYTHON test/training/run_edited.py [name ...]

needs torch 2.13, scikit-learn, lightning and transformers. Each script runs in a process of its own. After the edit every
matrix and kernel must decay, and no bias or norm parameter may, except where the script's own way leaves one group.
"""

import json
import os
import pathlib
import subprocess
import sys

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "training"
# Scripts whose parameters stay in one group: everything decays. The others must leave vectors out.
ONE_GROUP = {"one_group", "lazy_layers"}
# Scripts that are not changed, so that they say nothing about groups.
UNCHANGED = {"already_there"}

PROBE = r"""
import json, runpy, sys
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # A CUDA build of torchvision beside a CPU build of torch lacks its operators; their schemas are enough to import it.
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
except ImportError:
    pass

made = []
original = torch.optim.Optimizer.__init__

def remember(self, *args, **kwargs):
    made.append(self)
    original(self, *args, **kwargs)

torch.optim.Optimizer.__init__ = remember
runpy.run_path(sys.argv[1], run_name="__main__")
found = []
for optimizer in made:
    parameters = [
        (p.ndim, group.get("weight_decay", 0), bool(torch.isfinite(p).all()))
        for group in optimizer.param_groups
        for p in group["params"]
    ]
    decoupled = [group.get("decoupled_weight_decay") for group in optimizer.param_groups]
    found.append({"class": type(optimizer).__name__, "decoupled": decoupled, "parameters": parameters})
print("\nPROBE" + json.dumps(found))
"""


def run(path):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        timeout=300,
    )
    if done.returncode != 0:
        raise AssertionError(f"{path.name} fails:\n{done.stderr[-2000:]}")
    line = next(line for line in done.stdout.splitlines() if line.startswith("PROBE"))
    return json.loads(line.removeprefix("PROBE"))


def check(name):
    before = run(FIXTURES / f"{name}.py")
    after = run(FIXTURES / f"{name}.expected.py")
    assert before, f"{name} makes no optimizer"
    assert len(before) == len(after), f"{name}: {len(before)} optimizers became {len(after)}"
    for old, new in zip(before, after):
        assert len(old["parameters"]) == len(new["parameters"]), f"{name}: parameters were lost"
        assert all(finite for _, _, finite in new["parameters"]), f"{name}: not finite"
        if name in UNCHANGED:
            assert old == new, f"{name} should not change"
            continue
        for ndim, decay, _ in new["parameters"]:
            decays = ndim > 1 or name in ONE_GROUP
            assert (decay > 0) == decays, f"{name}: {ndim} dimensions, weight_decay {decay}"
        if old["class"] == "Adam":
            assert new["class"] == "AdamW", f"{name}: {new['class']}"
        if old["class"] in ("NAdam", "RAdam"):
            assert all(new["decoupled"]), f"{name}: coupled"
    classes = ", ".join(f"{a['class']} -> {b['class']}" for a, b in zip(before, after))
    decays = sorted({decay for new in after for _, decay, _ in new["parameters"]})
    print(f"ok  {name:28} {classes}; weight_decay {decays}", flush=True)


def main():
    expected = sorted(path.name.removesuffix(".expected.py") for path in FIXTURES.glob("*.expected.py"))
    names = sys.argv[1:] or expected
    failures = 0
    for name in names:
        try:
            check(name)
        except AssertionError as error:
            failures += 1
            print(f"FAIL {error}", flush=True)
    print(f"{len(names) - failures} of {len(names)} pass")
    return 1 if failures or not names else 0


if __name__ == "__main__":
    sys.exit(main())
