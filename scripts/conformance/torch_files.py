"""PyTorch: torch.save in both containers, TorchScript, torch.distributed.checkpoint; safetensors."""

import json

import safetensors.numpy
import safetensors.torch
import torch
import torch.distributed.checkpoint as dcp
from write import array, arrays, names

torch_types = {
    "f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16,
    "f8_e4m3fn": torch.float8_e4m3fn, "f8_e5m2": torch.float8_e5m2,
    "i8": torch.int8, "i16": torch.int16, "i32": torch.int32, "i64": torch.int64,
    "u8": torch.uint8, "u16": torch.uint16, "u32": torch.uint32, "u64": torch.uint64, "bool": torch.bool,
}  # fmt: skip


def tensor(value, dtype):
    kind = torch_types[dtype]
    if value.size == 0:
        return torch.empty(value.shape, dtype=kind)
    return torch.frombuffer(bytearray(value.tobytes()), dtype=kind).reshape(value.shape).clone()


def tensors(values):
    return {name: tensor(value, name.split(".")[0]) for name, value in values.items()}


def write(cases):
    values = arrays(names)
    # Names that mean something elsewhere are names here.
    values |= {f"f32.__proto__.{odd}": array("f32", (3,)) for odd in ("constructor", "ä/</script>", "\u202e")}
    state = tensors(values)
    for protocol in (2, 3, 4, 5):
        path = cases.path("torch", f"protocol{protocol}.pt")
        torch.save(state, path, pickle_protocol=protocol)
        cases.add("PyTorch zip", "torch", f"protocol {protocol}", path, values)
    path = cases.path("torch", "legacy.pt")
    torch.save(state, path, _use_new_zipfile_serialization=False)
    cases.add("PyTorch legacy", "torch", "protocol 2", path, values)

    base = array("f32", (6, 8))
    whole = tensor(base, "f32")
    views = {
        "transposed": whole.T, "rows": whole[1:4], "steps": whole[::2, 1::3], "column": whole[:, 3], "one": whole[2, 5],
        "permuted": whole.reshape(2, 3, 8).permute(2, 0, 1), "expanded": whole[:1].expand(4, 8),
        "last": tensor(array("f32", (2, 3, 4, 5)), "f32").to(memory_format=torch.channels_last),
        "parameter": torch.nn.Parameter(whole.clone()),
    }  # fmt: skip
    for name, options in {"zip": {}, "legacy": {"_use_new_zipfile_serialization": False}}.items():
        path = cases.path("torch", f"views-{name}.pt")
        torch.save(views, path, **options)
        cases.add(f"PyTorch {name}", "torch", "views, one storage", path, {k: v.detach().contiguous().numpy() for k, v in views.items()})

    path = cases.path("torch", "nested.pt")
    torch.save({"epoch": 3, "state_dict": state}, path)
    cases.add("PyTorch zip", "torch", "a state dict in a dict", path, values)

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(16, 2))
    path = cases.path("torch", "script.pt")
    torch.jit.script(net).save(str(path))
    cases.add("TorchScript", "torch", "scripted module", path, {k: v.numpy() for k, v in net.state_dict().items()})
    path = cases.path("torch", "module.pt")
    torch.save(net, path)
    cases.add("PyTorch zip", "torch", "a pickled module", path, {k: v.numpy() for k, v in net.state_dict().items()})

    folder = cases.path("torch", "distributed", ".metadata").parent
    dcp.save(state, checkpoint_id=str(folder), no_dist=True)
    cases.add("PyTorch distributed", "torch", "one process", folder / ".metadata", values)

    path = cases.path("safetensors", "torch.safetensors")
    safetensors.torch.save_file(state, path, metadata={"format": "pt"})
    cases.add("safetensors", "safetensors torch", "every dtype", path, values)
    path = cases.path("safetensors", "numpy.safetensors")
    plain = {name: value for name, value in values.items() if not name.startswith(("bf16", "f8"))}
    safetensors.numpy.save_file(plain, path)
    cases.add("safetensors", "safetensors numpy", "NumPy's dtypes, no metadata", path, plain)
    keys = list(values)
    files = {"model-00001-of-00002.safetensors": keys[::2], "model-00002-of-00002.safetensors": keys[1::2]}
    for file, own in files.items():
        safetensors.torch.save_file({key: state[key] for key in own}, cases.path("safetensors", file))
    path = cases.path("safetensors", "model.safetensors.index.json")
    path.write_text(json.dumps({"metadata": {}, "weight_map": {key: file for file, own in files.items() for key in own}}))
    cases.add("safetensors", "safetensors torch", "two shards", path, values)
