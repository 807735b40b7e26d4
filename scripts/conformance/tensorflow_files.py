"""TensorFlow: checkpoints by name and by object, SavedModels, graphs with constants, TFLite."""

import numpy as np
import tensorflow as tf
from write import array, arrays, names

v1 = tf.compat.v1


def write(cases):
    values = arrays(names)
    path = cases.path("tensorflow", "named", "types.index")
    prefix = str(path).removesuffix(".index")
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=list(values), shape_and_slices=[""] * len(values), tensors=[tf.constant(v) for v in values.values()])
    cases.add("TensorFlow checkpoint", "tensorflow-cpu", "SaveV2, every dtype", path, values)

    whole = array("f32", (7, 4))
    cuts = [("rows", "7 4 0,3:-", whole[:3]), ("rows", "7 4 3,4:-", whole[3:]), ("columns", "7 4 -:0,1", whole[:, :1]), ("columns", "7 4 -:1,3", whole[:, 1:])]
    folder = cases.path("tensorflow", "sliced", "model.index").parent
    parts = []
    for shard in range(2):
        parts.append(str(folder / f"temp/part-{shard:05d}-of-00002"))
        chosen = cuts[shard::2]
        tf.raw_ops.SaveV2(prefix=parts[-1], tensor_names=[c[0] for c in chosen], shape_and_slices=[c[1] for c in chosen], tensors=[tf.constant(c[2]) for c in chosen])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(folder / "model"), delete_old_dirs=True)
    cases.add("TensorFlow checkpoint", "tensorflow-cpu", "partitioned variables, two shards", folder / "model.index", {"rows": whole, "columns": whole})

    floats = {name: value for name, value in values.items() if name.startswith(("f32", "f64", "f16", "bf16", "i32", "i64"))}

    class Model(tf.Module):
        def __init__(self):
            for name, value in floats.items():
                setattr(self, name.replace(".", "_"), tf.Variable(value, name=name))

        @tf.function(input_signature=[tf.TensorSpec((None, 5))])
        def __call__(self, x):
            return x @ tf.transpose(self.f32_3x5)

    attributes = {name.replace(".", "_"): value for name, value in floats.items()}
    model = Model()
    saved = tf.train.Checkpoint(model=model).write(str(cases.path("tensorflow", "objects", "model")))
    cases.add("TensorFlow checkpoint", "tensorflow-cpu", "objects (tf.train.Checkpoint)", saved + ".index", {f"model/{k}": v for k, v in attributes.items()})
    folder = cases.path("tensorflow", "saved", "x").parent
    tf.saved_model.save(model, str(folder))
    cases.add("TensorFlow SavedModel", "tensorflow-cpu", "tf.Module", folder / "saved_model.pb", attributes)

    proto = v1.GraphDef()
    for name, value in values.items():
        node = proto.node.add(name=name, op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        node.attr["dtype"].type = node.attr["value"].tensor.dtype
    path = cases.path("tensorflow", "graph.pb")
    path.write_bytes(proto.SerializeToString())
    cases.add("TensorFlow GraphDef", "tensorflow-cpu", "constants, every dtype", path, values)

    lite(cases)


def lite(cases):
    rng = np.random.default_rng(1)
    weight = lambda *shape: tf.constant(rng.standard_normal(shape).astype(np.float32))
    kernel, bias, dense = weight(3, 3, 2, 4), weight(4), weight(256, 5)

    class Net(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, 8, 8, 2))])
        def __call__(self, x):
            y = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME") + bias)
            return tf.reshape(y, (1, 256)) @ dense

    net = Net()
    for name in ("float32", "float16", "dynamic int8"):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([net.__call__.get_concrete_function()], net)
        if name != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if name == "float16":
            converter.target_spec.supported_types = [tf.float16]
        data = converter.convert()
        path = cases.path("tflite", f"{name.replace(' ', '-')}.tflite")
        path.write_bytes(data)
        cases.add("TFLite", "tensorflow-cpu", name, path, constants(data))


def constants(data):
    """By the schema's own classes: those with bytes; integers of a scale are what they stand for."""
    from tensorflow.lite.python import schema_py_generated as schema

    stored = {0: np.float32, 1: np.float16, 2: np.int32, 9: np.int8}
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    found = {}
    for tensor in model.subgraphs[0].tensors:
        raw = model.buffers[tensor.buffer].data
        if raw is None or len(raw) == 0:
            continue
        value = np.frombuffer(bytes(bytearray(raw)), stored[tensor.type]).reshape(tensor.shape if tensor.shape is not None else ())
        q = tensor.quantization
        if value.dtype.kind == "i" and q is not None and q.scale is not None and len(q.scale) > 0:
            scale, zero = np.float32(q.scale).astype(np.float64), np.array(q.zeroPoint, np.float64)
            if len(scale) > 1:
                own = [len(scale) if axis == q.quantizedDimension else 1 for axis in range(value.ndim)]
                scale, zero = scale.reshape(own), zero.reshape(own)
            value = ((value.astype(np.float64) - zero) * scale).astype(np.float32)
        found[tensor.name.decode()] = value
    return found
