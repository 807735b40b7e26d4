/** The low-level module of h5wasm: each call of the factory makes an HDF5 library of its own, with its own memory. */
declare module '*/h5wasm/dist/esm/hdf5_util.js' {
  export default function createLibrary(options: {
    noInitialRun: boolean;
    print: (text: string) => void;
    printErr: (text: string) => void;
    // A declaration for a path pattern can name a type of ours in no other way.
    // eslint-disable-next-line @typescript-eslint/consistent-type-imports
  }): Promise<import('./library').Hdf5Library>;
}
