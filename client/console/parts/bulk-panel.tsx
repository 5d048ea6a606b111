import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Onboarding } from '../../api/schemas.js';
import { readBulkLines } from '../bulk-lines.js';
import type { LineOutcome } from '../bulk-run.js';
import { useShared, useStore } from '../context.js';
import { durationText } from '../time-texts.js';
import { notSentText, type VerdictText, verdictText } from '../words.js';
import { Icon } from './icons.js';

/** Takes pasted lines of numbers and codes, and shows what became of each. */
export function BulkPanel({ numbers, onClose }: { numbers: Onboarding[]; onClose: () => void }) {
  const { bulk, ticker } = useShared();
  const { running, lines: sent } = useStore(bulk.state);
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const read = useMemo(() => readBulkLines(text, numbers), [text, numbers]);
  useEffect(() => field.current?.focus(), []);

  function submit(): void {
    bulk.start([...read.ready]);
    // What needs attention stays, to be put right and sent.
    setText(read.faulty.map((line) => line.text).join('\n'));
  }

  const done = sent.filter(
    ({ outcome }) => outcome.state === 'answered' || outcome.state === 'notSent',
  );
  const verified = done.filter(
    ({ outcome }) => outcome.state === 'answered' && outcome.verdict.verdict === 'verified',
  );
  return (
    <section class="panel bulk" aria-label="Many codes">
      <header class="work-head">
        <h2>Many codes</h2>
        <p class="quiet">
          One number and its code a line, with a comma, semicolon, tab or blank between them. The
          number is its label, its last digits or Meta’s id.
        </p>
      </header>
      <form
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!running && read.ready.length > 0) submit();
        }}
      >
        <label class="field">
          <span>Numbers and codes</span>
          <textarea
            ref={field}
            class="bulk-text"
            rows={7}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder={'4567, 123-830\nAcme Berlin; 204 511'}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                event.currentTarget.form?.requestSubmit();
              } else if (event.key === 'Escape' && text !== '') {
                event.preventDefault();
                event.currentTarget.blur();
              }
            }}
          />
        </label>
        <p class="bulk-count">
          {read.ready.length} {read.ready.length === 1 ? 'line' : 'lines'} ready
          {read.faulty.length > 0 &&
            `, ${read.faulty.length} ${read.faulty.length === 1 ? 'needs' : 'need'} attention`}
        </p>
        {read.faulty.length > 0 && (
          <ul class="faults" aria-label="Lines to correct">
            {read.faulty.slice(0, 20).map(({ line, number, fault }) => (
              <li key={line}>
                {sent.length === 0 && <span class="fault-line">Line {line} </span>}
                {number !== '' && <b>{number}: </b>}
                {fault}
              </li>
            ))}
          </ul>
        )}
        <div class="work-leave">
          {running ? (
            <button type="button" class="button" onClick={() => bulk.stop()}>
              Stop
            </button>
          ) : (
            <button type="submit" class="button button-main" disabled={read.ready.length === 0}>
              Submit all
            </button>
          )}
          <button type="button" class="button" onClick={onClose}>
            Close{' '}
            <span class="key" aria-hidden="true">
              Esc
            </span>
          </button>
        </div>
      </form>
      <p role="status" aria-label="Progress" class="bulk-progress">
        {sent.length > 0 &&
          `${done.length} of ${sent.length} sent, ${verified.length} verified${running ? '' : '. Done.'}`}
      </p>
      {sent.length > 0 && (
        <table class="verdicts" aria-label="Verdicts">
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Number</th>
              <th scope="col">Verdict</th>
            </tr>
          </thead>
          <tbody>
            {sent.map(({ line, title, outcome }) => (
              <tr key={line}>
                <td>{line}</td>
                <td>{title}</td>
                <td>
                  <Outcome text={outcomeText(outcome, ticker.get())} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface OutcomeText {
  tone: VerdictText['tone'] | 'wait';
  heading: string;
  lines: readonly string[];
}

function Outcome({ text: { tone, heading, lines } }: { text: OutcomeText }) {
  return (
    <div class="outcome" data-tone={tone}>
      <b>
        {tone === 'good' && <Icon name="check" size={15} />}
        {tone === 'bad' && <Icon name="cross" size={15} />}
        {heading}
      </b>
      {tone !== 'good' && lines.length > 0 && <span> {lines.join(' ')}</span>}
    </div>
  );
}

function outcomeText(outcome: LineOutcome, now: number): OutcomeText {
  switch (outcome.state) {
    case 'inLine':
      return { tone: 'wait', heading: 'In line', lines: [] };
    case 'sending':
      return { tone: 'wait', heading: 'Sending…', lines: [] };
    case 'pausing':
      return {
        tone: 'wait',
        heading: 'In line',
        lines: [
          `The limit of codes a minute is reached; it goes on in ${durationText(outcome.ms)}.`,
        ],
      };
    case 'answered':
      return verdictText(outcome.verdict, now);
    case 'notSent':
      return notSentText(outcome.error);
  }
}
