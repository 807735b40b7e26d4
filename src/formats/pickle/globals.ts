/** How much a name that a pickle imports should worry its reader. None is ever imported here. */
export type GlobalSeverity = 'known' | 'warn' | 'alarm';

/** A name that a pickle imports, and where it does so first. */
export interface GlobalUse {
  readonly severity: GlobalSeverity;
  /** `GLOBAL`, `STACK_GLOBAL` or `INST`. */
  readonly opcode: string;
  readonly byteOffset: number;
}

/** Names that plain checkpoints carry. */
const known = new Set(
  [
    ['collections', 'OrderedDict defaultdict Counter deque'],
    ['builtins', 'set frozenset slice complex bytearray bytes range list dict tuple int float'],
    ['builtins', 'str bool object'],
    ['copyreg', '_reconstructor __newobj__'],
    ['_codecs', 'encode'],
    ['types', 'SimpleNamespace'],
    ['argparse', 'Namespace'],
    ['pathlib', 'Path PurePath PosixPath WindowsPath PurePosixPath PureWindowsPath'],
    ['pathlib._local', 'Path PurePath PosixPath WindowsPath PurePosixPath PureWindowsPath'],
    ['datetime', 'datetime date time timedelta timezone'],
    ['decimal', 'Decimal'],
    ['uuid', 'UUID'],
    ['numpy', 'dtype ndarray bool_ float16 float32 float64 int8 int16 int32 int64'],
    ['numpy', 'uint8 uint16 uint32 uint64'],
    ['numpy.core.multiarray', '_reconstruct scalar'],
    ['numpy._core.multiarray', '_reconstruct scalar'],
    ['numpy.core.numeric', '_frombuffer'],
    ['numpy._core.numeric', '_frombuffer'],
    ['torch', 'Size device Tensor per_tensor_affine per_channel_affine'],
    ['torch', 'per_channel_affine_float_qparams'],
    ['torch._utils', '_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter'],
    ['torch._utils', '_rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor'],
    ['torch._utils', '_rebuild_sparse_csr_tensor _rebuild_meta_tensor_no_storage'],
    ['torch._utils', '_rebuild_nested_tensor _rebuild_wrapper_subclass'],
    ['torch._utils', '_rebuild_device_tensor_from_numpy'],
    ['torch._tensor', '_rebuild_from_type _rebuild_from_type_v2'],
    ['torch.storage', 'UntypedStorage TypedStorage'],
    ['torch.nn.parameter', 'Parameter Buffer UninitializedParameter UninitializedBuffer'],
    ['torch.jit._pickle', 'build_intlist build_doublelist build_boollist build_tensorlist'],
    ['torch.jit._pickle', 'restore_type_tag build_tensor_from_id'],
    ['torch.serialization', '_get_layout'],
    ['torch.distributed.checkpoint.metadata', 'Metadata MetadataIndex StorageMeta'],
    ['torch.distributed.checkpoint.metadata', 'TensorStorageMetadata ChunkStorageMetadata'],
    ['torch.distributed.checkpoint.metadata', 'BytesStorageMetadata TensorProperties'],
    ['torch.distributed.checkpoint.metadata', '_MEM_FORMAT_ENCODING'],
    ['torch.distributed.checkpoint.filesystem', '_StorageInfo'],
    ['torch.distributed._shard.sharded_tensor.metadata', 'TensorProperties MEM_FORMAT_ENCODING'],
    ['lightning_fabric.utilities.data', 'AttributeDict'],
    ['lightning.fabric.utilities.data', 'AttributeDict'],
    ['pytorch_lightning.utilities.parsing', 'AttributeDict'],
    ['lightning.pytorch.utilities.parsing', 'AttributeDict'],
    ['omegaconf.dictconfig', 'DictConfig'],
    ['omegaconf.listconfig', 'ListConfig'],
    ['omegaconf.base', 'ContainerMetadata Metadata'],
    ['omegaconf.nodes', 'AnyNode StringNode IntegerNode FloatNode BooleanNode'],
    ['typing', 'Any'],
  ].flatMap(([module = '', names = '']) => names.split(' ').map((name) => `${module}.${name}`)),
);

