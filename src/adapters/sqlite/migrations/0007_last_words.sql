-- The last lines of the container that exited last; empty: none, or not known.
ALTER TABLE instances ADD COLUMN exit_last_words TEXT NOT NULL DEFAULT '';
