/** Words that carry a language's structure and are no names: they stay as they are where identifiers are evened out. */
import { lex } from './lexer.ts';

const WORDS = `
abstract and as assert async await begin boolean bool break byte case catch chan char class const constructor continue crate debugger def
default defer del delete do double elif else elsif end enum except export extends extern false final finally float fn for foreach from func
function global go goto if impl implements import in include inline instanceof int interface is lambda let local long loop match mod module
mut namespace new nil none None not null number object operator or override package pass private protected pub public raise range readonly
ref require return self short signed sizeof static str string struct super switch template then this throw throws trait true True False try
type typedef typename typeof undefined union unless unsafe unsigned until use using val var virtual void volatile when where while with yield
`;

const HASHES = new Set<number>();
for (const word of WORDS.trim().split(/\s+/)) HASHES.add(lex(word).hashes[0]!);

/** Whether a lexeme hash is that of a keyword of a common language. */
export function isKeyword(hash: number): boolean {
  return HASHES.has(hash);
}
