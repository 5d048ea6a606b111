#!/usr/bin/env node
import pc from 'picocolors';
import { loadConfiguration } from '../../configuration/configuration.js';
import { EXIT } from './exit-codes.js';
import { runCommandLine } from './program.js';

process.once('SIGINT', () => process.exit(EXIT.interrupted));

// `wa-onboard list | head`: whoever reads has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  color: pc.isColorSupported && process.stdout.isTTY === true,
  now: () => new Date(),
  loadConfiguration: () => loadConfiguration(),
});
// A prompt or a pipe may leave standard input open.
process.stdin.unref?.();
