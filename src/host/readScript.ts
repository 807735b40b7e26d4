import type { LanguageId, ScriptFacts, TextEdit, TrainingApi } from '../training';

/** What can be changed in a script, by position in its facts. */
export type Change = { readonly kind: 'edits' | 'removal' | 'fix'; readonly index: number };

/** A text as the thread that reads training code gets it. */
export interface ReadText {
  readonly key: string;
  readonly language: LanguageId;
  readonly text: string;
}

/**
 * What was found in one state of a script, and the way to its edits. The thread keeps only the scripts that it read last, and none
 * after it has died: a text that nothing has replaced is then read again, which finds the same.
 */
export class ReadScript {
  private constructor(
    readonly facts: ScriptFacts,
    private readonly read: ReadText,
    private readonly thread: { readonly api: TrainingApi },
  ) {}

  static async of(read: ReadText, thread: { readonly api: TrainingApi }): Promise<ReadScript> {
    const { key, language, text } = read;
    return new ReadScript(await thread.api.facts(key, language, text), read, thread);
  }

  /**
   * Empty where the script has changed since.
   *
   * @param isCurrent whether this is the last state that was seen
   */
  async edits({ kind, index }: Change, isCurrent: () => boolean): Promise<readonly TextEdit[]> {
    const { key, language, text } = this.read;
    const known = await this.thread.api[kind](key, this.facts.revision, index);
    if (known || !isCurrent()) return known ?? [];
    const { revision } = await this.thread.api.facts(key, language, text);
    return (await this.thread.api[kind](key, revision, index)) ?? [];
  }
}
