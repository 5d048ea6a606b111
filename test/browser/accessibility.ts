/** What axe-core says of a page. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is read of axe's answer. */
interface Violation {
  id: string;
  impact: string | null;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** Controls that are big enough to hit are a rule of WCAG 2.2, which axe leaves off unless asked. */
const OPTIONS = {
  resultTypes: ['violations'],
  rules: { 'target-size': { enabled: true } },
};

const GRAVE = ['serious', 'critical'];

/**
 * The serious and critical violations of a page as it is now, a line each. The source is evaluated by the debugger, which the
 * page's content security policy does not hinder.
 */
export async function graveViolations(page: Page): Promise<string[]> {
  const isThere = await page.evaluate<boolean>('typeof axe !== "undefined"');
  if (!isThere) await page.evaluate(await axeSource);
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, ${JSON.stringify(OPTIONS)}).then((answer) => answer.violations)`,
  );
  return violations
    .filter(({ impact }) => impact !== null && GRAVE.includes(impact))
    .flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ target, failureSummary = '' }) =>
          `${id}: ${help}: ${target.join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`,
      ),
    );
}
