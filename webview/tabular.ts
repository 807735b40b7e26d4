/** A chart's numbers as a table: what a screen reader reads and what is copied. */
export interface Tabular {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Tab-separated lines that a spreadsheet takes. Numbers are whole: rounding is for the eye. */
export function toTsv({ head, rows }: Tabular): string {
  const clean = (cell: string | number): string => String(cell).replace(/[\t\r\n]+/g, ' ');
  return [head, ...rows].map((row) => row.map(clean).join('\t')).join('\n');
}
