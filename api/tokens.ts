/**
 * Names under which controllers get their services. Explicit, so that injection does not depend on emitted type metadata.
 * @module
 */
export const SOURCES = Symbol('sources');
export const DESTINATIONS = Symbol('destinations');
export const CONNECTIONS = Symbol('connections');
export const REJECTS = Symbol('rejects');
export const SYNCS = Symbol('syncs');
export const UPLOADS = Symbol('uploads');
export const PLANS = Symbol('plans');
export const PREVIEWS = Symbol('previews');
export const REBUILD = Symbol('rebuild');
export const STATE = Symbol('state');
export const SCHEMAS = Symbol('schemas');
export const RUNS = Symbol('runs');
export const VERIFICATIONS = Symbol('verifications');
export const AUDIT = Symbol('audit');
export const API_KEYS = Symbol('api-keys');
export const HEALTH = Symbol('health');
export const SCHEDULES = Symbol('schedules');
export const EVENTS = Symbol('events');
export const LOGS = Symbol('logs');
export const METRICS = Symbol('metrics');
export const OVERVIEW = Symbol('overview');
export const WORKERS = Symbol('workers');
export const SECRETS = Symbol('secrets');
export const WORKSPACES = Symbol('workspaces');
export const OPENAPI = Symbol('openapi');
