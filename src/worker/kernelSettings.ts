import { readKernelModules } from '../io/kernelModules';
import { loadTensorFlowModule } from '../io/tensorflowModule';
import { backendSettings, chooseBackend, type KernelChoice } from '../kernels';

/** Which backend is to run, and where its native library may be taken from. */
export interface KernelSettings {
  /** One of `backendSettings`; anything else counts as `auto`. */
  readonly backend: string;
  /** What the user set, or ''. */
  readonly tensorflowPath: string;
  /** Folders of the workspace whose TensorFlow may be loaded; none where it is not trusted. */
  readonly trustedFolders: readonly string[];
  /** Two elements of shared memory in which the threads tell one another what was faster. */
  readonly verdict: Int32Array;
}

/** @param folder of the bundle, where the WebAssembly modules lie */
export async function kernelsFor(
  folder: string,
  { backend, tensorflowPath, trustedFolders, verdict }: KernelSettings,
): Promise<KernelChoice> {
  const asked = backendSettings.find((name) => name === backend) ?? 'auto';
  return chooseBackend(asked, {
    modules: await readKernelModules(folder),
    // Its library takes some 200 MB in every thread: `auto` races with it only where the user has named one.
    loadTensorFlow: () =>
      asked === 'auto' && tensorflowPath === ''
        ? { reason: 'no TensorFlow is named' }
        : loadTensorFlowModule({ chosen: tensorflowPath, bundleFolder: folder, trustedFolders }),
    now: () => performance.now(),
    verdict,
  });
}
