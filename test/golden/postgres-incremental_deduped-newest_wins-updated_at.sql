-- copy into the batch
create temporary table "_millrace_batch" ("region" text, "Id" bigint, "updated_at" timestamp with time zone, "select" numeric(10,2), "_millrace_changes" jsonb, "_millrace_arrival" bigint generated always as identity) on commit drop;
copy pg_temp."_millrace_batch" ("region", "Id", "updated_at", "select");
delete from pg_temp."_millrace_batch" where "_millrace_arrival" in
(select "_millrace_arrival" from (select "_millrace_arrival", row_number() over (partition by "region", "Id" order by "updated_at" desc nulls last, "_millrace_arrival" desc) as place from pg_temp."_millrace_batch") as ranked where place > 1);
delete from pg_temp."_millrace_batch" as batch using "sales"."orders" as held
where held."region" = batch."region" and held."Id" = batch."Id" and true and (batch."updated_at" < held."updated_at" or (batch."updated_at" is null and held."updated_at" is not null));
insert into "sales"."orders" ("region", "Id", "updated_at", "select", "_millrace_run", "_millrace_extracted_at", "_millrace_changes")
select "region", "Id", "updated_at", "select", '42'::bigint, '2026-01-02T03:04:05.678Z'::timestamp with time zone, "_millrace_changes" from pg_temp."_millrace_batch"
on conflict ("region", "Id") do update set "updated_at" = excluded."updated_at", "select" = excluded."select", "_millrace_run" = excluded."_millrace_run", "_millrace_extracted_at" = excluded."_millrace_extracted_at", "_millrace_changes" = excluded."_millrace_changes";
