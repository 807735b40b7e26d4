/** Where the command line writes, and what it may use there. */
export interface Terminal {
  out(text: string): unknown;
  err(text: string): unknown;
  /** Whether progress may be drawn on the error stream. */
  readonly isTerminal: boolean;
  readonly hasColours: boolean;
  /** Width of the output, if it is a terminal. */
  readonly columns: number | undefined;
}
