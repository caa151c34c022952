-- deleted
delete from "sales"."orders" as held where not exists (select from "_millrace"."shadow_1" as fresh where held."region" = fresh."region" and held."Id" = fresh."Id");
-- updated
update "sales"."orders" as held set "updated_at" = fresh."updated_at", "select" = fresh."select", "doc" = fresh."doc", "_millrace_run" = fresh."_millrace_run", "_millrace_extracted_at" = fresh."_millrace_extracted_at", "_millrace_changes" = fresh."_millrace_changes" from "_millrace"."shadow_1" as fresh where held."region" = fresh."region" and held."Id" = fresh."Id" and (held."updated_at" is distinct from fresh."updated_at"::timestamp with time zone or held."select" is distinct from fresh."select"::numeric(10,2) or held."doc"::text is distinct from fresh."doc"::json::text);
-- inserted
insert into "sales"."orders" ("region", "Id", "updated_at", "select", "doc", "_millrace_run", "_millrace_extracted_at", "_millrace_changes") select "region", "Id", "updated_at", "select", "doc", "_millrace_run", "_millrace_extracted_at", "_millrace_changes" from "_millrace"."shadow_1" as fresh where not exists (select from "sales"."orders" as held where held."region" = fresh."region" and held."Id" = fresh."Id");
