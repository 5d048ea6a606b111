/** I4: no PIN and no token in anything that Temporal, a log or a person sees; a code only where it is handed on. */
import { secretSearch, textsIn } from '../../../demo/secret-search.js';
import type { OnboardingProgress } from '../../../workflows/messages.js';
import { Violation } from '../driver/violation.js';
import type { InvariantRule } from './scene.js';

export const secretsStaySecret: InvariantRule = (scene) => {
  const { phoneNumberId, meta, store, temporal, logs } = scene;

  function secrets(): { never: string[]; codes: string[] } {
    const pins = store.document?.versions.map(({ pin }) => pin) ?? [];
    const { pin } = meta.meta.number(phoneNumberId);
    return {
      never: [...pins, meta.meta.token, ...(pin === undefined ? [] : [pin])],
      codes: meta.meta
        .codes(phoneNumberId)
        .map(({ code }) => code)
        .filter((code) => !/^00|0$/.test(code)), // as a small number, or a duration in milliseconds, may look
    };
  }

  function search(where: string, value: unknown, wanted: string[]): void {
    const found = secretSearch(wanted);
    for (const { path, text } of textsIn(ofThisRealm(value))) {
      const [first] = found(text);
      if (first !== undefined) {
        throw new Violation('I4', `a secret (${first.form}) stands in ${where}, at ${path}`);
      }
    }
  }

  const shown = (progress: OnboardingProgress | undefined, details?: string) => {
    const { never, codes } = secrets();
    search('what a run shows', { progress, details }, [...never, ...codes]);
  };

  return {
    onIdle: (_, progress, details) => shown(progress, details),
    onRunEnd: (_, progress) => shown(progress),
    atEnd() {
      const { never, codes } = secrets();
      search('a log', logs, [...never, ...codes]);
      for (const { committed, end, input } of temporal.runs) {
        search('a history', committed, never);
        search('the end or the start of a run', { end, input }, [...never, ...codes]);
      }
    },
  };
};

/** The value with its bytes as bytes: those from the sandbox are of a class of its own. */
function ofThisRealm(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (Array.isArray(value)) return value.map(ofThisRealm);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, ofThisRealm(each)]));
}