/** Families of names that are known: PyTorch's own layers and optimizers, storages, dtypes; TorchScript's labels. */
const knownPatterns = [
  /^torch\.(cuda\.)?\w+Storage$/,
  /^torch\.(float|double|half|bfloat16|complex|int|long|short|u?int\d+|bool|q\w*int\d+|float\d+\w*|complex\d+)$/,
  /^torch\.nn\.(modules|parallel)\.\w+\.\w+$/,
  /^torch\.nn\.functional\.\w+$/,
  /^torch\.optim\.\w+\.\w+$/,
  /^__torch__\./,
];

/**
 * Modules with which a pickle takes over the machine that loads it.
 *
 * @see https://github.com/mmaitre314/picklescan (scanner.py)
 * @see https://github.com/trailofbits/fickling (analysis.py)
 */
const alarmModules = new Set(
  (
    'os posix nt subprocess sys shutil socket pty commands runpy importlib webbrowser ctypes marshal code codeop ' +
    'pdb bdb timeit cProfile profile trace doctest pip ensurepip urllib urllib2 http httplib requests aiohttp ' +
    'ftplib telnetlib smtplib asyncio multiprocessing threading _thread signal tempfile pickle _pickle cPickle ' +
    'pickletools dill cloudpickle joblib imp pkgutil zipimport platform ssl pydoc xmlrpc concurrent idlelib ' +
    'lib2to3 distutils venv test _io _posixsubprocess _osx_support _aix_support _pyrepl posixpath ntpath glob ' +
    'fileinput linecache gc inspect popen2 pexpect paramiko fabric sh'
  ).split(' '),
);

/** Packages of libraries in which text becomes code. */
const alarmPackages = [
  'torch.hub',
  'torch.utils.bottleneck',
  'torch.utils.collect_env',
  'torch.utils.cpp_extension',
  'torch.utils._config_module',
  'torch._dynamo',
  'torch._inductor',
  'torch.package',
  'torch.fx.experimental',
  'torch.jit.unsupported_tensor_ops',
  'numpy.f2py',
  'numpy.distutils',
  'numpy.testing._private',
  'logging.config',
];

const alarmNames = new Set([
  ...(
    'eval exec execfile compile open file __import__ input breakpoint globals locals vars getattr setattr delattr ' +
    'apply reload help'
  )
    .split(' ')
    .map((name) => `builtins.${name}`),
  ...['operator', '_operator'].flatMap((module) =>
    ['attrgetter', 'methodcaller', 'call'].map((name) => `${module}.${name}`),
  ),
  'functools.partial',
  'functools.partialmethod',
  'functools.reduce',
  'types.FunctionType',
  'types.CodeType',
  'types.LambdaType',
  'torch.load',
  'torch.serialization.load',
  'torch.jit.load',
  'torch.compile',
  'torch.utils.data.datapipes.utils.decoder.basichandlers',
  'numpy.load',
  'uuid._get_command_stdout',
  'io.open',
  'io.open_code',
  'io.FileIO',
  'codecs.open',
  'site.addsitedir',
]);

/** From protocol 4 a name may lead through attributes: `torch.serialization` has one that is the module `os`. */
const alarmAttributes = new Set(
  (
    'os posix nt subprocess sys shutil socket pty runpy importlib ctypes marshal builtins __builtins__ __globals__ ' +
    '__subclasses__ __code__ __import__'
  ).split(' '),
);

/** How much a name that a pickle would import should alarm. */
export function severityOf(path: string): GlobalSeverity {
  if (known.has(path)) return 'known';
  const [module = '', ...attributes] = path.split('.');
  const isAlarm =
    alarmModules.has(module) ||
    alarmNames.has(path) ||
    attributes.some((name) => alarmAttributes.has(name)) ||
    alarmPackages.some((name) => path.startsWith(`${name}.`));
  if (isAlarm) return 'alarm';
  return knownPatterns.some((pattern) => pattern.test(path)) ? 'known' : 'warn';
}

const python2Modules: ReadonlyMap<string, string> = new Map([
  ['__builtin__', 'builtins'],
  ['copy_reg', 'copyreg'],
]);

/** Module and name as one path; modules that Python 3 renamed under their present name. */
export function globalPath(module: string, name: string): string {
  return `${python2Modules.get(module) ?? module}.${name}`;
}
