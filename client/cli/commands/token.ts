import type { Duration } from '@temporalio/common';
import { msOptionalToNumber } from '@temporalio/common/lib/time.js';
import { ConfigurationError } from '../../../configuration/configuration-error.js';
import { ROLES, type Role, SCOPE_NAMES, type Scope } from '../../api/scopes.js';
import { InvalidInputError } from '../../errors.js';
import { type AddCommand, examples } from '../command.js';
import { stackInUse } from '../connect-client.js';
import { EXIT } from '../exit-codes.js';
import { instantAndAge } from '../time-text.js';
import { wrapLines } from '../wrap.js';

interface TokenFlags {
  for: string;
  role?: string;
  scope?: string;
  labels?: string;
  numbers?: string;
  expires: string;
}

const LONGEST_MS = 31 * 24 * 3_600_000;
const LONGEST_NAME = 200;

export const addToken: AddCommand = (program, session, run) => {
  program
    .command('token')
    .summary('make a token for the console and the HTTP API')
    .description(
      'Print a token for the console and the HTTP API, signed with the local key of npm start and npm run api (api-key in the state folder). What it allows follows from a role or from scopes. Where an identity provider is configured, it makes the tokens.',
    )
    .requiredOption('--for <name>', 'whose token it is, as others see it; another for each person')
    .option('--role <role>', `${Object.keys(ROLES).join(', ')} (default: agent)`)
    .option('--scope <scopes>', 'scopes in place of a role, with commas between them')
    .option('--labels <labels>', 'only numbers with one of these labels, commas between them')
    .option('--numbers <ids>', 'only these phone number ids, commas between them')
    .option('--expires <duration>', 'how long it is good, at most 31 days', '12h')
    .addHelpText(
      'after',
      [
        `\nScopes:\n${SCOPE_NAMES.map((scope) => `  ${scope}\n`).join('')}`,
        examples(
          'npx wa-onboard token --for ana --role agent',
          'npx wa-onboard token --for ben --role operator --expires "5 days"',
          'npx wa-onboard token --for shop --scope onboarding:read --labels shop,outlet',
        ),
      ].join(''),
    )
    .action((flags: TokenFlags) =>
      run(async () => {
        const { name, scopes, labels, phoneNumberIds, expiresMs } = usableFlags(flags);
        const { api, stateDir } = session.configuration;
        if (api.jwks !== undefined) {
          throw new ConfigurationError(
            `API_JWKS_URL is set, so the API takes tokens of ${api.jwks.issuer} only; get one there, or unset the API_JWKS_URL, API_JWT_ISSUER and API_JWT_AUDIENCE that it has.`,
          );
        }
        const { localKey, signLocalToken } = await import('../../api/local-key.js');
        const now = session.terminal.now();
        const expiresAt = new Date(now.getTime() + expiresMs);
        const token = await signLocalToken(await localKey(stateDir), {
          ...{ name, nameClaim: api.nameClaim, scopes, issuedAt: now, expiresAt },
          ...(labels === undefined ? {} : { labels }),
          ...(phoneNumberIds === undefined ? {} : { phoneNumberIds }),
        });
        const apiUrl = stackInUse(session.configuration)?.apiUrl;
        session.answer([token], {
          ...{ token, name, scopes, expiresAt: expiresAt.toISOString() },
          ...(apiUrl === undefined ? {} : { apiUrl }),
        });
        if (!session.json) {
          const about = [
            `The token of ${name} is good until ${instantAndAge(expiresAt.toISOString(), now)}.`,
            ...(apiUrl === undefined ? [] : [`Sign in with it at ${apiUrl}`]),
          ];
          const lines = wrapLines(about, session.columns);
          session.terminal.stderr.write(lines.map((line) => `${line}\n`).join(''));
        }
        return EXIT.done;
      }),
    );
};

/** @throws InvalidInputError */
function usableFlags(flags: TokenFlags): {
  name: string;
  scopes: readonly Scope[];
  labels: string[] | undefined;
  phoneNumberIds: string[] | undefined;
  expiresMs: number;
} {
  const name = flags.for.trim();
  if (name === '' || name.length > LONGEST_NAME) {
    throw new InvalidInputError(`--for must be a name of at most ${LONGEST_NAME} characters.`);
  }
  const expiresMs = durationMs(flags.expires);
  if (expiresMs === undefined || expiresMs <= 0 || expiresMs > LONGEST_MS) {
    throw new InvalidInputError('--expires must be a duration such as "12h", at most 31 days.');
  }
  const phoneNumberIds = listed('--numbers', flags.numbers);
  if (phoneNumberIds?.every((id) => /^[0-9]{5,25}$/.test(id)) === false) {
    throw new InvalidInputError(
      '--numbers must be phone number ids, digits only, with commas between them.',
    );
  }
  return {
    ...{ name, expiresMs, phoneNumberIds },
    scopes: scopesOf(flags),
    labels: listed('--labels', flags.labels),
  };
}

function scopesOf({ role, scope }: TokenFlags): readonly Scope[] {
  if (role !== undefined && scope !== undefined) {
    throw new InvalidInputError('Give either --role or --scope.');
  }
  const scopes = listed('--scope', scope);
  if (scopes === undefined) {
    const known = role ?? 'agent';
    if (Object.hasOwn(ROLES, known)) return ROLES[known as Role];
    throw new InvalidInputError(`--role must be one of ${Object.keys(ROLES).join(', ')}.`);
  }
  const known = SCOPE_NAMES.filter((each) => scopes.includes(each));
  if (known.length < new Set(scopes).size) {
    throw new InvalidInputError(`--scope may hold ${SCOPE_NAMES.join(', ')}.`);
  }
  return known;
}

function listed(option: string, text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > 0) return items;
  throw new InvalidInputError(`${option} must name at least one; leave it out for no limit.`);
}

function durationMs(text: string): number | undefined {
  try {
    return msOptionalToNumber(text as Duration);
  } catch {
    return undefined; // not a duration
  }
}
