import { invalid } from '../input.js';

export type ConnectorKind = 'source' | 'destination';

/** The names that a new connector has in its places. */
export interface ConnectorNames {
  /** `my-shop`, the id of the connector. */
  readonly id: string;
  /** `@acme/millrace-connector-my-shop` */
  readonly package: string;
  /** `millrace-connector-my-shop`, the folder that is made. */
  readonly folder: string;
  /** `My shop` */
  readonly title: string;
}

const PREFIX = 'millrace-connector-';
const SHAPE = /^(?:@([a-z0-9][a-z0-9._-]*)\/)?(?:millrace-connector-)?([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/;
const LONGEST = 60;

/**
 * From what somebody types: `my-shop`, `millrace-connector-my-shop`, or either below a scope.
 * @throws MillraceError `request.invalid`
 */
export function connectorNames(text: string): ConnectorNames {
  const [, scope, id] = SHAPE.exec(text) ?? [];
  if (id === undefined || text.length > LONGEST)
    throw invalid(
      'name',
      `${text} cannot be the name of a connector.`,
      'Use small letters, digits and hyphens, such as my-shop or @acme/my-shop.',
    );
  const folder = `${PREFIX}${id}`;
  const title = `${id.charAt(0).toUpperCase()}${id.slice(1).replaceAll('-', ' ')}`;
  return { id, package: scope === undefined ? folder : `@${scope}/${folder}`, folder, title };
}
