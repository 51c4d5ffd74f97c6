-- The container of an instance that ended, or had to be restarted, by its own fault last.
ALTER TABLE instances ADD COLUMN failed_container TEXT NOT NULL DEFAULT '';
