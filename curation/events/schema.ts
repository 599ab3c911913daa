/** The JSON Schema of `garner.event/1` for producers. config/schemas/event.schema.json is this object, written out. */
import { EVENT_TYPES, PLANS } from './event.ts';

/** The kinds of reason an outcome may give. */
export const OUTCOME_REASONS = ['superseded', 'focus_lost', 'cancelled', 'escape'] as const;

const required = (description: string) => ({ type: 'string', minLength: 1, description });
const text = (description: string) => ({ type: ['string', 'null'], description });
const count = (description: string) => ({ type: ['integer', 'null'], minimum: 0, description });
const amount = (description: string) => ({ type: ['number', 'null'], minimum: 0, description });
const share = (description: string) => ({ type: ['number', 'null'], minimum: 0, maximum: 1, description });
const flag = (description: string) => ({ type: ['boolean', 'null'], description });

const REPOSITORY = {
  type: ['object', 'null'],
  description: 'A repository: a remote, a numeric id of its host, or both; where both are given they must agree.',
  properties: {
    url: text(
      'The remote in any form git takes. Credentials in it are dropped. Without a host the repository is unknown.',
    ),
    id: {
      type: ['integer', 'null'],
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "The host's own number of the repository, which outlives renames.",
    },
  },
} as const;

export const EVENT_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:garner:event:1',
  title: 'garner.event/1',
  description:
    'One thing that happened to one suggestion of a code assistant; one JSON object a line (JSON Lines, UTF-8). A field that is null is absent. Unknown fields are dropped. Bounds beside this schema: a record is at most 8 MiB and nests at most 64 deep; a name occurs once in an object; strings hold no half surrogate pairs.',
  type: 'object',
  required: ['id', 'type', 'time', 'suggestionId', 'user'],
  properties: {
    id: required(
      'Identifies this event. The same user, suggestion and id with the same content is a duplicate; with other content both are rejected.',
    ),
    type: {
      type: 'string',
      enum: [...EVENT_TYPES],
      description:
        'generated: the model answered. shown: displayed, again for every time. accepted: taken whole. partially_accepted: taken up to acceptedLength. rejected: refused by the user. ignored: went away with no decision of the user. captured: the code that stood there later. retained: how much of an accepted suggestion was left later.',
    },
    time: {
      type: 'string',
      format: 'date-time',
      description:
        'When it happened: RFC 3339, years 2015 to 2100, no leap seconds. Finer fractions than milliseconds are cut.',
    },
    suggestionId: required('Joins the events of one suggestion.'),
    requestId: text('Joins the suggestions of one request to the model.'),
    choiceIndex: count('Which of the answers to one request this is, from 0.'),
    user: {
      type: 'object',
      required: ['id'],
      description: 'Who was shown the suggestion.',
      properties: {
        id: required('The account, as in the consent facts, letter case included.'),
        deviceId: text('The installation. It identifies no user, but binds contributions of one device together.'),
        plan: {
          type: ['string', 'null'],
          enum: [...PLANS, null],
          description: 'The plan at the event. Where the facts say otherwise the stricter holds.',
        },
      },
    },
    client: {
      type: ['object', 'null'],
      description: 'What the suggestion was shown in.',
      properties: {
        ide: text('vscode, intellij, neovim, …'),
        ideVersion: text('Version of the editor.'),
        extension: text('copilot, continue, tabby, …'),
        extensionVersion: text('Version of the extension.'),
      },
    },
    repository: REPOSITORY,
    workspaceRepositories: {
      type: ['array', 'null'],
      maxItems: 1_000,
      items: { type: 'string' },
      description: 'Remotes open in the workspace. Where `repository` is absent the most restrictive of them decides.',
    },
    document: {
      type: ['object', 'null'],
      description: 'The file in which the suggestion was made.',
      properties: {
        path: text('Relative to the root of the repository, at most 4,096 bytes.'),
        language: text('Language id of the editor, such as typescript.'),
        gitMode: {
          type: ['string', 'null'],
          pattern: '^[0-7]{5,6}$',
          description: 'Mode in the git tree: 100644, 100755; 120000 is a link, 160000 a submodule.',
        },
      },
    },
    position: count('Offset of the cursor in the document, in UTF-16 units.'),
    prompt: {
      type: ['object', 'null'],
      description: 'What the model was given.',
      properties: {
        prefix: text('The document before the cursor, and nothing of other files.'),
        suffix: text('The document after the cursor.'),
        context: {
          type: ['array', 'null'],
          maxItems: 10_000,
          description: 'Text quoted from other places, each judged by its own origin.',
          items: {
            type: 'object',
            required: ['text'],
            properties: {
              path: text('Where the text stands, relative to the root of its repository.'),
              repository: {
                ...REPOSITORY,
                description: `${REPOSITORY.description} Absent: that of the document.`,
              },
              text: { type: 'string', description: 'The quoted text.' },
            },
          },
        },
      },
    },
    completion: text('The suggested text, whole.'),
    model: text('Name of the model.'),
    strategy: text('Name of the arm of an experiment, or of the way the prompt was built.'),
    latencyMs: amount('From the request to the answer, in milliseconds.'),
    displayProbability: share(
      'Probability with which the client chose to show the suggestion; for inverse propensity weights.',
    ),
    displayedMs: amount('For how long the suggestion had been displayed at this event, in milliseconds.'),
    acceptedLength: count(
      'Taken so far, in UTF-16 units from the start of the completion: cumulative, not a difference.',
    ),
    typedShare: share('Share of the completion that the user typed as suggested.'),
    typingDisagreed: flag('The user typed something that the suggestion did not start with.'),
    reason: {
      type: ['string', 'null'],
      enum: [...OUTCOME_REASONS, null],
      description:
        'Why it went away. superseded: another suggestion took its place. focus_lost: the editor lost the focus. cancelled: the request was given up. escape: the user dismissed it by a key.',
    },
    capturedCode: text('What stands at the place of the suggestion after `afterSeconds`.'),
    capturedFrom: count('Where in capturedCode the part that answers to the suggestion begins, in UTF-16 units.'),
    capturedTo: count('Where it ends, exclusive.'),
    afterSeconds: amount('Time since the outcome at which code was captured or retention checked, in seconds.'),
    editDistance: share('Distance of what is left to what was accepted: 0 untouched, 1 gone.'),
    branchChanged: flag('The branch was changed between the accept and this check.'),
  },
} as const;
