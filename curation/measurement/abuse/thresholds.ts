/** From where on a signal counts, and how much it weighs. Starting points for a reviewer's queue, never for a verdict. */

export interface AbuseThresholds {
  /** Acceptance over read impressions, and how many there must be. */
  acceptance: { share: number; impressions: number; weight: number };
  /** Coefficient of variation of the times between accepts below this; accepts at least. */
  regularity: { variation: number; accepts: number; weight: number };
  /** Hours without a gap of so many minutes. */
  tireless: { hours: number; gapMinutes: number; weight: number };
  /** Slots of so many minutes in which two devices or more were at work. */
  concurrent: { slots: number; slotMinutes: number; weight: number };
  /** Share of suggestions from clients that are not named. */
  clients: { known: string[]; share: number; suggestions: number; weight: number };
  /** The same prompt template so often. */
  templates: { repeats: number; weight: number };
  /** Suggestions with secrets in them. */
  secrets: { suggestions: number; weight: number };
  /** Share of a repository's suggestions, or of the accepts of one text, that are one user's, and how many there must be. */
  dominance: { share: number; suggestions: number; weight: number };
  /** Sum of weights from which somebody comes into the queue. */
  score: number;
}

export const DEFAULT_ABUSE: AbuseThresholds = {
  acceptance: { share: 0.95, impressions: 200, weight: 1 },
  regularity: { variation: 0.1, accepts: 50, weight: 1 },
  tireless: { hours: 24, gapMinutes: 60, weight: 1 },
  concurrent: { slots: 12, slotMinutes: 5, weight: 1 },
  clients: {
    known: ['vscode', 'visualstudio', 'intellij', 'jetbrains', 'neovim', 'vim', 'xcode', 'eclipse', 'emacs', 'zed'],
    ...{ share: 0.5, suggestions: 50, weight: 0.5 },
  },
  templates: { repeats: 100, weight: 1 },
  secrets: { suggestions: 10, weight: 1 },
  dominance: { share: 0.8, suggestions: 200, weight: 0.5 },
  score: 1,
};
