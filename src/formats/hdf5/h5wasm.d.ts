/** The low-level module of h5wasm: each call of the factory makes an HDF5 library of its own, with its own memory. */
declare module '*/h5wasm/dist/esm/hdf5_util.js' {
  import type { Hdf5Library } from './library';

  export default function createLibrary(options: {
    noInitialRun: boolean;
    print: (text: string) => void;
    printErr: (text: string) => void;
  }): Promise<Hdf5Library>;
}
