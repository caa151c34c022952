/**
 * The one list of things that can go wrong: code, what the engine does about it, and what a person should do. HTTP
 * status, Temporal retry and exit code follow from the recovery class alone, so a new error is one line here.
 * @module
 */

/**
 * What the engine does next. `retry`: the same call may succeed later. `fix_config` and `fix_data`: a person must change
 * something. `skip`: not a failure of the run. `bug`: ours.
 */
export type Recovery = 'retry' | 'fix_config' | 'fix_data' | 'skip' | 'bug';

interface CatalogueEntry {
  readonly recovery: Recovery;
  readonly title: string;
  readonly suggestion: string;
  /** Only where the class's default does not fit. */
  readonly status?: number;
}

// A table: one line per error.
// prettier-ignore
export const CATALOGUE = {
  'request.invalid': { recovery: 'fix_config', title: 'The request is not valid', suggestion: 'Correct the fields named in errors.', status: 400 },
  'request.unauthenticated': { recovery: 'fix_config', title: 'No valid API key', suggestion: 'Send Authorization: Bearer <key>.', status: 401 },
  'request.forbidden': { recovery: 'fix_config', title: 'The API key may not do this', suggestion: 'Use a key with the scope named in detail.', status: 403 },
  'request.not_found': { recovery: 'fix_config', title: 'Not found', suggestion: 'Check the id; list the resources to see what exists.', status: 404 },
  'request.conflict': { recovery: 'fix_config', title: 'Conflict with the current state', suggestion: 'Read the resource again and retry.', status: 409 },
  'request.stale': { recovery: 'fix_config', title: 'The resource has changed since it was read', suggestion: 'Read it again and send its new ETag in If-Match.', status: 412 },
  'request.precondition_required': { recovery: 'fix_config', title: 'The request must say which revision it changes', suggestion: 'Read the resource and send its ETag in If-Match, or If-Match: * to change it whatever it is by now.', status: 428 },
  'request.in_flight': { recovery: 'retry', title: 'The same request is being carried out', suggestion: 'Repeat it in a moment with the same Idempotency-Key.', status: 409 },
  'request.key_reused': { recovery: 'fix_config', title: 'The Idempotency-Key belongs to another request', suggestion: 'Use a new key for every request, and the same one only to repeat it.', status: 422 },
  'request.rate_limited': { recovery: 'retry', title: 'The API key asks too often', suggestion: 'Wait for the seconds that Retry-After names.', status: 429 },
  'request.too_large': { recovery: 'fix_config', title: 'The request body is too large', suggestion: 'Send a smaller body.', status: 413 },
  'request.unsupported_media': { recovery: 'fix_config', title: 'The request body has the wrong media type', suggestion: 'Send JSON with Content-Type: application/json.', status: 415 },
  'connection.invalid': { recovery: 'fix_config', title: 'The connection is not valid', suggestion: 'Correct the fields named in errors.', status: 422 },
  'run.already_active': { recovery: 'fix_config', title: 'A run is already active', suggestion: 'Wait for it, or cancel it first.', status: 409 },
  'run.not_active': { recovery: 'fix_config', title: 'No run is active', suggestion: 'There is nothing to cancel.', status: 409 },
  'run.lost': { recovery: 'retry', title: 'The run was lost together with its workflow', suggestion: 'Start a run: it goes on after the last slice that was loaded.' },
  'run.terminated': { recovery: 'fix_config', title: 'The run was terminated in Temporal', suggestion: 'Start a run: it goes on after the last slice that was loaded.' },
  'run.not_retryable': { recovery: 'fix_config', title: 'The run cannot be retried', suggestion: 'Start a new run.', status: 409 },
  'run.not_staged': { recovery: 'fix_config', title: 'Nothing of the run is staged any more', suggestion: 'Start a new run; set keepStaged to keep the files of runs that succeed.', status: 409 },
  'rejects.not_replayable': { recovery: 'fix_config', title: 'The rejected rows cannot be loaded again', suggestion: 'See detail; GET …/rejects lists what was rejected.', status: 409 },
  'rejects.unreadable': { recovery: 'fix_config', title: 'The API cannot read the rejected rows', suggestion: 'Give the API the MILLRACE_STAGE_URL of the workers, or read the files in the stage.', status: 503 },
  'uploads.no_stage': { recovery: 'fix_config', title: 'The API has nowhere to put files', suggestion: 'Give the API the MILLRACE_STAGE_URL of the workers.', status: 503 },
  'preview.too_large': { recovery: 'fix_config', title: 'The rows are too large to be shown', suggestion: 'Ask for fewer rows or columns.', status: 422 },
  'preview.unreadable': { recovery: 'fix_config', title: 'The API cannot read what a worker has answered', suggestion: 'Give the API the MILLRACE_STAGE_URL of the workers.', status: 503 },
  'backfill.not_possible': { recovery: 'fix_config', title: 'The stream cannot be backfilled', suggestion: 'See detail; a refresh reads the whole stream anew.', status: 422 },
  'state.nothing_to_undo': { recovery: 'fix_config', title: 'There is no change of position to undo', suggestion: 'See GET …/state/changes.', status: 409 },
  'schema.nothing_to_accept': { recovery: 'fix_config', title: 'There is no new version of the columns to accept', suggestion: 'See GET …/schemas.', status: 409 },
  'connection.paused': { recovery: 'fix_config', title: 'The connection is paused', suggestion: 'Resume it first: POST …/resume.', status: 409 },
  'engine.no_worker': { recovery: 'retry', title: 'No worker accepted the request in time', suggestion: 'The outcome is unknown: repeat the request with the same Idempotency-Key.', status: 503 },
  'engine.unavailable': { recovery: 'retry', title: 'Temporal cannot be reached', suggestion: 'Check that the Temporal server runs and TEMPORAL_ADDRESS is right.', status: 503 },
  'engine.no_database': { recovery: 'retry', title: 'The metadata database cannot be reached', suggestion: 'Check that its Postgres runs. The outcome of a change is unknown: repeat the request with the same Idempotency-Key.', status: 503 },
  'engine.timeout': { recovery: 'retry', title: 'The answer took too long', suggestion: 'Try again; see the Temporal Web UI for what it waits for.', status: 504 },
  'engine.internal': { recovery: 'bug', title: 'Something went wrong inside Millrace', suggestion: 'Report it with the requestId.', status: 500 },
  'connector.unknown': { recovery: 'fix_config', title: 'No such connector', suggestion: 'See GET /v1/connectors for the ids.', status: 422 },
  'connector.invalid_config': { recovery: 'fix_config', title: 'The configuration is not valid', suggestion: 'Correct the fields named in errors.', status: 422 },
  'connector.auth_failed': { recovery: 'fix_config', title: 'The server refused the credentials', suggestion: 'Check user and password.', status: 422 },
  'connector.permission_denied': { recovery: 'fix_config', title: 'The user lacks a permission', suggestion: 'Grant what detail names.', status: 422 },
  'connector.unreachable': { recovery: 'retry', title: 'The server cannot be reached', suggestion: 'Check host, port and network.', status: 422 },
  'connector.transient': { recovery: 'retry', title: 'A passing fault of the other system', suggestion: 'It is retried by itself.' },
  'connector.rate_limited': { recovery: 'retry', title: 'The other system asked to slow down', suggestion: 'It is retried after the time it asked for.' },
  'connector.not_conforming': { recovery: 'fix_config', title: 'The connector does not do what a connector must', suggestion: 'Mend what the failed checks name; see docs/connector-development.md.', status: 422 },
  'source.stream_missing': { recovery: 'fix_config', title: 'The stream does not exist in the source', suggestion: 'Discover the source again and correct the stream name.', status: 422 },
  'source.field_missing': { recovery: 'fix_config', title: 'The field does not exist in the stream', suggestion: 'Correct the field name.', status: 422 },
  'source.cursor_unsupported': { recovery: 'fix_config', title: 'The field cannot be a cursor', suggestion: 'Choose a number, date, time or text field.', status: 422 },
  'source.cursor_changed': { recovery: 'fix_config', title: 'The stream was read by another cursor field', suggestion: 'Reset the stream to load it again, or set the old cursorField back.', status: 422 },
  'source.primary_key_missing': { recovery: 'fix_config', title: 'The mode needs a primary key', suggestion: 'Name the key in streams[].primaryKey.', status: 422 },
  'source.schema_changed': { recovery: 'fix_config', title: 'The source has changed and the stream is to stop then', suggestion: 'Look at GET …/schemas, then POST …/streams/{stream}/schema/accept, or choose another schemaPolicy.' },
  'source.bad_data': { recovery: 'fix_data', title: 'The source holds data that cannot be read', suggestion: 'Correct the file or value that detail names.' },
  'source.null_cursor': { recovery: 'fix_data', title: 'A cursor value is NULL', suggestion: 'Fill the field, or set nullCursor to include or exclude.' },
  'source.boundary_lost': { recovery: 'fix_config', title: 'What was read at the last cursor value is not known any more', suggestion: 'Refresh the stream to load it anew, or set its state: rows at exactly that value are then appended once more.' },
  'source.bound_unproven': { recovery: 'fix_config', title: 'Nobody can tell which rows are still being written', suggestion: 'Set holdBack so that the newest rows wait for a later run, or use a mode that merges by a key, or set unprovenBound: accept to go on and risk that rows are passed over.', status: 422 },
  'source.bad_filter': { recovery: 'fix_config', title: 'The filter does not fit the stream', suggestion: 'Correct the condition that detail names.', status: 422 },
  'transform.refused_sql': { recovery: 'fix_config', title: 'The SQL is not allowed', suggestion: 'Write one SELECT over input.', status: 422 },
  'transform.failed': { recovery: 'fix_config', title: 'The SQL failed on the data', suggestion: 'Change the SQL so that it holds for the value that is named, or correct the data.' },
  'transform.limit_exceeded': { recovery: 'fix_config', title: 'The SQL used more memory or time than allowed', suggestion: 'Make it smaller, or raise the limit.' },
  'stage.corrupt': { recovery: 'retry', title: 'A staged file is not what was recorded', suggestion: 'The slice is read again by the next run.' },
  'stage.unreachable': { recovery: 'retry', title: 'The stage cannot be reached', suggestion: 'Check network and endpoint of MILLRACE_STAGE_URL; it is retried by itself.' },
  'stage.refused': { recovery: 'fix_config', title: 'The stage refuses access', suggestion: 'Check the bucket of MILLRACE_STAGE_URL, and the keys, region and endpoint that the process has in AWS_ variables.' },
  'stage.full': { recovery: 'retry', title: 'The stage has no room', suggestion: 'Free space where the stage lives.' },
  'load.stale_epoch': { recovery: 'skip', title: 'A newer run has taken over', suggestion: 'Nothing to do: the newer run continues.' },
  'load.stale_position': { recovery: 'skip', title: 'The slice does not follow the last loaded one', suggestion: 'Nothing to do: the feed goes on from the ledger.' },
  'load.target_owned': { recovery: 'fix_config', title: 'Another connection writes this table', suggestion: 'Choose another target, or remove the other connection.', status: 409 },
  'load.target_incompatible': { recovery: 'fix_config', title: 'The target table does not fit the stream', suggestion: 'Change the table that detail names, or choose another target.' },
  'load.target_missing': { recovery: 'fix_config', title: 'The target table is gone but the stream has a position', suggestion: 'Refresh the stream to load it again.' },
  'load.destination_behind': { recovery: 'fix_config', title: 'The destination has lost what the stream had loaded', suggestion: 'Refresh the stream to load it again, or set its state to where the destination stands.' },
  'load.bad_value': { recovery: 'fix_data', title: 'The destination refused a value', suggestion: 'See detail for column and value; change the transform or the target type.' },
  'load.count_mismatch': { recovery: 'bug', title: 'Two steps of a run counted different rows', suggestion: 'Nothing was committed. Report it with the run id.' },
  'load.no_space': { recovery: 'retry', title: 'The destination has no room', suggestion: 'Free space where the destination lives; it is retried by itself.' },
  'load.blocked': { recovery: 'retry', title: 'A lock in the destination was not free in time', suggestion: 'End the session that holds the lock; it is retried by itself.' },
  'verify.mismatch': { recovery: 'fix_data', title: 'The target does not hold what the source holds', suggestion: 'See the differences in the verification of the stream; a refresh loads it anew.' },
  'verify.not_possible': { recovery: 'fix_config', title: 'The stream cannot be compared in this way', suggestion: 'See detail; the other scope may be possible.', status: 422 },
  'project.invalid': { recovery: 'fix_config', title: 'The files of the project are not valid', suggestion: 'Correct the places that are named.' },
  'project.conflict': { recovery: 'fix_config', title: 'What the project names belongs to somebody else', suggestion: 'Choose another name, or remove the label millrace/project from what is there.' },
  'project.plan_changed': { recovery: 'fix_config', title: 'The plan is not the one that was looked at', suggestion: 'Look at the new plan: millrace plan.' },
  'project.partly_applied': { recovery: 'fix_config', title: 'The plan was carried out in part', suggestion: 'Correct what detail names and run millrace apply again: it goes on from here.' },
  'secret.unresolved': { recovery: 'fix_config', title: 'A referenced secret cannot be had', suggestion: 'Give it to the worker: set the variable or write the file there, and allow it by MILLRACE_SECRET_ENV or MILLRACE_SECRET_FILES.', status: 422 },
  'setup.invalid': { recovery: 'fix_config', title: 'The setting is not valid', suggestion: 'Correct the environment variable that detail names.' },
  'setup.unavailable': { recovery: 'fix_config', title: 'Something Millrace needs cannot be had', suggestion: 'See detail.' },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;

export function catalogueEntry(code: ErrorCode): CatalogueEntry {
  return CATALOGUE[code];
}
