-- copy into the batch
create temporary table "_millrace_batch" ("region" text, "Id" bigint, "updated_at" timestamp with time zone, "select" numeric(10,2), "_millrace_changes" jsonb, "_millrace_arrival" bigint generated always as identity) on commit drop;
copy pg_temp."_millrace_batch" ("region", "Id", "updated_at", "select");
insert into "sales"."orders" as target ("region", "Id", "updated_at", "select", "_millrace_run", "_millrace_extracted_at", "_millrace_changes")
select "region", "Id", "updated_at", "select", '42'::bigint, '2026-01-02T03:04:05.678Z'::timestamp with time zone, "_millrace_changes"
from (select *, row_number() over (partition by "region", "Id" order by "region"::text collate "C" desc nulls last, "_millrace_arrival" desc) as "_millrace_rank" from pg_temp."_millrace_batch") as batch
where "_millrace_rank" = 1
on conflict ("region", "Id") do update set "updated_at" = excluded."updated_at", "select" = excluded."select", "_millrace_run" = excluded."_millrace_run", "_millrace_extracted_at" = excluded."_millrace_extracted_at", "_millrace_changes" = excluded."_millrace_changes"
where target."region"::text collate "C" is null or excluded."region"::text collate "C" >= target."region"::text collate "C";
