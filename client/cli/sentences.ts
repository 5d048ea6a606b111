/** A secret key of age, whole or in part. */
const SECRET_KEY = /AGE-SECRET-KEY-[0-9a-z-]*/gi;

/** What an error says, as one line. Whatever quotes a secret key that came in the wrong place does not tell it. */
export function oneSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (
    text
      .replace(/^error: /, '')
      .replaceAll(/\s*\n\s*/g, ' ')
      .replaceAll(SECRET_KEY, '[hidden]')
      .trim() || 'Something unknown went wrong.'
  );
}

/** Is a secret key where something else was to be given? */
export const holdsSecretKey = (text: string) => text.search(SECRET_KEY) !== -1;

/** Six digits in arguments that make no sense may be a code or a PIN in the wrong place: no message repeats them. */
export function hideSixDigits(text: string): string {
  return text.replaceAll(/(?<![0-9])[0-9](?:[ -]?[0-9]){5}(?![0-9])/g, '[hidden]');
}
