import type { VerdictText } from '../words.js';
import { CopyText } from './copy-text.js';
import { Icon, type IconName } from './icons.js';

const ICONS: Record<VerdictText['tone'], IconName> = { good: 'check', bad: 'cross', open: 'clock' };

/** What became of the code, also for those who do not see it. */
export function Verdict({ verdict }: { verdict: VerdictText | undefined }) {
  return (
    <>
      <div role="status" aria-label="Verdict" aria-atomic="true" class="verdict-place">
        {verdict !== undefined && (
          <div class="verdict" data-tone={verdict.tone}>
            <Icon name={ICONS[verdict.tone]} size={20} />
            <div>
              <p class="verdict-heading">{verdict.heading}</p>
              {verdict.lines.map((line) => (
                <p key={line}>{line}</p>
              ))}
            </div>
          </div>
        )}
      </div>
      {verdict?.fbtraceId !== undefined && <CopyText label="fbtrace_id" text={verdict.fbtraceId} />}
    </>
  );
}
