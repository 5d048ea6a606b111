/** What an error says, as one line. */
export function oneSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (
    text
      .replace(/^error: /, '')
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim() || 'Something unknown went wrong.'
  );
}

/** Six digits in arguments that make no sense may be a code or a PIN in the wrong place: no message repeats them. */
export function hideSixDigits(text: string): string {
  return text.replaceAll(/(?<![0-9])[0-9](?:[ -]?[0-9]){5}(?![0-9])/g, '[hidden]');
}
