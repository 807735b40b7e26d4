import { RemoteError } from '../protocol/rpc';
import type { Failure } from '../protocol/viewApi';

/** What the page says of an error: the file's fault with place and remedy, or our own with the log. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RemoteError && error.name === 'FormatError') {
    const { format, reason, byteOffset, remedy } = error.fields;
    return {
      title: typeof format === 'string' ? sentenceCase(format) : 'Not readable',
      message: typeof reason === 'string' ? sentenceCase(reason) : error.message,
      ...(typeof byteOffset === 'number' ? { byteOffset } : {}),
      ...(typeof remedy === 'string' ? { remedy } : {}),
      internal: false,
    };
  }
  return {
    title: 'Something went wrong',
    message: error instanceof Error ? error.message : String(error),
    internal: true,
  };
}

/** A failure that the host itself found. */
export function refusal(title: string, message: string, remedy: string): Failure {
  return { title, message, remedy, internal: false };
}

function sentenceCase(text: string): string {
  // Format names such as safetensors keep their case: only a sentence with a space begins with a capital.
  return text.includes(' ') ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
