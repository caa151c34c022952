-- copy into the target
copy "sales"."orders" ("region", "Id", "updated_at", "select", "_millrace_run", "_millrace_extracted_at");
