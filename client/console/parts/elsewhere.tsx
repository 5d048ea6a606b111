import { useEffect, useState } from 'preact/hooks';
import type { Onboarding } from '../../api/schemas.js';
import { standText } from '../../cli/stand-text.js';
import { useShared } from '../context.js';
import { digitsOf, isPhoneLike, maskedText, titleOf } from '../number-names.js';
import { pathOf } from '../route.js';
import { onInnerLink } from './inner-link.js';

const LIMIT = '20';
const PAUSE_MS = 300;
const LEAST_LETTERS = 2;
const ID = /^[0-9]{5,25}$/;

/** What a search finds beside the lists: numbers at work by themselves, and those that have ended. */
export function Elsewhere({
  text,
  others,
  found,
}: {
  text: string;
  others: Onboarding[];
  /** How many the lists show. */
  found: number;
}) {
  const { api } = useShared();
  const [ended, setEnded] = useState<{ text: string; items: Onboarding[] }>();
  const wanted = text.trim();

  useEffect(() => {
    if (wanted.length < LEAST_LETTERS) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      const asked = isPhoneLike(wanted) ? digitsOf(wanted) : wanted;
      api.list({ run: 'ended', text: asked, limit: LIMIT }, abort.signal).then(
        ({ items }) => setEnded({ text: wanted, items }),
        () => setEnded({ text: wanted, items: [] }),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [api, wanted]);

  if (wanted === '') return null;
  const settled = ended?.text === wanted || wanted.length < LEAST_LETTERS;
  const items = [...others, ...(ended?.text === wanted ? ended.items : [])].slice(0, 50);
  const id = digitsOf(wanted);
  const known = items.some(({ phoneNumberId }) => phoneNumberId === id);
  return (
    <>
      <p class="quiet" role="status">
        {settled && found + items.length === 0 && `No number matches “${wanted}”.`}
      </p>
      {settled && found + items.length === 0 && isPhoneLike(wanted) && ID.test(id) && !known && (
        <p class="quiet">
          If it is Meta’s id of a number:{' '}
          <a href={pathOf(id)} onClick={onInnerLink({ phoneNumberId: id })}>
            open the page of {id}
          </a>
        </p>
      )}
      {items.length > 0 && (
        <section class="group" aria-labelledby="group-elsewhere">
          <h2 id="group-elsewhere" tabIndex={-1}>
            Elsewhere <span class="count">{items.length}</span>
          </h2>
          <ul class="rows" aria-label="Elsewhere">
            {items.map((item) => (
              <li class="row row-else" key={item.runId} data-number={item.phoneNumberId}>
                <div class="who-cell">
                  <a
                    class="row-main"
                    data-row
                    href={pathOf(item.phoneNumberId)}
                    onClick={onInnerLink({ phoneNumberId: item.phoneNumberId })}
                  >
                    {titleOf(item)}
                  </a>
                  <span class="who-more">
                    {maskedText(item) ?? item.phoneNumberId}
                    {item.businessName !== undefined && item.businessName !== titleOf(item) && (
                      <span class="business">{item.businessName}</span>
                    )}
                  </span>
                </div>
                <span class="tag">{standText(item)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
