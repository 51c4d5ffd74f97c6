-- It was placed on its node because it crash-looped on another one.
ALTER TABLE instances ADD COLUMN is_last_try INTEGER NOT NULL DEFAULT 0;
