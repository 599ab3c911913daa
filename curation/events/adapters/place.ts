/** Where a foreign record says its text stands, in the terms of the canonical event. */

/** `%2e`, `%2f`, `%5c`, however often encoded: such a URI stays as it is, so that the path rules see it. */
const HIDDEN_SEPARATOR = /%(?:25)*(?:2e|2f|5c)/i;

/**
 * Paths and `file:` URIs below one of the roots become relative to it, the deepest root first; everything else is returned as it is, and
 * the path rules say what is wrong with it.
 * @param roots folders, as absolute paths or `file:` URIs
 */
export function relativePath(path: string, roots: readonly string[]): string {
  const absolute = absolutePath(path);
  if (absolute === null) return path;
  let deepest = '';
  for (const root of roots) {
    const folder = absolutePath(root)?.replace(/\/+$/, '');
    if (folder !== undefined && folder.length > deepest.length && absolute.startsWith(`${folder}/`)) deepest = folder;
  }
  return deepest === '' ? path : absolute.slice(deepest.length + 1);
}

/** `/home/u/a.ts` or `/c:/u/a.ts`, with `/` as separator, or null for what is not absolute on this computer. */
function absolutePath(path: string): string | null {
  if (/^file:/i.test(path)) {
    const rest = /^file:(?:\/\/(?:localhost)?)?(\/[^/?#][^?#]*)$/i.exec(path)?.[1];
    if (rest === undefined || HIDDEN_SEPARATOR.test(rest)) return null;
    try {
      return lowerDrive(decodeURIComponent(rest).replaceAll('\\', '/'));
    } catch {
      return null;
    }
  }
  const slashed = path.replaceAll('\\', '/');
  if (/^[A-Za-z]:\//.test(slashed)) return lowerDrive(`/${slashed}`);
  return /^\/[^/]/.test(slashed) ? slashed : null;
}

function lowerDrive(path: string): string {
  return /^\/[A-Z]:\//.test(path) ? `/${path[1]!.toLowerCase()}${path.slice(2)}` : path;
}

/** A remote `owner/repo` that lost its host: with a host from the policy it is a URL, without it stays as it is, and is unknown. */
export function remoteOf(repository: string, host: string | undefined): string {
  const hostless = /^[^/:@\s.]+(?:\/[^/:@\s]+)+$|^[^/:@\s]+\/[^/:@\s]+$/.test(repository);
  return host !== undefined && hostless ? `https://${host}/${repository}` : repository;
}

export interface Client {
  ide?: string;
  ideVersion?: string;
  extension?: string;
  extensionVersion?: string;
}

/** How editors call themselves in user agents, and their ids. */
const EDITORS: readonly (readonly [RegExp, string])[] = [
  [/visual studio code|^vscode|vscodium/i, 'vscode'],
  [/^cursor$/i, 'cursor'],
  [/jetbrains|intellij|pycharm|webstorm|goland|clion|rider|rubymine|phpstorm|android ?studio/i, 'intellij'],
  [/^n(?:eo)?vim/i, 'neovim'],
  [/^vim/i, 'vim'],
  [/^emacs/i, 'emacs'],
  [/^eclipse/i, 'eclipse'],
  [/^visual ?studio$/i, 'visualstudio'],
];

/** A user agent such as `Visual Studio Code/1.100.0 (Continue/1.0.9)`. @param extension the id under which its part is looked for */
export function clientOf(userAgent: string | undefined, extension: string): Client {
  const client: Client = { extension };
  if (userAgent === undefined || userAgent.length > 1_000) return client;
  for (const [, product, version] of userAgent.matchAll(/([A-Za-z][\w .-]*)\/([\w.+-]+)/g)) {
    const name = product!.trim();
    const editor = EDITORS.find(([pattern]) => pattern.test(name))?.[1];
    if (name.toLowerCase().includes(extension)) client.extensionVersion ??= version!;
    else if (editor !== undefined && client.ide === undefined) {
      client.ide = editor;
      client.ideVersion = version!;
    }
  }
  return client;
}
