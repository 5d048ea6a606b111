import type { ProblemReport } from '../../../workflows/messages.js';
import { CopyText } from './copy-text.js';
import { Icon } from './icons.js';

/** What is wrong, in Meta's words where they are, what Meta's support asks for, and what to do about it. */
export function ProblemFacts({ problem, parked }: { problem: ProblemReport; parked: boolean }) {
  const { text, advice, code, subcode, fbtraceId } = problem;
  return (
    <section class={parked ? 'card card-warn' : 'card card-bad'} aria-labelledby="facts-problem">
      <h2 id="facts-problem">
        <Icon name="warn" /> Problem
      </h2>
      <p class="problem-text">{text}</p>
      <p>
        <b>What to do:</b> {advice}
      </p>
      {(code !== undefined || fbtraceId !== undefined) && (
        <div class="problem-source">
          {code !== undefined && (
            <CopyText
              label="Meta’s code"
              text={subcode === undefined ? `${code}` : `${code}/${subcode}`}
            />
          )}
          {fbtraceId !== undefined && <CopyText label="fbtrace_id" text={fbtraceId} />}
        </div>
      )}
    </section>
  );
}
