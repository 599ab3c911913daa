/** Signed checkpoints: what is refused, and what a verifier learns from one. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  formatCheckpoint,
  formatNoteKey,
  openNote,
  parseCheckpoint,
  parseNoteKey,
  signCheckpoint,
  signNote,
  verifyCheckpoint,
} from '../../../../curation/proof/log/checkpoint.ts';
import { merkleRoot } from '../../../../curation/proof/log/merkle.ts';

const log = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const key = parseNoteKey(formatNoteKey('garner.example/audit', log.publicKey));
const otherKey = parseNoteKey(formatNoteKey('witness.example', other.publicKey));
const checkpoint = {
  origin: 'garner.example/audit',
  size: 3,
  root: merkleRoot([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')]),
};
const note = signCheckpoint(checkpoint, log.privateKey);

describe('signed checkpoints', () => {
  it('has the lines of a tlog-checkpoint in a signed note', () => {
    const lines = note.split('\n');
    expect(lines.slice(0, 4)).toEqual(['garner.example/audit', '3', checkpoint.root.toString('base64'), '']);
    expect(lines[4]).toMatch(/^— garner\.example\/audit [A-Za-z0-9+/]+=*$/u);
    // Four bytes of key id and 64 of signature.
    expect(Buffer.from(lines[4]!.split(' ')[2]!, 'base64')).toHaveLength(68);
    expect(note.endsWith('\n')).toBe(true);
  });

  it('is read back by who knows the key', () => {
    expect(verifyCheckpoint(note, [otherKey, key])).toEqual(checkpoint);
    const more = { ...checkpoint, extensions: ['window 2026-05-01'] };
    expect(verifyCheckpoint(signCheckpoint(more, log.privateKey), [key])).toEqual(more);
  });

  it.each([
    ['another size', note.replace('\n3\n', '\n2\n'), 'forged'],
    ['another root', note.replace(checkpoint.root.toString('base64'), merkleRoot([]).toString('base64')), 'forged'],
    ['an added line', note.replace('\n\n', '\nmore\n\n'), 'forged'],
    ['no signature', note.slice(0, note.indexOf('\n\n') + 2), 'malformed'],
    ['a cut signature', note.slice(0, -10), 'malformed'],
    ['a hyphen for the dash', note.replace('\u2014', '-'), 'malformed'],
    ['carriage returns', note.replaceAll('\n', '\r\n'), 'malformed'],
  ])('refuses %s', (_, changed, kind) => {
    expect(changed).not.toBe(note);
    expect(() => verifyCheckpoint(changed, [key])).toThrow(
      expect.objectContaining({ name: 'NoteFault', kind }) as Error,
    );
  });

  it('says that the signer is unknown, and does not let a witness speak for the log', () => {
    const unknown = expect.objectContaining({ kind: 'unknown_signer' }) as Error;
    expect(() => verifyCheckpoint(note, [otherKey])).toThrow(unknown);
    const witnessed = signNote(formatCheckpoint(checkpoint), 'witness.example', other.privateKey);
    expect(openNote(witnessed, [otherKey]).signers).toEqual(['witness.example']);
    expect(() => verifyCheckpoint(witnessed, [otherKey])).toThrow(unknown);
  });

  it('passes over signatures of unknown keys, but not over a false one of a known key', () => {
    const extra = signNote(formatCheckpoint(checkpoint), 'witness.example', other.privateKey).split('\n\n')[1]!;
    expect(verifyCheckpoint(note + extra, [key])).toEqual(checkpoint);
    const foreign = signNote('other text\n', 'witness.example', other.privateKey).split('\n\n')[1]!;
    expect(() => verifyCheckpoint(note + foreign, [key, otherKey])).toThrow(/changed or forged/);
  });

  it('does not let a line break make another checkpoint', () => {
    expect(() => formatCheckpoint({ ...checkpoint, origin: 'a\n9' })).toThrow(/without breaks/);
    expect(() => formatCheckpoint({ ...checkpoint, extensions: [''] })).toThrow(/without breaks/);
    expect(() => parseCheckpoint(`a\n03\n${checkpoint.root.toString('base64')}\n`)).toThrow(/no checkpoint/);
  });

  it('binds the name to the key', () => {
    const text = formatNoteKey('garner.example/audit', log.publicKey);
    expect(() => parseNoteKey(text.replace('garner', 'garmer'))).toThrow(/does not fit/);
    expect(() => signNote('x\n', 'a name', log.privateKey)).toThrow(/no spaces/);
  });
});
