/** A column of `runs` in SQL: runs outlive their connection, and so does its name. */
export const CONNECTION_NAME = `coalesce(
  (select name from connections where connections.id = runs.connection_id),
  (select name from past_connections where past_connections.id = runs.connection_id)
) as connection_name`;
