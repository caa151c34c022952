/** Ends the launch with one message. */
export function fail(message, exitCode) {
  console.error(`✗ ${message}`);
  process.exit(exitCode);
}
