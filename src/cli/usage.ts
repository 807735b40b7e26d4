/** The command was called wrongly; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `RegLens reads what regularization left in the weights of saved models.

  reglens inspect FILE… [options]
  reglens compare A B [options]
  reglens manifest FILE        a checkpoint as text, for a diff of two
  reglens metrics [--json]     what every number means

  --json             the whole report (an array of reports for several files)
  --markdown         a table for a pull request
  --csv              one line a layer, one column a metric
  --layers GLOB      only layers whose name matches: "features.*"
  --metrics IDS      only these metrics, separated by commas: zero.frac,OI_row
  --output FILE      write there instead of to the terminal
  --budget SECONDS   computing time for Gram matrices and spectra (default 600)
  --threads N        threads that measure (default: one a core, up to 4)
  --backend NAME     auto, wasm, tensorflow or typescript (default auto)
  --tensorflow DIR   where @tensorflow/tfjs-node is installed
  --help, --version

  compare: table, --json or --markdown; --layers, --output, --budget, --threads as above
  --sort WHAT        the largest first: relative (default), frobenius, cosine, largest,
                     changed, rank, or the id of a metric
  --fail-on-change X exit 1 when a layer's ‖ΔW‖/‖W‖ exceeds X

  Exit codes: 0 fine, 1 a file could not be read, 2 bad usage
`;
