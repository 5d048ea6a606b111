/**
 * Payloads taken raw. The SDK decodes a payload before it calls the workflow or a handler, and one that cannot be decoded
 * fails the workflow task again and again. Asking for the raw value moves the decoding in here, where it can be refused.
 */
import { defaultPayloadConverter, type RawValue, rawValueTypeInfo } from '@temporalio/common';
import type { Parsed } from './input.js';

/** Type information that asks for raw values. Ten of them, as the SDK decodes surplus arguments as well. */
export const RAW = { typeInfo: { inputTypes: Array.from({ length: 10 }, () => rawValueTypeInfo) } };

/** Decodes and parses a raw value; nothing at all where nothing was sent. */
export function readRaw<T>(
  raw: RawValue | undefined,
  parse: (value: unknown) => Parsed<T>,
): Parsed<T> {
  let value: unknown;
  try {
    value = raw === undefined ? undefined : defaultPayloadConverter.fromPayload(raw.payload);
  } catch {
    return { ok: false, sentence: 'The payload could not be decoded; send it as JSON.' };
  }
  return parse(value);
}
