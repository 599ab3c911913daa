export function cacheFolder(): string;
export function findServer(): string | null;
export function ensureServer(): Promise<void>;
