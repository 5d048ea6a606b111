import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { sent, sentUnless } from './aws-errors.js';
import { versionIdFor } from './aws-pin-secret.js';

/**
 * May these credentials do what a PIN store needs, on secrets whose names begin so? Resolves when they may.
 *
 * AWS checks permissions before it looks for the secret: asked about one that is not there, it tells whether each action is
 * allowed and changes nothing. Only CreateSecret, DeleteSecret, ListSecretVersionIds and the KMS key are not asked about.
 */
export async function checkAccess(client: SecretsManagerClient, prefix: string): Promise<void> {
  const SecretId = `${prefix}access-check`;
  await sent('ListSecrets', `${prefix}*`, () =>
    client.send(
      new ListSecretsCommand({ MaxResults: 1, Filters: [{ Key: 'name', Values: [prefix] }] }),
    ),
  );
  const probes: [action: string, probe: () => Promise<{ ARN?: string | undefined }>][] = [
    ['DescribeSecret', () => client.send(new DescribeSecretCommand({ SecretId }))],
    ['GetSecretValue', () => client.send(new GetSecretValueCommand({ SecretId }))],
    [
      'PutSecretValue',
      () =>
        client.send(
          new PutSecretValueCommand({ SecretId, SecretString: '{}', VersionStages: ['CHECK'] }),
        ),
    ],
    [
      'UpdateSecretVersionStage',
      () =>
        client.send(
          new UpdateSecretVersionStageCommand({
            SecretId,
            VersionStage: 'CHECK',
            MoveToVersionId: versionIdFor('check'),
          }),
        ),
    ],
  ];
  await Promise.all(
    probes.map(([action, probe]) =>
      sentUnless(
        ['ResourceNotFoundException', 'InvalidParameterException'],
        action,
        SecretId,
        probe,
      ),
    ),
  );
}
