-- exit_out_of_memory: 0 nothing was killed, 1 the main process, 2 a child process alone.
-- NULL: none, or not known.
ALTER TABLE instances ADD COLUMN exit_memory_limit INTEGER;
ALTER TABLE instances ADD COLUMN exit_memory_peak INTEGER;
