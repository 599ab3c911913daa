/** The prompt of an example: what was quoted from other files, each under its path as a comment, then the text before the cursor. */

interface Comment {
  open: string;
  close?: string;
}

/** Comment syntax by language, as editors name languages (VS Code language ids); those not listed use `//`. */
const COMMENTS = new Map<string, Comment>();
const define = (comment: Comment, languages: string): void =>
  languages.split(' ').forEach((language) => COMMENTS.set(language, comment));
define(
  { open: '#' },
  'python ruby shellscript shell bash sh zsh fish perl perl6 raku r julia elixir yaml toml makefile make dockerfile cmake ' +
    'powershell tcl nim crystal coffeescript properties dotenv ignore gitignore terraform hcl awk graphql nix starlark bazel ' +
    'gdscript jupyter ipynb robotframework puppet',
);
define({ open: '--' }, 'sql plsql mysql postgres haskell lua elm ada vhdl purescript applescript idris agda');
define({ open: '%' }, 'latex tex bibtex erlang matlab octave prolog postscript');
define(
  { open: ';' },
  'clojure lisp commonlisp scheme racket emacs-lisp elisp ini asm asm-intel-x86-generic llvm autohotkey',
);
define({ open: '!' }, 'fortran FortranFreeForm fortran-modern');
define({ open: "'" }, 'vb vba vbscript visualbasic basic');
define({ open: '"' }, 'vim viml');
define({ open: 'REM' }, 'bat batch');
define({ open: '<!--', close: '-->' }, 'html xml xhtml xsl svg markdown md mdx vue svelte astro handlebars razor');
define({ open: '/*', close: '*/' }, 'css');
define({ open: '(*', close: '*)' }, 'ocaml sml coq pascal objectpascal');
define({ open: '{{/*', close: '*/}}' }, 'gotmpl helm');
define({ open: '*>' }, 'cobol');
const SLASHES: Comment = { open: '//' };

/** A path as one comment line in the language, without line break: `// Path: src/b.ts`. */
export function pathLine(path: string, language: string): string {
  const { open, close } = COMMENTS.get(language.toLowerCase()) ?? SLASHES;
  // A line break would let a path leave the comment, and so would the comment's end.
  let safe = path.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  if (close) safe = safe.replaceAll(close, ' ');
  return close ? `${open} Path: ${safe} ${close}` : `${open} Path: ${safe}`;
}

/** The context pieces, each under its path line and ending in a line break; pieces without text are left out. */
export function contextBlock(context: readonly { path: string; text: string }[], language: string): string {
  let block = '';
  for (const { path, text } of context) {
    if (text === '') continue;
    if (path !== '') block += `${pathLine(path, language)}\n`;
    block += text.endsWith('\n') ? text : `${text}\n`;
  }
  return block;
}

/** Context pieces, then the prefix. */
export function promptOf(example: {
  context: readonly { path: string; text: string }[];
  prefix: string;
  language: string;
}): string {
  return contextBlock(example.context, example.language) + example.prefix;
}
