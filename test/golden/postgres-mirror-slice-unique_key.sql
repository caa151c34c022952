-- copy into the shadow
alter table "_millrace"."shadow_1" alter column "_millrace_run" set default '42'::bigint, alter column "_millrace_extracted_at" set default '2026-01-02T03:04:05.678Z'::timestamp with time zone;
copy "_millrace"."shadow_1" ("region", "Id", "updated_at", "select");
