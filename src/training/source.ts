/** The grammars that RegLens has. */
export type LanguageId = 'python' | 'javascript' | 'typescript' | 'tsx';

/** A node of the syntax tree, copied out of WebAssembly: it stays valid and needs no deletion. */
export interface SyntaxNode {
  /** The grammar's name: `call`, `argument_list`, `(` … */
  readonly type: string;
  /** Its role in the parent: `function`, `arguments`, `left` … */
  readonly field: string | undefined;
  /** False for punctuation and keywords. */
  readonly isNamed: boolean;
  readonly start: number;
  readonly end: number;
  readonly parent: SyntaxNode | undefined;
  /** Children with their punctuation and comments. */
  readonly children: readonly SyntaxNode[];
  /** Whether the parser found an error in here. */
  readonly hasError: boolean;
}

/** A parsed file of training code: plain data, bound to its text. */
export interface Source {
  readonly language: LanguageId;
  readonly text: string;
  readonly root: SyntaxNode;
}
