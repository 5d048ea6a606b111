import { useEffect, useRef, useState } from 'preact/hooks';
import type { Claim } from '../../workflows/messages.js';
import { ApiRefusal } from './api-answers.js';
import { newestClaim, renewalIsDue } from './claims.js';
import { useNow, useShared } from './context.js';

export type Holding =
  | { state: 'taking' }
  | { state: 'held'; claim: Claim }
  | { state: 'other'; claim: Claim }
  /** It ended by itself, as nobody worked. */
  | { state: 'lapsed' }
  /** The number could not be taken; codes may be tried all the same. */
  | { state: 'failed'; text: string };

const LOOK_MS = 15_000;

/**
 * Holds a number while its panel is open and somebody works, and gives it back when the panel is left.
 *
 * @param listed the claim that the list tells of
 * @param wanted false once there is nothing left to hold it for
 */
export function useClaim(
  phoneNumberId: string,
  listed: Claim | undefined,
  wanted: boolean,
): { holding: Holding; take: (reason?: string) => Promise<boolean> } {
  const { api, me, signedIn } = useShared();
  const now = useNow();
  const [told, setTold] = useState<Claim>();
  const [failed, setFailed] = useState<string>();
  const open = useRef(true);
  const active = useRef(now);
  const claim = newestClaim(told, listed);
  const lasts = claim !== undefined && Date.parse(claim.until) > now;
  const mine = lasts && claim.by === me.name;
  const latest = useRef({ claim, mine, now, wanted });
  latest.current = { claim, mine, now, wanted };

  async function take(reason?: string): Promise<boolean> {
    try {
      const held = await api.claim(phoneNumberId, reason);
      if (!open.current) giveBack();
      setTold(held);
      setFailed(undefined);
      return true;
    } catch (error) {
      const holder = error instanceof ApiRefusal ? error.problem.claim : undefined;
      if (holder === undefined) setFailed(error instanceof Error ? error.message : String(error));
      else {
        setTold(holder);
        setFailed(undefined);
      }
      return false;
    }
  }

  // A claim that cannot be given back ends by itself some minutes later.
  const giveBack = () => void api.release(phoneNumberId).catch(() => undefined);

  useEffect(() => {
    // Where the list tells that somebody else holds it, there is nothing to ask for.
    if (signedIn && !(lasts && !mine)) void take();
  }, [phoneNumberId, signedIn]);

  useEffect(() => {
    open.current = true;
    const leave = () => {
      if (latest.current.mine && latest.current.wanted) giveBack();
    };
    window.addEventListener('pagehide', leave);
    return () => {
      open.current = false;
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [phoneNumberId]);

  useEffect(() => {
    if (!signedIn || !wanted) return;
    const look = () => {
      const current = latest.current;
      if (current.mine && current.claim !== undefined) {
        if (renewalIsDue(current.claim, current.now, active.current)) void take();
      }
    };
    const onActivity = () => {
      active.current = latest.current.now;
      const { claim: last, mine: still, now: at } = latest.current;
      const lapsed = last !== undefined && last.by === me.name && Date.parse(last.until) <= at;
      if (lapsed && !still) void take();
    };
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener('keydown', onActivity);
    document.addEventListener('pointerdown', onActivity);
    return () => {
      clearInterval(timer);
      document.removeEventListener('keydown', onActivity);
      document.removeEventListener('pointerdown', onActivity);
    };
  }, [phoneNumberId, signedIn, wanted]);

  return { holding: holdingOf(), take };

  function holdingOf(): Holding {
    if (lasts) return { state: mine ? 'held' : 'other', claim };
    if (failed !== undefined) return { state: 'failed', text: failed };
    return claim === undefined || told === undefined ? { state: 'taking' } : { state: 'lapsed' };
  }
}
